"""Edits that are refused, each with its reason."""

from __future__ import annotations

import datetime

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from tests.assertions import existing
from tests.production import Production


def test_values_of_a_wrong_type_are_refused_and_nothing_changes(
    session: Session, task: Entity, production: Production
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    for name, value, said in [
        ("name", 3, "text"),
        ("bid", "eight", "number"),
        ("start_date", datetime.datetime(2026, 1, 1), "timezone"),
        ("status", "Done", "must be a Status"),
        ("status", shot, "must be a Status, not <Shot"),
    ]:
        with pytest.raises(errors.InvalidValue, match=said) as caught:
            task[name] = value
        assert f"Task.{name}" in str(caught.value)
    assert session.modified == []


def test_an_id_assigned_to_a_reference_is_refused_with_the_name_of_its_key(
    task: Entity, statuses: list[Entity]
) -> None:
    with pytest.raises(errors.InvalidValue, match="To set it by id, assign 'status_id'"):
        task.status = statuses[0].id


def test_computed_and_immutable_attributes_are_refused_with_the_reason(task: Entity) -> None:
    with pytest.raises(errors.ReadOnlyAttribute, match="computed by the server"):
        task.link = []
    with pytest.raises(errors.ReadOnlyAttribute, match="computed by the server"):
        task.time_logged = 3
    for name in ("ancestors", "descendants"):
        with pytest.raises(errors.ReadOnlyAttribute, match="computed by the server"):
            setattr(task, name, [])
        with pytest.raises(errors.ReadOnlyAttribute, match="computed by the server"):
            getattr(task, name).append(task.parent)
        with pytest.raises(errors.ReadOnlyAttribute, match="computed by the server"):
            getattr(task, name).clear()
    with pytest.raises(errors.ReadOnlyAttribute, match="when the Task is created"):
        task.id = "x"
    with pytest.raises(errors.ReadOnlyAttribute, match="when the Task is created"):
        task.object_type_id = "x"


def test_an_attribute_a_subtype_fixes_is_refused_on_it_only(session: Session, production: Production) -> None:
    sequence, task = (
        existing(session.get("Sequence", production.sequences[0])),
        existing(session.get("Task", production.tasks[0])),
    )
    task.bid = 3
    with pytest.raises(errors.ReadOnlyAttribute, match=r"Sequence\.bid"):
        sequence.bid = 3


def test_entities_of_another_session_are_refused(task: Entity, other: Session) -> None:
    foreign = existing(other.query("Status").first())
    with pytest.raises(errors.InvalidValue, match="another session"):
        task.status = foreign


def test_an_entity_that_is_about_to_be_deleted_cannot_be_changed(session: Session, task: Entity) -> None:
    session.delete(task)
    with pytest.raises(errors.EntityDeleted, match="rollback"):
        task.name = "x"
