"""The services that behaviours of entities use: they work on the parts of the session and keep it not alive."""

from __future__ import annotations

import gc
import weakref

import pytest

from ftrack_orm import Event, Session, errors
from ftrack_orm.behaviours.services import services_of
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.wire.carried import CarriedOperations
from ftrack_orm.wire.operations import QueryOperation
from ftrack_orm.wire.replies import QueryReply
from tests.assertions import existing
from tests.production import Production

TASKS = QueryOperation('select name, bid from Task where name is "carried"')


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    return existing(session.get("Task", production.tasks[0]))


def test_operations_travel_before_and_after_those_of_a_commit(session: Session, task: Entity) -> None:
    services = services_of(task)
    carried = CarriedOperations(before=[TASKS], after=[TASKS])
    task.name = "carried"
    with requests_made(session) as made:
        assert services.commit(carried) == 1
    assert made == 1
    assert carried.replies is not None
    before, after = carried.replies
    assert isinstance(before, QueryReply)
    assert isinstance(after, QueryReply)
    assert [row["id"] for row in after.data if row["id"] == task.id] == [task.id]
    assert task.id not in [row["id"] for row in before.data]
    assert session.modified == []


def test_operations_travel_alone_when_there_is_nothing_to_commit(session: Session, task: Entity) -> None:
    carried = CarriedOperations(after=[TASKS])
    assert services_of(task).commit(carried) == 0
    assert len(carried.replies or ()) == 1


def test_a_refused_carried_operation_refuses_the_commit(session: Session, task: Entity) -> None:
    before = task.name
    task.name = "never"
    with pytest.raises(errors.ServerError):
        services_of(task).commit(CarriedOperations(after=[QueryOperation("select nothing from Nowhere")]))
    assert session.modified == [task]
    session.refresh(task)
    session.rollback()
    assert task.name == before


def test_a_unit_apart_commits_its_own_edits_only(session: Session, other: Session, task: Entity) -> None:
    services = services_of(task)
    task.description = "pending"
    with services.apart():
        scope = services.create("Scope", {"name": f"apart {task.id}"})
    assert session.modified == [task]
    assert other.get("Scope", scope.id) is not None


def test_new_entities_are_handed_over_to_another_unit_with_their_edits(
    session: Session, other: Session, task: Entity
) -> None:
    services, workspace = services_of(task), session._workspace
    first, second = (services.create("Scope", {"name": f"{name} {task.id}"}) for name in ("first", "second"))
    task.description = "pending"
    with services.apart():
        workspace.hand_over([first, task], workspace.journal)
        workspace.hand_over([first], workspace.journal)
        first.name = f"handed over {task.id}"
    assert session.created == [second]
    assert session.modified == [task]
    assert existing(other.get("Scope", first.id)).name == f"handed over {task.id}"
    with pytest.raises(RuntimeError), services.apart():
        workspace.hand_over([second], workspace.journal)
        workspace.hand_over([second], workspace.common_journal)
        raise RuntimeError
    assert session.created == [second]
    session.commit()
    assert other.get("Scope", second.id) is not None


def test_events_are_published_by_a_connected_hub_only(session: Session, task: Entity) -> None:
    services = services_of(task)
    received: list[Event] = []
    assert not services.publish(Event("studio.test", {}))
    session.event_hub.subscribe("topic=studio.test", received.append)
    assert not services.publish(Event("studio.test", {}))
    session.event_hub.connect()
    assert services.publish(Event("studio.test", {"task": task.id}))
    assert session.event_hub.flush(10)


def test_an_entity_does_not_keep_its_session_alive(box: Sandbox, production: Production) -> None:
    session = Session(box.url, box.api_key, box.api_user, schema_cache_path=False)
    task = existing(session.get("Task", production.tasks[0]))
    services = services_of(task)
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None
    assert services.query("Task").first() is not None
    assert not services.publish(Event("studio.test", {}))
