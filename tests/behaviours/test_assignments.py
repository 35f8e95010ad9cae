"""Assigning users and groups to contexts, and taking that back."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect, Production


@pytest.fixture
def task(session: Session, production: Production) -> Any:
    return existing(session.get("Task", production.tasks[0]))


@pytest.fixture
def people(session: Session, production: Production) -> list[Entity]:
    """Two users and a group."""
    users = [session.create("User", username=f"{n} of {production.name}") for n in range(2)]
    group = session.create("Group", name=f"group of {production.name}")
    session.commit()
    return [*users, group]


def assigned(other: Session, task: Entity) -> set[str]:
    return {each.resource_id for each in other.query("Appointment").where(context_id=task.id, type="assignment").all()}


def test_users_and_groups_are_assigned_by_the_next_commit(
    session: Session, other: Session, task: Any, people: list[Entity]
) -> None:
    appointments = task.assign(*people)
    assert [each.resource for each in appointments] == people
    assert list(task.assignments) == appointments
    assert assigned(other, task) == set()
    session.commit()
    assert assigned(other, task) == {each.id for each in people}


def test_a_user_who_is_assigned_already_is_not_assigned_again(
    session: Session, other: Session, task: Any, people: list[Entity]
) -> None:
    (before,) = task.assign(people[0])
    session.commit()
    assert task.assign(people[0], people[1], people[1])[0] is before
    session.commit()
    assert other.query("Appointment").where(context_id=task.id).count() == 2


def test_only_the_given_users_are_unassigned(session: Session, other: Session, task: Any, people: list[Entity]) -> None:
    appointments = task.assign(*people)
    session.commit()
    assert task.unassign(people[0]) == [appointments[0]]
    assert task.unassign() == []
    assert assigned(other, task) == {each.id for each in people}
    session.commit()
    assert assigned(other, task) == {each.id for each in people[1:]}
    assert task.unassign(people[0]) == []
    task.unassign(*people[1:])
    session.commit()
    assert list(task.assignments) == []


def test_an_uncommitted_assignment_is_discarded(session: Session, task: Any, people: list[Entity]) -> None:
    task.assign(people[0])
    task.unassign(people[0])
    assert session.commit() == 0


def test_the_assignments_of_tasks_that_arrived_together_are_read_together(
    session: Session, production: Production, people: list[Entity]
) -> None:
    tasks = session.query("Task").where(project_id=production.project).all()
    with requests_made(session) as made:
        for task in tasks:
            task.assign(people[0])
        session.commit()
    assert made <= 3


def test_other_entities_cannot_be_assigned(task: Any, session: Session) -> None:
    for wrong in (task, "jane", None):
        with pytest.raises(errors.InvalidValue, match="is assigned to users and groups, not to"):
            task.assign(wrong)
        with pytest.raises(errors.InvalidValue, match="is assigned to users and groups, not to"):
            task.unassign(wrong)
    assert session.created == []


def test_assigning_reads_the_assignments_in_the_fetch_mode_never_too(
    session: Session, connect: Connect, production: Production, people: list[Entity]
) -> None:
    strict = connect(fetch="never")
    task = strict.query("Task").where(id=production.tasks[0]).one()
    user = existing(strict.get("User", people[0].id))
    assert len(task.assign(user)) == 1
    strict.commit()
    strict = connect(fetch="never")
    again = strict.query("Task").where(id=production.tasks[0]).one()
    assert len(again.unassign(existing(strict.get("User", user.id)))) == 1
    strict.rollback()


def test_allocations_stay(session: Session, other: Session, task: Any, people: list[Entity]) -> None:
    for kind in ("assignment", "allocation"):
        session.create("Appointment", context=task, resource=people[0], type=kind)
    session.commit()
    assert len(task.unassign(people[0])) == 1
    session.commit()
    assert [each.type for each in other.query("Appointment").where(context_id=task.id).all()] == ["allocation"]
