"""The changes that `on_change` reports: values equal those that sessions read, for all attributes of the schema."""

from __future__ import annotations

import datetime
import queue
from typing import Any

import pytest

from ftrack_orm import ChangeUser, Lifecycle, ServerChange, Session, inspect
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.schema.relations import Inverse
from tests.assertions import existing
from tests.events.raised import every_exception
from tests.production import Connect, Production
from tests.session.received_updates import TIMEOUT

UTC = datetime.timezone.utc


class Received:
    """A callback that collects changes. A last change of an own entity shows that there are no more before it."""

    def __init__(self, follower: Session, other: Session, production: Production) -> None:
        self.follower, self.other, self.task = follower, other, production.tasks[11]
        self.changes: queue.Queue[ServerChange] = queue.Queue()
        self.ends: queue.Queue[ServerChange] = queue.Queue()
        follower.on_change("Task", self._end, attributes=["bid"])

    def __call__(self, change: ServerChange) -> None:
        self.changes.put(change)

    def _end(self, change: ServerChange) -> None:
        if change.entity.id == self.task:
            self.ends.put(change)

    def next(self) -> ServerChange:
        return self.changes.get(timeout=TIMEOUT)

    def rest(self) -> list[ServerChange]:
        task = existing(self.other.get("Task", self.task))
        task.bid = (task.bid or 0) + 1
        self.other.commit()
        self.ends.get(timeout=TIMEOUT)
        # Events about different entities are handled at the same time.
        self.follower.event_hub._parts.dispatcher.drain(TIMEOUT)
        changes = []
        while not self.changes.empty():
            changes.append(self.changes.get())
        return changes


@pytest.fixture
def received(follower: Session, other: Session, production: Production) -> Received:
    return Received(follower, other, production)


def test_a_change_has_entity_names_values_user_time_and_event(
    follower: Session, other: Session, production: Production, received: Received
) -> None:
    before = datetime.datetime.now(UTC)
    mine = follower.get("Task", production.tasks[0])
    task = existing(other.get("Task", production.tasks[0]))
    status = task.status
    new_status = existing(other.query("Status").where(f"id is_not {task.status_id}").first())
    follower.on_change("Task", received)
    task.status = new_status
    task.description = "changed"
    other.commit()
    change = received.next()
    assert change.entity is mine
    assert change.names == {"status", "status_id", "description"}
    assert (change.old["status_id"], change.new["status_id"]) == (status.id, new_status.id)
    assert (change.old["status"].name, change.new["status"].name) == (status.name, new_status.name)
    assert change.new["status"] is follower.get("Status", new_status.id)
    assert change.new["description"] == "changed"
    assert set(change.new) == set(change.old) == set(change.names)
    with pytest.raises(KeyError):
        change.new["name"]
    user = other.query("User").where(f"username is {other.api_user}").one()
    assert change.user == ChangeUser(user.id, user.username, f"{user.first_name} {user.last_name}".strip() or None)
    assert before <= change.time <= datetime.datetime.now(UTC)
    assert (change.by_me, change.is_created, change.is_deleted) == (False, False, False)
    assert change.event.topic == "ftrack.update"


def test_a_change_cannot_be_modified(
    follower: Session, other: Session, production: Production, received: Received
) -> None:
    follower.on_change("Task", received)
    existing(other.get("Task", production.tasks[0])).description = "changed"
    other.commit()
    change: Any = received.next()
    with pytest.raises(AttributeError):
        change.names = frozenset()
    with pytest.raises(TypeError):
        change.new["description"] = "other"
    assert "description" in repr(change)


def test_own_commits_are_by_me(follower: Session, production: Production, received: Received) -> None:
    follower.on_change("Task", received)
    existing(follower.get("Task", production.tasks[0])).description = "mine"
    follower.commit()
    assert received.next().by_me


def test_on_change_is_a_decorator(follower: Session, other: Session, production: Production) -> None:
    changes: queue.Queue[ServerChange] = queue.Queue()

    @follower.on_change(follower.types.Task, attributes=["description"])
    def changed(change: ServerChange) -> None:
        changes.put(change)

    existing(other.get("Task", production.tasks[0])).description = "changed"
    other.commit()
    change = changes.get(timeout=TIMEOUT)
    changed(change)
    assert changes.get().names == {"description"}


@pytest.mark.parametrize("name", ["status", "status_id"])
def test_a_reference_and_its_key_can_both_be_asked_for(
    follower: Session, other: Session, production: Production, received: Received, name: str
) -> None:
    follower.on_change("Task", received, attributes=[name])
    task = existing(other.get("Task", production.tasks[0]))
    task.status = other.query("Status").where(f"id is_not {task.status_id}").first()
    other.commit()
    assert received.next().names == {name}


def other_value(attribute: Attribute, value: Any) -> Any:
    """Return a value that differs from the present one."""
    if attribute.enumeration:
        return next(each for each in attribute.enumeration if each != value)
    return {
        ValueType.TEXT: "other text",
        ValueType.BOOLEAN: not value,
        ValueType.INTEGER: (value or 0) + 3,
        ValueType.NUMBER: (value or 0) + 2.5,
        ValueType.DATETIME: datetime.datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC),
    }[attribute.value_type]  # type: ignore[index]


@pytest.mark.parametrize("entity_type", ["Task", "Shot", "Project", "AssetVersion", "Note", "Timelog"])
def test_the_values_of_all_settable_attributes_equal_those_that_are_read(
    connect: Connect, follower: Session, other: Session, production: Production, received: Received, entity_type: str
) -> None:
    id_ = example(other, production, entity_type)
    schema = other.types[entity_type].__schema__
    entity = existing(other.get(entity_type, id_))
    names = [
        attribute.name
        for attribute in schema.attributes.values()
        if attribute.kind is Kind.SCALAR
        and attribute.value_type
        in (ValueType.TEXT, ValueType.BOOLEAN, ValueType.NUMBER, ValueType.INTEGER, ValueType.DATETIME)
        and not (
            attribute.computed
            or attribute.immutable
            or attribute.foreign_key
            or attribute.name.endswith(("_id", "_type"))
        )
        and attribute.name not in ("id", "version", "status")
    ]
    before = {name: entity[name] for name in names}
    follower.on_change(entity_type, received)
    for name in names:
        try:
            entity[name] = other_value(schema.attributes[name], before[name])
            other.commit()
        except Exception:
            other.rollback()
    with connect() as reader:
        after = existing(reader.get(entity_type, id_))
        changed = {name: after[name] for name in names if after[name] != before[name]}
    assert changed
    reported: dict[str, tuple[Any, Any]] = {}
    for change in received.rest():
        if change.entity.id == id_:
            reported.update({name: (change.old[name], change.new[name]) for name in change.names & changed.keys()})
    assert reported == {name: (before[name], value) for name, value in changed.items()}


def example(session: Session, production: Production, entity_type: str) -> str:
    """Return the id of an entity of the production, which is created if necessary."""
    if entity_type in ("Task", "Shot", "Project"):
        return {"Task": production.tasks, "Shot": production.shots, "Project": [production.project]}[entity_type][0]
    shot = existing(session.get("Shot", production.shots[0]))
    if entity_type == "Note":
        entity = session.create(
            "Note", content="x", parent_id=shot.id, parent_type="Shot", author=session.query("User").first()
        )
    elif entity_type == "Timelog":
        entity = session.create("Timelog", user=session.query("User").first(), context_id=production.tasks[0])
    else:
        entity = session.create("Asset", name="a", parent=shot, type=session.query("AssetType").first())
        if entity_type == "AssetVersion":
            entity = session.create("AssetVersion", asset=entity)
    session.commit()
    return str(entity.id)


# -- collections --------------------------------------------------------------------------------------------------


def test_a_task_that_is_not_loaded_was_assigned(
    follower: Session, other: Session, production: Production, received: Received
) -> None:
    user = existing(other.query("User").first())
    follower.on_change("Task", received, attributes=["assignments"])
    other.create("Appointment", context_id=production.tasks[0], resource_id=user.id, type="allocation")
    other.commit()
    assignment = other.create("Appointment", context_id=production.tasks[1], resource_id=user.id, type="assignment")
    other.commit()
    (change,) = received.rest()
    assert change.entity.id == production.tasks[1]
    assert change.names == {"assignments"}
    assert [each.resource_id for each in change.added["assignments"]] == [user.id]
    assert change.removed["assignments"] == ()
    assert change.entity.name == "task01"
    other.delete(assignment)
    other.commit()
    (change,) = received.rest()
    assert change.added["assignments"] == ()
    (removed,) = change.removed["assignments"]
    assert (removed.id, inspect(removed).state) == (assignment.id, Lifecycle.DELETED)


def test_a_criterion_decides_about_entities_that_are_not_loaded(
    follower: Session, other: Session, production: Production, received: Received
) -> None:
    user = existing(other.query("User").first())
    Task = follower.types.Task
    follower.on_change(Task, received, attributes=["assignments"], where=Task.assignments.any(resource_id=user.id))
    other.create("Appointment", context_id=production.tasks[1], resource_id=user.id, type="assignment")
    other.commit()
    (change,) = received.rest()
    assert change.entity.id == production.tasks[1]


@pytest.mark.parametrize("is_loaded", [False, True])
@pytest.mark.parametrize("owner_type", ["Task", "Shot", "AssetVersion"])
def test_a_note_changes_the_notes_of_its_parent(
    follower: Session,
    other: Session,
    production: Production,
    received: Received,
    owner_type: str,
    is_loaded: bool,
) -> None:
    id_ = example(other, production, owner_type)
    if is_loaded:
        len(existing(follower.get(owner_type, id_)).notes)
    follower.on_change(owner_type, received, attributes=["notes"])
    author = other.query("User").first()
    note = other.create("Note", content="x", parent_id=id_, parent_type=owner_type, author=author)
    other.commit()
    (change,) = received.rest()
    assert change.entity.id == id_
    assert [each.content for each in change.added["notes"]] == ["x"]
    assert change.entity.notes == [follower.get("Note", note.id)]


def test_a_move_changes_the_children_of_both_parents(
    follower: Session, other: Session, production: Production, received: Received
) -> None:
    follower.on_change("Shot", received, attributes=["children"])
    existing(other.get("Task", production.tasks[0])).parent = other.get("Shot", production.shots[3])
    other.commit()
    changes = {change.entity.id: change for change in received.rest()}
    task = follower.get("Task", production.tasks[0])
    assert changes[production.shots[3]].added["children"] == (task,)
    assert changes[production.shots[0]].removed["children"] == (task,)
    assert len(changes) == 2


def test_changed_entries_of_metadata_are_reported_with_their_values(
    follower: Session, other: Session, production: Production, received: Received
) -> None:
    follower.on_change("Task", received, attributes=["metadata"])
    task = existing(other.get("Task", production.tasks[0]))
    steps: list[tuple[dict[str, str], dict[str, str]]] = [
        ({}, {"a": "1", "b,c": "2"}),
        ({"a": "1"}, {"a": "3"}),
        ({"b,c": "2"}, {}),
    ]
    for old, new in steps:
        for key in old.keys() - new.keys():
            del task.metadata[key]
        task.metadata.update(new)
        other.commit()
        (change,) = received.rest()
        assert change.entity.id == task.id
        assert change.names == {"metadata"}
        assert (change.old["metadata"], change.new["metadata"]) == (old, new)


def test_members_of_lists_scopes_and_links_are_reported_on_both_sides(
    follower: Session, other: Session, production: Production, received: Received
) -> None:
    task = existing(other.get("Task", production.tasks[0]))
    scope = other.create("Scope", name=f"scope of {production.name}")
    category, user = existing(other.query("ListCategory").first()), existing(other.query("User").first())
    tasks = other.create("TypedContextList", name="l", project_id=production.project, category=category, owner=user)
    version = existing(other.get("AssetVersion", example(other, production, "AssetVersion")))
    used = other.create("AssetVersion", asset=version.asset)
    other.commit()
    edits = [
        (task, "scopes", scope, None),
        (tasks, "items", task, "lists"),
        (version, "uses_versions", used, "used_in_versions"),
    ]
    for owner, name, member, inverse in edits:
        follower.on_change(owner.__entity_type__, received, attributes=[name])
        if inverse is not None:
            follower.on_change(member.__entity_type__, received, attributes=[inverse])
        expected = {(owner.id, name): [member.id]}
        if inverse is not None:
            expected[member.id, inverse] = [owner.id]
        for side in ("added", "removed"):
            members = getattr(owner, name)
            members.append(member) if side == "added" else members.remove(member)
            other.commit()
            reported = {
                (change.entity.id, collection): [each.id for each in getattr(change, side)[collection]]
                for change in received.rest()
                for collection in change.names
            }
            assert reported == expected


def test_a_collection_that_changes_for_another_reason_than_its_members_is_reported(
    follower: Session, other: Session, production: Production, received: Received
) -> None:
    # The server records status changes itself, without an entry in the event.
    follower.on_change("Task", received, attributes=["status_changes"])
    task = existing(other.get("Task", production.tasks[0]))
    task.status = other.query("Status").where(f"id is_not {task.status_id}").first()
    other.commit()
    (change,) = received.rest()
    assert change.entity.id == task.id
    assert change.names == {"status_changes"}
    assert dict(change.added) == {}


def test_every_collection_that_is_stored_in_its_members_reports_a_new_member(
    follower: Session, other: Session, production: Production
) -> None:
    schema = other.types.Task.__schema__
    tried = 0
    for attribute in schema.attributes.values():
        if attribute.kind is not Kind.COLLECTION:
            continue
        stored = follower._workspace.schema.membership("Task", attribute.name)
        if not isinstance(stored, Inverse):
            continue
        data: dict[str, Any] = {stored.attribute: production.tasks[2], **dict(stored.only)}
        if stored.type_attribute:
            data[stored.type_attribute] = "Task"
        try:
            member = other.create(str(attribute.target), **data, **more_data(other, str(attribute.target)))
            other.commit()
        except Exception:
            other.rollback()
            continue
        # Now that it is known that such a member can be created, another one is followed.
        changes: queue.Queue[ServerChange] = queue.Queue()
        other.delete(member)
        other.commit()
        with follower.on_change("Task", changes.put, attributes=[attribute.name]):
            member = other.create(str(attribute.target), **data, **more_data(other, str(attribute.target)))
            other.commit()
            while (change := changes.get(timeout=TIMEOUT)).removed.get(attribute.name):
                pass
            assert change.entity.id == production.tasks[2]
            assert [each.id for each in change.added[attribute.name]] == [member.id], attribute.name
        other.delete(member)
        other.commit()
        tried += 1
    assert tried >= 5


def more_data(session: Session, entity_type: str) -> dict[str, Any]:
    """Return the values besides the key of its owner that the server requires of a new entity."""
    user_id = existing(session.query("User").first()).id
    return {
        "Appointment": {"resource_id": user_id},
        "Note": {"content": "x", "user_id": user_id},
        "Timelog": {"user_id": user_id},
        "Asset": {"name": "x", "type_id": existing(session.query("AssetType").first()).id},
    }.get(entity_type, {})


# -- deletions and creations -----------------------------------------------------------------------------------------


def test_a_deleted_entity_that_was_never_loaded_has_its_key_and_old_values(
    follower: Session, other: Session, production: Production, received: Received
) -> None:
    follower.on_change("Task", received)
    other.delete(existing(other.get("Task", production.tasks[0])))
    other.commit()
    change = received.next()
    assert change.is_deleted
    assert change.entity.id == production.tasks[0]
    assert inspect(change.entity).identity.key == (production.tasks[0],)
    assert inspect(change.entity).state is Lifecycle.DELETED
    assert change.old["name"] == "task00"
    assert change.new["name"] is None


def test_a_created_entity_is_reported_as_such(
    follower: Session, other: Session, production: Production, received: Received
) -> None:
    follower.on_change("Task", received)
    other.create("Task", name="new", parent=other.get("Shot", production.shots[0]))
    other.commit()
    change = received.next()
    assert change.is_created
    assert change.new["name"] == change.entity.name == "new"
    assert change.new["parent"] is follower.get("Shot", production.shots[0])
    assert change.old["parent"] is None


# -- exceptions ------------------------------------------------------------------------------------------------------


def test_any_exception_of_a_callback_is_counted_and_the_other_changes_are_reported(
    follower: Session, other: Session, production: Production, received: Received, caplog: pytest.LogCaptureFixture
) -> None:
    errors = every_exception()
    failing = production.tasks[0]

    def fail(change: ServerChange) -> None:
        if change.entity.id == failing and "description" in change.names:
            raise errors[int(change.new["description"])]
        received(change)

    follower.on_change("Task", fail, attributes=["description"])
    for number in range(len(errors)):
        before = follower.event_hub.statistics.failed
        for id_ in (production.tasks[1], failing, production.tasks[2]):
            existing(other.get("Task", id_)).description = str(number)
        other.commit()
        ids = {received.next().entity.id for _ in range(2)}
        assert ids == {production.tasks[1], production.tasks[2]}
        follower.event_hub._parts.dispatcher.drain(TIMEOUT)
        assert follower.event_hub.statistics.failed == before + 1, errors[number]
