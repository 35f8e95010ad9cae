"""Inspection of an entity makes no request."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.testing import requests_made
from ftrack_orm.values import Identity
from tests.assertions import existing
from tests.production import Connect, Production


def test_inspection_has_identity_type_state_and_values_without_a_request(
    session: Session, production: Production
) -> None:
    task = session.query("Task").where(f'id is "{production.tasks[0]}"').select("name").one()
    with requests_made(session) as made:
        inspection = inspect(task)
        assert inspection.entity_type == "Task"
        assert inspection.identity == Identity("Context", (task.id,))
        assert inspection.reference.entity_type == "Task"
        assert inspection.state is Lifecycle.PERSISTENT
        assert inspection.loaded["name"] == "task00"
        assert "bid" not in inspection.loaded
        assert dict(inspection.changes) == {}
        task.name = "x"
        assert inspection.is_modified
        assert repr(inspection) == f"<Task {task.id}: persistent, 1 changes>"
    assert made == 0


def test_loaded_values_cannot_be_changed_through_an_inspection(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    with pytest.raises(TypeError):
        inspect(task).loaded["name"] = "x"  # type: ignore[index]  # which is tested


def test_entities_of_a_closed_session_are_detached_and_keep_their_values(
    connect: Connect, production: Production
) -> None:
    session = connect()
    task = existing(session.get("Task", production.tasks[0]))
    session.close()
    assert inspect(task).state is Lifecycle.DETACHED
    assert task.name == "task00"
    with pytest.raises(errors.SessionClosed, match=r"Task\.bid"):
        _ = task.bid
    with pytest.raises(errors.SessionClosed):
        task.name = "x"


def test_only_entities_can_be_inspected() -> None:
    with pytest.raises(errors.InvalidValue, match="takes an entity"):
        inspect("task")  # type: ignore[arg-type]  # which is tested


def test_each_state_is_explained(connect: Connect, production: Production) -> None:
    session = connect()
    shot = existing(session.get("Shot", production.shots[0]))
    new, taken_back = (session.create("Task", name=name, parent=shot) for name in ("a", "b"))
    session.delete(taken_back)
    gone = existing(session.get("Task", production.tasks[0]))
    assert "next commit" in inspect(new).explanation
    assert "taken back" in inspect(taken_back).explanation
    session.delete(gone)
    session.commit()
    assert "The server has it" in inspect(new).explanation
    assert "deleted on the server" in inspect(gone).explanation
    session.close()
    assert "session is closed" in inspect(new).explanation
