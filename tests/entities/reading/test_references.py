"""Entities by their key, without a request."""

from __future__ import annotations

import uuid

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect, Production


def test_a_reference_costs_no_request_and_is_assigned_compared_and_deleted(
    session: Session, other: Session, production: Production
) -> None:
    Task, Shot = session.types.Task, session.types.Shot
    shot, task = production.shots[3], production.tasks[0]
    with requests_made(session) == 0:
        moved, destination = session.reference(Task, task), session.reference("Shot", shot)
        assert (moved.id, destination["id"]) == (task, shot)
        assert repr(moved) == f"<Task {task} persistent>"
        moved.parent = destination
        query = session.query(Task).where(Task.parent == destination)
    with requests_made(session) == 1:
        session.commit()
    session.delete(session.reference(Task, production.tasks[1]))
    session.commit()
    assert existing(other.get(Task.__name__, task)).parent_id == shot
    assert other.get("Task", production.tasks[1]) is None
    assert len(query.all()) == 4
    assert session.reference(Shot, shot) is destination


def test_the_first_read_loads_the_entity(session: Session, production: Production) -> None:
    task = session.reference("Task", production.tasks[2])
    with requests_made(session) == 1:
        assert task.name == "task02"
    with requests_made(session) == 0:
        assert session.get("Task", production.tasks[2]) is task
        assert session.reference("Task", production.tasks[2]) is task


def test_references_that_were_not_read_yet_are_loaded_together(session: Session, production: Production) -> None:
    tasks = [session.reference("Task", uuid.UUID(key)) for key in production.tasks]
    with requests_made(session) == 1:
        assert [task.name for task in tasks] == [f"task{number:02}" for number in range(12)]
    shots = [session.reference("Shot", key) for key in production.shots]
    with requests_made(session) == 1:
        session.populate(shots, "name, parent.name")
        assert [shot.parent.name for shot in shots] == ["sq0", "sq0", "sq1", "sq1"]


def test_a_base_type_becomes_the_real_type_when_it_is_read(session: Session, production: Production) -> None:
    context = session.reference("TypedContext", production.tasks[0])
    assert type(context).__name__ == "TypedContext"
    assert context.name == "task00"
    assert type(context) is session.types.Task


def test_an_entity_that_the_server_does_not_have_is_an_error_when_it_is_read(session: Session) -> None:
    id_ = str(uuid.uuid4())
    missing = session.reference("Task", id_)
    with pytest.raises(errors.EntityDeleted, match=id_):
        missing.name  # noqa: B018
    assert session.get("Task", id_) is None


def test_composite_keys_are_given_in_the_order_of_the_type(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    task.metadata["reviewed"] = "yes"
    session.commit()
    names = session.schema.type("Metadata").primary_key
    entry = session.reference("Metadata", [{"parent_id": task.id, "key": "reviewed"}[name] for name in names])
    assert entry.value == "yes"


@pytest.mark.parametrize("key", [None, "", (), ("a", "b"), 1.5, {"id": "x"}])
def test_a_key_of_another_form_is_refused(session: Session, key: object) -> None:
    with pytest.raises(errors.InvalidValue, match="The key of Task is id"):
        session.reference("Task", key)  # type: ignore[call-overload]


def test_the_key_of_an_entity_of_another_type_is_refused(session: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    with pytest.raises(errors.InvalidValue, match=f"{shot.id}.*Shot.*not a Task"):
        session.reference("Task", shot.id)
    with pytest.raises(errors.UnknownEntityType, match="Did you mean 'Task'"):
        session.reference("Tasks", shot.id)
    with pytest.raises(errors.UsageError, match="An entity class or the name of a type"):
        session.reference(shot, shot.id)  # type: ignore[call-overload]


def test_a_closed_session_refers_to_nothing(connect: Connect, production: Production) -> None:
    session = connect()
    session.schema  # noqa: B018
    session.close()
    with pytest.raises(errors.SessionClosed):
        session.reference("Task", production.tasks[0])
