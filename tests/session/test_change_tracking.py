"""Two sessions: loaded entities of one show the commits of the other after at most one request."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ftrack_orm import Entity, Exchange, Session, errors, inspect
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect, Production
from tests.session.received_updates import TIMEOUT, FollowingSession, ReceivedUpdates


def commit(other: Session, follower: FollowingSession) -> None:
    other.commit()
    follower.updates.wait_for_all_of(other)


def of_shot(production: Production) -> tuple[str, str]:
    return "Shot", production.shots[0]


def of_task(production: Production) -> tuple[str, str]:
    return "Task", production.tasks[0]


def new_name() -> str:
    return f"n{uuid.uuid4().hex[:8]}"


def change_status(other: Session, production: Production) -> None:
    task = existing(other.get("Task", production.tasks[0]))
    task.status = next(s for s in other.query("Status").all() if s is not task.status)


def rename(other: Session, production: Production) -> None:
    existing(other.get("Shot", production.shots[0])).name = "renamed"


def describe(other: Session, production: Production) -> None:
    existing(other.get("Task", production.tasks[0])).description = "changed"


def move(other: Session, production: Production) -> None:
    existing(other.get("Shot", production.shots[0])).parent = existing(other.get("Sequence", production.sequences[1]))


def add_child(other: Session, production: Production) -> None:
    other.create("Task", name=new_name(), parent=other.get("Shot", production.shots[0]))


def remove_child(other: Session, production: Production) -> None:
    other.delete(existing(other.get("Task", production.tasks[0])))


def queried_once(session: Session, name: str, query: Callable[[], Any]) -> Any:
    """Return the result of *query*, which each session runs once: the tests count only the requests for attributes."""
    results = session.__dict__.setdefault("queried_once", {})
    if name not in results:
        results[name] = query()
    return results[name]


def user(session: Session) -> Any:
    return queried_once(session, "user", lambda: session.query("User").first())


def assign(other: Session, production: Production) -> None:
    other.create("Appointment", context=other.get("Task", production.tasks[0]), resource=user(other), type="assignment")


def unassign(other: Session, production: Production) -> None:
    for appointment in list(existing(other.get("Task", production.tasks[0])).assignments):
        other.delete(appointment)


def assigned(other: Session, production: Production) -> None:
    assign(other, production)


def link(other: Session, production: Production) -> None:
    a, b = (other.get("Shot", id_) for id_ in production.shots[:2])
    other.create("TypedContextLink", {"from": a, "to": b})


def unlink(other: Session, production: Production) -> None:
    for each in list(existing(other.get("Shot", production.shots[0])).outgoing_links):
        other.delete(each)


def set_metadata(other: Session, production: Production) -> None:
    existing(other.get("Task", production.tasks[0])).metadata["reviewed"] = "yes"


def with_metadata(other: Session, production: Production) -> None:
    existing(other.get("Task", production.tasks[0])).metadata["reviewed"] = "no"


def delete_metadata(other: Session, production: Production) -> None:
    del existing(other.get("Task", production.tasks[0])).metadata["reviewed"]


def write_note(other: Session, production: Production) -> None:
    other.create("Note", content="look", author=user(other), parent_id=production.tasks[0], parent_type="Task")


def asset_of(session: Session, production: Production) -> Any:
    return queried_once(session, "asset", lambda: session.query("Asset").where(context_id=production.shots[0]).one())


def with_asset(other: Session, production: Production) -> None:
    kind = other.query("AssetType").first()
    other.create("Asset", name=new_name(), parent=other.get("Shot", production.shots[0]), type=kind)


def with_version(other: Session, production: Production) -> None:
    with_asset(other, production)
    other.commit()
    other.create("AssetVersion", asset=asset_of(other, production))


def publish(other: Session, production: Production) -> None:
    other.create("AssetVersion", asset=asset_of(other, production))


def add_component(other: Session, production: Production) -> None:
    version = other.query("AssetVersion").where(asset_id=asset_of(other, production).id).first()
    other.create("FileComponent", name="main", version=version)


def log_time(other: Session, production: Production) -> None:
    other.create(
        "Timelog", context_id=production.tasks[0], user=user(other), duration=3600, start=datetime.date(2024, 1, 1)
    )


def ids(entities: Iterable[Entity]) -> list[str]:
    return sorted(entity.id for entity in entities)


def shot(session: Session, production: Production) -> Entity:
    return existing(session.get("Shot", production.shots[0]))


def task(session: Session, production: Production) -> Entity:
    return existing(session.get("Task", production.tasks[0]))


def make_list(other: Session, production: Production) -> None:
    film = other.get("Project", production.project)
    category = other.query("ListCategory").first()
    collection = other.create("TypedContextList", name=new_name(), project=film, owner=user(other), category=category)
    collection.items.append(other.get("Task", production.tasks[0]))


def list_of(session: Session, production: Production) -> Any:
    return queried_once(
        session, "list", lambda: session.query("TypedContextList").where(project_id=production.project).one()
    )


def add_to_list(other: Session, production: Production) -> None:
    list_of(other, production).items.append(other.get("Task", production.tasks[1]))


def clear_list(other: Session, production: Production) -> None:
    list_of(other, production).items.clear()


def join_group(other: Session, production: Production) -> None:
    group = other.create("Group", name=new_name())
    other.create("Membership", group=group, user=user(other))


def note_of(session: Session, production: Production) -> Any:
    return queried_once(
        session, "note", lambda: session.query("Note").where(parent_id=production.tasks[0], in_reply_to_id=None).one()
    )


def reply(other: Session, production: Production) -> None:
    note = note_of(other, production)
    other.create(
        "Note",
        content="yes",
        author=user(other),
        in_reply_to=note,
        parent_id=note.parent_id,
        parent_type=note.parent_type,
    )


def use_version(other: Session, production: Production) -> None:
    first = other.query("AssetVersion").where(asset_id=asset_of(other, production).id).first()
    second = other.create("AssetVersion", asset=asset_of(other, production))
    other.create("AssetVersionLink", {"from": first, "to": second})


def first_version(session: Session, production: Production) -> Any:
    query = session.query("AssetVersion").where(asset_id=asset_of(session, production).id).order_by("version")
    return queried_once(session, "version", query.first)


def scope(other: Session, production: Production) -> None:
    local = other.query("Scope").first() or other.create("Scope", name="local")
    shot(other, production).scopes.append(local)


#: Changes something with the session of another user.
Step = Callable[[Session, Production], None]

#: By name: the preparation, the change, and the function that reads the changed value in a session.
CASES: dict[str, tuple[Step | None, Step, Callable[[Session, Production], Any]]] = {
    "a status": (None, change_status, lambda s, p: task(s, p).status.name),
    "the key of a status": (None, change_status, lambda s, p: task(s, p).status_id),
    "a name": (None, rename, lambda s, p: shot(s, p).name),
    "a description": (None, describe, lambda s, p: task(s, p).description),
    "the link below a renamed entity": (None, rename, lambda s, p: [x["name"] for x in task(s, p).link]),
    "the parent of a moved entity": (None, move, lambda s, p: shot(s, p).parent.id),
    "the children of the former parent": (
        None,
        move,
        lambda s, p: ids(existing(s.get("Sequence", p.sequences[0])).children),
    ),
    "the children of the new parent": (
        None,
        move,
        lambda s, p: ids(existing(s.get("Sequence", p.sequences[1])).children),
    ),
    "the link below a moved entity": (None, move, lambda s, p: [x["id"] for x in task(s, p).link]),
    "the ancestors below a moved entity": (None, move, lambda s, p: ids(task(s, p).ancestors)),
    "a new child": (None, add_child, lambda s, p: ids(shot(s, p).children)),
    "a new descendant": (None, add_child, lambda s, p: ids(existing(s.get("Sequence", p.sequences[0])).descendants)),
    "a deleted child": (None, remove_child, lambda s, p: ids(shot(s, p).children)),
    "an assignment": (None, assign, lambda s, p: ids(task(s, p).assignments)),
    "an assignment in all appointments": (None, assign, lambda s, p: ids(task(s, p).appointments)),
    "an assignment of a user": (None, assign, lambda s, p: len(user(s).assignments)),
    "a deleted assignment": (assigned, unassign, lambda s, p: ids(task(s, p).assignments)),
    "an outgoing dependency": (None, link, lambda s, p: ids(shot(s, p).outgoing_links)),
    "an incoming dependency": (None, link, lambda s, p: ids(existing(s.get("Shot", p.shots[1])).incoming_links)),
    "a deleted dependency": (link, unlink, lambda s, p: ids(shot(s, p).outgoing_links)),
    "a new key of metadata": (None, set_metadata, lambda s, p: dict(task(s, p).metadata)),
    "a value of metadata": (with_metadata, set_metadata, lambda s, p: dict(task(s, p).metadata)),
    "a deleted key of metadata": (with_metadata, delete_metadata, lambda s, p: dict(task(s, p).metadata)),
    "an item of a list": (make_list, add_to_list, lambda s, p: ids(list_of(s, p).items)),
    "the lists of an item": (make_list, add_to_list, lambda s, p: len(existing(s.get("Task", p.tasks[1])).lists)),
    "an item removed from a list": (make_list, clear_list, lambda s, p: ids(list_of(s, p).items)),
    "the lists of a removed item": (make_list, clear_list, lambda s, p: len(task(s, p).lists)),
    "a membership": (None, join_group, lambda s, p: len(user(s).memberships)),
    "a reply": (write_note, reply, lambda s, p: len(note_of(s, p).replies)),
    "the versions that use one": (with_version, use_version, lambda s, p: len(first_version(s, p).outgoing_links)),
    "whether a version is the latest": (with_version, publish, lambda s, p: first_version(s, p).is_latest_version),
    "a scope": (None, scope, lambda s, p: ids(shot(s, p).scopes)),
    "a note": (None, write_note, lambda s, p: ids(task(s, p).notes)),
    "an asset": (None, with_asset, lambda s, p: ids(shot(s, p).assets)),
    "a version": (with_asset, publish, lambda s, p: ids(asset_of(s, p).versions)),
    "a component": (with_version, add_component, lambda s, p: [len(v.components) for v in asset_of(s, p).versions]),
    "a time log": (None, log_time, lambda s, p: ids(task(s, p).timelogs)),
    "the changes of a status": (None, change_status, lambda s, p: ids(task(s, p).status_changes)),
    "the time logged": (None, log_time, lambda s, p: task(s, p).time_logged),
}

#: The cases that read nested collections, with their number of requests.
REQUESTS = {"a component": 2}


@pytest.mark.parametrize("case", CASES)
def test_a_loaded_entity_shows_the_changes_of_others(
    follower: FollowingSession, other: Session, connect: Connect, production: Production, case: Any
) -> None:
    prepare, change, read = CASES[case]
    if prepare is not None:
        prepare(other, production)
        commit(other, follower)
    # Kept alive, so that their values are loaded before the change.
    entities = [task(follower, production), shot(follower, production)]
    before = read(follower, production)
    change(other, production)
    commit(other, follower)
    with follower.profile() as profile:
        value = read(follower, production)
    assert value == read(connect(), production)
    assert value != before
    assert shot(follower, production) is entities[1]
    assert len(profile) <= REQUESTS.get(case, 1)


def test_changed_peers_are_loaded_with_one_request(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    query = follower.query("Task").where(parent_id=production.shots[0]).select("name", "bid")
    mine = query.all()
    for theirs in other.query("Task").where(parent_id=production.shots[0]):
        theirs.bid = 99
    commit(other, follower)
    with requests_made(follower) == 1:
        assert [task.bid for task in mine] == [99, 99, 99]


def test_a_collection_in_use_is_updated_and_remains_the_same_object(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    children = shot(follower, production).children
    before = ids(children)
    add_child(other, production)
    commit(other, follower)
    assert shot(follower, production).children is children
    with requests_made(follower) == 1:
        assert len(children) == len(before) + 1
    children.append(follower.create("Task", name=new_name(), parent=shot(follower, production)))
    follower.commit()
    assert len(children) == len(before) + 2


def test_printing_an_outdated_collection_makes_no_request(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    children = shot(follower, production).children
    len(children)
    add_child(other, production)
    commit(other, follower)
    with requests_made(follower) == 0:
        repr(children)


def test_adding_to_an_outdated_mapping_keeps_the_keys_of_others(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    metadata = task(follower, production).metadata
    assert dict(metadata) == {}
    set_metadata(other, production)
    commit(other, follower)
    metadata["mine"] = "too"
    follower.commit()
    assert dict(metadata) == {"reviewed": "yes", "mine": "too"}


def test_an_edit_is_kept_and_rolling_back_shows_the_new_value(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    mine = task(follower, production)
    assert not mine.description
    mine.description = "mine"
    describe(other, production)
    commit(other, follower)
    assert mine.description == "mine"
    follower.rollback()
    assert mine.description == "changed"


def test_restoring_a_value_that_another_session_changed_meanwhile_is_a_change(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    mine = task(follower, production)
    before = mine.bid
    mine.bid = 50
    task(other, production).bid = 60
    commit(other, follower)
    mine.bid = before
    assert follower.modified == [mine]
    follower.commit()
    other.refresh(task(other, production), "bid")
    assert task(other, production).bid == before


def test_an_edit_of_a_changed_attribute_is_a_conflict(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    mine = task(follower, production)
    assert not mine.description
    mine.description = "mine"
    describe(other, production)
    commit(other, follower)
    with pytest.raises(errors.CommitConflict):
        follower.commit(on_conflict="raise")


def test_an_entity_deleted_by_another_session_is_deleted(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    mine = task(follower, production)
    remove_child(other, production)
    commit(other, follower)
    assert inspect(mine).state.value == "deleted"
    assert follower.get("Task", production.tasks[0]) is None
    with pytest.raises(errors.EntityDeleted):
        mine.name = "late"


def test_an_edit_of_a_deleted_entity_is_not_lost_silently(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    mine = task(follower, production)
    mine.name = "mine"
    remove_child(other, production)
    commit(other, follower)
    assert follower.modified == [mine]
    with pytest.raises(errors.ServerError):
        follower.commit()


def test_the_error_for_a_forbidden_fetch_names_the_change_on_the_server(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    mine = task(follower, production)
    rename_task = existing(other.get("Task", production.tasks[0]))
    rename_task.name = "other"
    commit(other, follower)
    with follower.fetching("never"), pytest.raises(errors.NotFetched, match="has changed on the server"):
        mine.name  # noqa: B018 - reading is what raises


def test_own_commits_cause_no_request(follower: FollowingSession, production: Production) -> None:
    mine = task(follower, production)
    children = shot(follower, production).children
    len(children)
    mine.name = "mine"
    follower.create("Task", name=new_name(), parent=shot(follower, production))
    follower.commit()
    follower.updates.wait_for()
    with requests_made(follower) == 0:
        assert mine.name == "mine"
        assert len(children) == 4


def test_raw_calls_expire_the_entities_that_they_bypass(follower: FollowingSession, production: Production) -> None:
    mine = task(follower, production)
    data = {"__entity_type__": "Task", "name": "raw"}
    follower.call([{"action": "update", "entity_type": "Task", "entity_key": [mine.id], "entity_data": data}])
    follower.updates.wait_for()
    assert mine.name == "raw"


def test_after_a_gap_everything_is_loaded_again(box: Sandbox, connect: Connect, production: Production) -> None:
    # Without the queries for missed events, which would be counted.
    follower = connect(catch_up_events=False)
    follower.event_hub.connect()
    query = follower.query("Task").where(parent_id=production.shots[0]).select("name", "bid")
    mine = query.order_by("name").all()
    again = threading.Event()
    follower.event_hub.on_gap(again.set)
    box.events.drop_connections()
    assert again.wait(TIMEOUT)
    with requests_made(follower) == 1:
        assert [task.bid for task in mine] == [0, 1, 2]


def test_an_update_between_a_request_and_its_response_is_not_overwritten(
    connect: Connect, other: Session, production: Production
) -> None:
    state: dict[str, Any] = {}

    def change(exchange: Exchange) -> None:
        if state.pop("armed", None):
            task(other, production).bid = 77
            other.commit()
            state["updates"].wait_for()

    follower = connect()
    mine = task(follower, production)
    follower.event_hub.connect()
    state["updates"] = ReceivedUpdates(follower)
    # Observers are called after the response arrived and before it is merged: the update is newer than the response.
    follower.observe(change)
    follower.expire(mine)
    state["armed"] = True
    assert mine.bid == 77


def configure(other: Session, production: Production, **details: Any) -> str:
    kind = other.query("CustomAttributeType").where(name="text").one()
    key = f"key_{new_name()}"
    data = {"key": key, "label": key, "entity_type": "show", "project_id": production.project, "type": kind}
    other.create("CustomAttributeConfiguration", {**data, "default": "unchanged", "config": "{}", **details})
    other.commit()
    return key


def test_custom_attributes_of_loaded_entities_are_updated(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    number = other.query("ObjectType").where(name="Task").one().id
    key = configure(other, production, entity_type="task", object_type_id=number)
    follower.updates.wait_for()
    customs = task(follower, production).custom_attributes
    assert customs[key] == "unchanged"
    task(other, production).custom_attributes[key] = "new"
    commit(other, follower)
    with requests_made(follower) == 1:
        assert customs[key] == "new"


def test_a_custom_attribute_inherited_from_an_ancestor_is_updated(
    follower: FollowingSession, other: Session, production: Production
) -> None:
    key = configure(other, production, is_hierarchical=True)
    follower.updates.wait_for()
    customs = task(follower, production).custom_attributes
    assert customs.get(key, inherited=True).value == "unchanged"
    existing(other.get("Sequence", production.sequences[0])).custom_attributes[key] = "from above"
    commit(other, follower)
    assert customs.get(key, inherited=True).value == "from above"


#: By name of a mapping or collection of tasks: creates the entity that a key or member needs and returns its key, adds
#: the key or member to a task, and reads those that a task shows.
ADDITIONS: dict[str, tuple[Callable[..., str], Callable[..., object], Callable[[Any], Iterable[str]]]] = {
    "metadata": (
        lambda other, production: new_name(),
        lambda session, task, key: task.metadata.update({key: "x"}),
        lambda task: task.metadata,
    ),
    "custom_attributes": (
        lambda other, production: configure(other, production, entity_type="task", object_type_id=task_type(other)),
        lambda session, task, key: task.custom_attributes.update({key: "x"}),
        lambda task: [key for key, value in task.custom_attributes.items() if value == "x"],
    ),
    "scopes": (
        lambda other, production: other.create("Scope", name=new_name()).id,
        lambda session, task, key: task.scopes.append(session.get("Scope", key)),
        lambda task: ids(task.scopes),
    ),
    "lists": (
        lambda other, production: new_list(other, production).id,
        lambda session, task, key: task.lists.append(session.get("TypedContextList", key)),
        lambda task: ids(task.lists),
    ),
}


def task_type(session: Session) -> str:
    return str(session.query("ObjectType").where(name="Task").one().id)


def new_list(other: Session, production: Production) -> Any:
    film, category = other.get("Project", production.project), other.query("ListCategory").first()
    return other.create("TypedContextList", name=new_name(), project=film, owner=user(other), category=category)


@pytest.mark.parametrize("name", ADDITIONS)
def test_what_others_add_is_shown_beside_an_unsaved_edit_and_after_its_commit(
    follower: FollowingSession, other: Session, connect: Connect, production: Production, name: str
) -> None:
    create, add, read = ADDITIONS[name]
    mine, theirs = create(other, production), create(other, production)
    commit(other, follower)
    followed = task(follower, production)
    assert not {mine, theirs} & set(read(followed))
    add(follower, followed, mine)
    add(other, task(other, production), theirs)
    commit(other, follower)
    assert {mine, theirs} <= set(read(followed))
    follower.commit()
    assert {mine, theirs} <= set(read(followed))
    assert set(read(followed)) == set(read(task(connect(), production)))
