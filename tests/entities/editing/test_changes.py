"""Setting scalars and references: recorded, not sent, a reference together with its key."""

from __future__ import annotations

from ftrack_orm import Session, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from ftrack_orm.values import NOT_LOADED
from tests.assertions import existing
from tests.entities.planned_operations import planned_operations
from tests.production import Connect, Production


def test_setting_records_and_sends_nothing(session: Session, task: Entity) -> None:
    with requests_made(session) as made:
        task.name = "new name"
        task["bid"] = 7
    assert made == 0
    assert (task.name, task.bid) == ("new name", 7)
    assert session.modified == [task]
    changes = inspect(task).changes
    assert (changes["name"].old, changes["name"].new) == ("task00", "new name")
    assert (changes["bid"].old, changes["bid"].new) == (0, 7)


def test_an_attribute_that_is_not_loaded_is_set_without_loading_it(session: Session, task: Entity) -> None:
    with requests_made(session) as made:
        task.description = "about"
    assert made == 0
    assert inspect(task).changes["description"].old is NOT_LOADED


def test_a_reference_and_its_key_are_one_change(session: Session, task: Entity, statuses: list[Entity]) -> None:
    before, after = task.status, next(status for status in statuses if status is not task.status)
    task.status = after
    assert task.status_id == after.id
    (operation,) = planned_operations(session)
    assert operation.data == {"status_id": after.id}
    task.status_id = before.id
    assert task.status is before
    assert session.modified == []


def test_an_entity_set_by_an_unknown_id_is_loaded_when_it_is_read(connect: Connect, production: Production) -> None:
    session = connect()
    task = existing(session.get("Task", production.tasks[0]))
    task.parent_id = production.shots[3]
    with requests_made(session) as made:
        assert task.parent.name == "sh3"
    assert made == 1
    assert planned_operations(session)[0].data == {"parent_id": production.shots[3]}


def test_clearing_a_reference_clears_its_key(session: Session, task: Entity) -> None:
    task.thumbnail = None
    assert task.thumbnail_id is None
