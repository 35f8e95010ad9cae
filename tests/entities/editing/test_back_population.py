"""Loaded collections change with the references of their members, and nothing is sent for that."""

from __future__ import annotations

import contextlib
from collections import deque
from typing import NamedTuple

import pytest

from ftrack_orm import Event, Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.entities.planned_operations import planned_operations
from tests.production import Production


@pytest.fixture
def shots(session: Session, production: Production) -> list[Entity]:
    shots = [existing(session.get("Shot", key)) for key in production.shots]
    session.populate(shots, "children")
    return shots


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    return existing(session.get("Task", production.tasks[0]))


@pytest.mark.parametrize("by", ["reference", "key"])
def test_an_entity_with_a_new_parent_moves_between_loaded_collections(
    session: Session, shots: list[Entity], task: Entity, by: str
) -> None:
    with requests_made(session) as made:
        if by == "reference":
            task.parent = shots[3]
        else:
            task.parent_id = shots[3].id
        assert task not in shots[0].children
        assert task in shots[3].children
    assert made == 0
    assert session.modified == [task]
    assert [operation.data for operation in planned_operations(session)] == [{"parent_id": shots[3].id}]


def test_setting_back_and_rolling_back_move_it_back(session: Session, shots: list[Entity], task: Entity) -> None:
    before = [list(shot.children) for shot in shots]
    task.parent = shots[3]
    task.parent = shots[0]
    assert [set(shot.children) for shot in shots] == [set(children) for children in before]
    task.parent = shots[2]
    session.rollback()
    assert [set(shot.children) for shot in shots] == [set(children) for children in before]


@pytest.mark.parametrize("is_reverted", [False, True])
@pytest.mark.parametrize("is_loaded_before", [False, True])
def test_a_member_whose_former_owner_was_not_known_is_shown_again_when_its_move_is_taken_back(
    session: Session, production: Production, is_reverted: bool, is_loaded_before: bool
) -> None:
    # The query loads no key: the children of the shot are loaded while the task, which moves away, has an edited one.
    task = session.query("Task").select("name").where(id=production.tasks[0]).one()
    shot = existing(session.get("Shot", production.shots[0]))
    if is_loaded_before:
        assert task in shot["children"]
        session.expire(shot, "children")
    task["parent_id"] = production.shots[3]
    assert task not in shot["children"]
    if is_reverted:
        session.revert(task)
    else:
        session.rollback()
    assert task in shot["children"]
    assert session.plan() == []


def test_a_new_entity_is_among_its_parents_children_until_it_is_rolled_back(
    session: Session, shots: list[Entity]
) -> None:
    new = session.create("Task", name="new", parent=shots[1])
    assert new in shots[1].children
    session.rollback()
    assert new not in shots[1].children


def test_collections_that_are_not_loaded_are_not_created(
    session: Session, production: Production, task: Entity
) -> None:
    shot = existing(session.get("Shot", production.shots[2]))
    task.parent = shot
    assert "children" not in inspect(shot).loaded


def test_the_descendants_of_an_ancestor_stay(session: Session, production: Production, task: Entity) -> None:
    project = existing(session.get("Project", production.project))
    descendants = len(project.descendants)
    session.create("Task", name="new", parent=existing(session.get("Shot", production.shots[0])))
    assert len(project.descendants) == descendants


def test_after_the_commit_the_server_has_the_same_members(
    session: Session, other: Session, shots: list[Entity], task: Entity
) -> None:
    task.parent = shots[3]
    session.commit()
    assert {child.id for child in shots[3].children} == {
        child.id for child in existing(other.get("Shot", shots[3].id)).children
    }


def test_a_refused_creation_is_not_among_its_parents_children(session: Session, shots: list[Entity]) -> None:
    children = list(shots[1].children)
    with pytest.raises(errors.InvalidValue):
        session.create("Task", name="new", parent=shots[1], bid="long")
    existing = children[0].id
    with pytest.raises(errors.UsageError, match="already"):
        session.create("Task", id=existing, name="new", parent=shots[1])
    assert list(shots[1].children) == children


def test_a_collection_that_gained_a_member_and_was_edited_is_restored_by_a_rollback(
    session: Session, production: Production, shots: list[Entity], task: Entity
) -> None:
    before = set(shots[3].children)
    task.parent = shots[3]
    shots[3].children.append(existing(session.get("Task", production.tasks[1])))
    session.rollback()
    assert set(shots[3].children) == before
    assert task in shots[0].children


def test_the_ends_of_a_new_link_show_each_other_until_it_is_rolled_back(
    session: Session, production: Production
) -> None:
    category = session.create("ListCategory", name="dailies")
    dailies = session.create("TypedContextList", name="monday", project_id=production.project, category=category)
    session.commit()
    shot = existing(session.get("Shot", production.shots[0]))
    assert list(shot.lists) == list(dailies.items) == []
    session.create("ListObject", list=dailies, entity_id=shot.id)
    with requests_made(session) == 0:
        assert (list(shot.lists), list(dailies.items)) == ([dailies], [shot])
        session.rollback()
        assert list(shot.lists) == list(dailies.items) == []
    session.create("ListObject", list=dailies, entity_id=shot.id)
    session.commit()
    with requests_made(session) == 0:
        assert (list(shot.lists), list(dailies.items)) == ([dailies], [shot])


def test_a_note_that_is_given_to_another_entity_leaves_the_notes_of_the_first(
    session: Session, production: Production, task: Entity
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    note = session.create("Note", content="moved", parent_id=task.id, parent_type="Task")
    session.commit()
    assert (list(task.notes), list(shot.notes)) == ([note], [])
    note.parent_id = shot.id
    assert (list(task.notes), list(shot.notes)) == ([], [note])


class Kind(NamedTuple):
    """A kind of collection whose members hold the key: names of the collection, of its members' key and owner."""

    collection: str
    key: str
    member: Entity
    first: Entity
    second: Entity


@pytest.fixture(params=["children", "notes", "components", "timelogs", "versions", "assets", "assignments", "replies"])
def kind(request: pytest.FixtureRequest, session: Session, production: Production) -> Kind:
    """A member of the collection of a first owner, and a second owner; both collections are loaded."""
    create, name = session.create, str(request.param)
    shots = [existing(session.get("Shot", key)) for key in production.shots[:2]]
    tasks = [existing(session.get("Task", key)) for key in production.tasks[:2]]
    user, type_ = existing(session.query("User").first()), session.query("AssetType").first()
    assets = [create("Asset", name=f"asset{n}", parent=shots[0], type=type_) for n in range(2)]
    versions = [create("AssetVersion", asset=asset, version=number) for number, asset in enumerate(assets, 1)]
    notes = [create("Note", content=f"note {n}", parent_id=tasks[0].id, parent_type="Task") for n in range(2)]
    if name == "children":
        member, key, owners = tasks[0], "parent_id", shots
    elif name == "notes":
        member, key, owners = notes[0], "parent_id", tasks
    elif name == "components":
        member = create("FileComponent", name="main", version=versions[0])
        key, owners = "version_id", versions
    elif name == "timelogs":
        member = create("Timelog", context_id=tasks[0].id, user=user, duration=60)
        key, owners = "context_id", tasks
    elif name == "versions":
        member, key, owners = versions[0], "asset_id", assets
    elif name == "assets":
        member, key, owners = assets[0], "context_id", shots
    elif name == "assignments":
        member = create("Appointment", context_id=tasks[0].id, resource_id=user.id, type="assignment")
        key, owners = "context_id", tasks
    else:
        member = create("Note", content="reply", parent_id=notes[0].id, parent_type="Note", in_reply_to=notes[0])
        key, owners = "in_reply_to_id", notes
    session.commit()
    first, second = owners
    for owner in owners:
        session.expire(owner, name)
        list(owner[name])
    assert member in first[name]
    assert member not in second[name]
    return Kind(name, key, member, first, second)


def expire_key(session: Session, kind: Kind) -> None:
    """Have the session forget the key of the member, while the collections stay loaded."""
    session.expire(kind.member, kind.key)
    for reference in kind.member.__schema__.keyed_references.get(kind.key, ()):
        session.expire(kind.member, reference)
    assert kind.key not in inspect(kind.member).loaded


def shown_in(kind: Kind) -> tuple[bool, bool]:
    """Return whether the first and the second owner show the member."""
    return kind.member in kind.first[kind.collection], kind.member in list(kind.second[kind.collection])


@pytest.mark.parametrize("by", ["key", "append"])
def test_a_member_whose_key_expired_leaves_its_collection_at_once_and_is_shown_again(
    session: Session, kind: Kind, by: str
) -> None:
    def move() -> None:
        if by == "key":
            kind.member[kind.key] = kind.second.id
        else:
            kind.second[kind.collection].append(kind.member)
        assert shown_in(kind) == (False, True)

    def rolled_back() -> None:
        move()
        session.rollback()

    def reverted() -> None:
        move()
        session.revert(kind.member)

    def raised_in_a_block() -> None:
        with pytest.raises(ZeroDivisionError), session.begin():
            move()
            raise ZeroDivisionError

    def raised_in_a_savepoint() -> None:
        with session.begin():
            raised_in_a_block()
            assert shown_in(kind) == (True, False)

    def raised_after_a_savepoint() -> None:
        with pytest.raises(ZeroDivisionError), session.begin():
            with session.begin():
                move()
            assert shown_in(kind) == (False, True)
            raise ZeroDivisionError

    expire_key(session, kind)
    with requests_made(session) == 0:
        for take_back in (rolled_back, reverted, raised_in_a_block, raised_in_a_savepoint, raised_after_a_savepoint):
            take_back()
            assert shown_in(kind) == (True, False), take_back.__name__
    assert session.plan() == []


def test_after_the_commit_of_a_move_from_an_unknown_owner_the_server_has_the_same_members(
    session: Session, other: Session, kind: Kind
) -> None:
    expire_key(session, kind)
    kind.member[kind.key] = kind.second.id
    # Nothing has been read between the move and the commit.
    session.commit()
    assert shown_in(kind) == (False, True)
    for owner in (kind.first, kind.second):
        same = existing(other.get(owner.__entity_type__, owner.id))
        assert {each.id for each in owner[kind.collection]} == {each.id for each in same[kind.collection]}


def test_the_commit_of_a_move_from_an_unknown_owner_makes_no_other_owner_load_its_collection_again(
    session: Session, shots: list[Entity], task: Entity
) -> None:
    session.expire(task, "parent_id")
    session.expire(task, "parent")
    task.parent = shots[3]
    session.commit()
    with requests_made(session) == 0:
        assert [task in shot.children for shot in shots] == [False, False, False, True]


def test_a_member_that_was_read_with_another_key_leaves_the_collection_that_still_shows_it(
    session: Session, other: Session, shots: list[Entity], task: Entity
) -> None:
    # Without the event hub, the session learns of the other user's move by reading the key only.
    existing(other.get("Task", task.id))["parent_id"] = shots[1].id
    other.commit()
    session.refresh(task, "parent_id")
    task.parent = shots[2]
    assert [task in shot.children for shot in shots] == [False, False, True, False]


def test_moves_between_collections_that_are_read_in_turn_are_followed_however_many_there_are(
    session: Session, shots: list[Entity], production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = session._workspace
    monkeypatch.setattr(workspace, "_moved", deque(maxlen=2))
    tasks = list(shots[0].children)
    for task in tasks:
        session.expire(task, "parent_id")
        session.expire(task, "parent")
    for task in tasks:
        task.parent_id = shots[3].id
    assert list(shots[0].children) == []
    session.rollback()
    assert list(shots[0].children) == tasks


def test_a_callback_that_raises_gives_a_moved_member_back(
    session: Session, other: Session, shots: list[Entity], task: Entity
) -> None:
    session.expire(task, "parent_id")
    session.expire(task, "parent")
    seen = []

    def move(event: Event) -> None:
        task.parent = shots[3]
        seen.append([task in shot.children for shot in shots])
        raise ZeroDivisionError

    session.event_hub.subscribe("topic=test.moves", move)
    with contextlib.suppress(ZeroDivisionError):
        session.event_hub.publish(Event(topic="test.moves"), synchronous=True)
    assert seen == [[False, False, False, True]]
    assert [task in shot.children for shot in shots] == [True, False, False, False]


def test_a_commit_without_entities_leaves_loaded_collections_that_do_not_show_the_moved_one(
    session: Session, shots: list[Entity], task: Entity
) -> None:
    session.expire(task, "parent_id")
    session.expire(task, "parent")
    session.query("Task").where(id=task.id).update({"parent_id": shots[3].id})
    with requests_made(session) == 0:
        assert task not in shots[1].children
    assert [task in shot.children for shot in shots] == [False, False, False, True]


def test_moves_by_keys_of_no_loaded_collection_are_not_noted(
    session: Session, shots: list[Entity], production: Production
) -> None:
    statuses = session.query("Status").limit(2).all()
    task = session.query("Task").select("name").where(id=production.tasks[0]).one()
    moves = session._workspace.moves
    task["status_id"] = statuses[0].id
    assert session._workspace.moves == moves
