"""Loaded collections change with the references of their members, and nothing is sent for that."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, errors
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
    from ftrack_orm import inspect

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
