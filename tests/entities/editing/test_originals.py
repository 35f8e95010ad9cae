"""A change that restores the original value is dropped."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.values import ChangeNotice
from tests.entities.planned_operations import planned_operations
from tests.production import Production


def test_setting_the_same_value_is_no_change(session: Session, task: Entity) -> None:
    task.name = "task00"
    assert session.modified == []
    assert session.plan() == []


def test_setting_back_is_no_change(session: Session, task: Entity) -> None:
    task.name = "x"
    task.bid = 3
    task.name = "task00"
    assert set(inspect(task).changes) == {"bid"}
    task.bid = 0
    assert session.modified == []
    assert not inspect(task).is_modified


def test_setting_back_a_reference_whose_key_was_not_loaded_is_no_change(
    session: Session, production: Production, statuses: list[Entity]
) -> None:
    task = session.query("Task").where(f'id is "{production.tasks[1]}"').select("status.name").one()
    before = task.status
    task.status = next(status for status in statuses if status is not before)
    task.status = before
    assert session.modified == []


def test_setting_back_a_value_that_the_server_does_not_have_any_more_is_a_change(
    session: Session, task: Entity
) -> None:
    task.name = "x"
    notice = ChangeNotice(family="Context", key=(task.id,), names=frozenset({"name"}))
    session._workspace.expiry.apply([notice])
    task.name = "task00"
    assert [operation.data for operation in planned_operations(session)] == [{"name": "task00"}]


def test_true_is_not_the_number_one(session: Session, task: Entity) -> None:
    task.bid = 1
    session.commit()
    assert inspect(task).loaded["bid"] == 1
    task.bid = 1.0
    assert session.modified == []
    with pytest.raises(errors.InvalidValue):
        task.bid = True
