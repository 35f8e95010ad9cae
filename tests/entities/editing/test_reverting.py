"""Reverting the changes of one attribute or one entity, while all others stay."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.entities.planned_operations import planned_operations
from tests.production import Production


@pytest.fixture
def tasks(session: Session, production: Production) -> list[Entity]:
    query = session.query("Task").where(project_id=production.project).order_by("name")
    return query.select("name", "bid", "status.name", "parent.name", "description").all()


@pytest.fixture
def done(session: Session) -> Entity:
    done: Entity = existing(session.query("Status").where(name="Approved").first())
    return done


def test_one_attribute_is_restored_and_the_others_stay_changed(session: Session, tasks: list[Entity]) -> None:
    task = tasks[3]
    task.bid, task.name = 99, "renamed"
    session.revert(task, "bid")
    assert (task.bid, task.name) == (3, "renamed")
    assert set(inspect(task).changes) == {"name"}
    session.revert(task, "name")
    assert session.modified == []
    assert session.plan() == []


@pytest.mark.parametrize("name", ["status", "status_id"])
def test_a_reference_and_its_key_are_reverted_together(
    session: Session, tasks: list[Entity], done: Entity, name: str
) -> None:
    task = tasks[0]
    before = task.status
    task.status = done
    session.revert(task, name)
    with requests_made(session) as made:
        assert task.status is before
    assert made == 0
    assert task.status_id == before.id
    assert session.plan() == []


def test_an_attribute_that_was_never_loaded_is_loaded_when_read(
    session: Session, production: Production, tasks: list[Entity]
) -> None:
    task = tasks[0]
    task.thumbnail_id = None
    task.end_date = None
    session.revert(task, "end_date")
    assert "end_date" not in inspect(task).loaded
    assert set(inspect(task).changes) >= {"thumbnail_id"}


def test_one_entity_is_restored_and_the_others_stay_changed(
    session: Session, tasks: list[Entity], done: Entity
) -> None:
    mine, other = tasks[:2]
    for task in (mine, other):
        task.bid, task.status, task.metadata["seen"] = 99, done, "yes"
    session.revert(mine)
    assert (mine.bid, mine.status.name, dict(mine.metadata)) == (0, "Not started", {})
    assert session.modified == [other]
    assert other.bid == 99


def test_the_items_of_a_collection_are_restored(session: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    children = list(shot.children)
    shot.children.remove(children[0])
    session.revert(shot, "children")
    assert list(shot.children) == children
    assert children[0].parent is shot


def test_moving_an_entity_back_moves_it_back_in_loaded_collections(session: Session, production: Production) -> None:
    first, second = (existing(session.get("Shot", key)) for key in production.shots[:2])
    session.populate([first, second], "children.name")
    task = first.children[0]
    task.parent = second
    assert task in second.children
    assert task not in first.children
    session.revert(task, "parent")
    assert task in first.children
    assert task not in second.children


def test_a_deletion_is_reverted(session: Session, tasks: list[Entity]) -> None:
    session.delete(tasks[0])
    session.revert(tasks[0])
    assert session.deleted == []
    tasks[0].bid = 5  # it can be changed again


def test_a_new_entity_becomes_transient_and_its_attributes_unset(session: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    task = session.create("Task", name="new", parent=shot, bid=7)
    session.revert(task, "bid")
    assert task.bid is None
    (operation,) = planned_operations(session)
    assert "bid" not in operation.data
    assert operation.data["name"] == "new"
    session.revert(task)
    assert session.plan() == []
    assert inspect(task).state is Lifecycle.TRANSIENT


def test_the_key_of_a_new_entity_stays(session: Session, production: Production) -> None:
    task = session.create("Task", name="new", parent=existing(session.get("Shot", production.shots[0])))
    with pytest.raises(errors.UsageError, match=r"Task\.id is the key"):
        session.revert(task, "id")
    assert inspect(task).state is Lifecycle.PENDING


def test_unchanged_attributes_stay(session: Session, tasks: list[Entity]) -> None:
    with requests_made(session) as made:
        session.revert(tasks[0], "name")
        session.revert(tasks[0])
    assert made == 0
    assert tasks[0].name == "task00"


def test_nothing_is_reverted_when_a_name_is_wrong(session: Session, tasks: list[Entity]) -> None:
    tasks[0].bid = 99
    with pytest.raises(errors.UnknownAttribute, match="Did you mean 'status'"):
        session.revert(tasks[0], "bid", "statsu")
    assert tasks[0].bid == 99


def test_only_entities_of_the_session_can_be_reverted(session: Session, other: Session, production: Production) -> None:
    theirs = existing(other.get("Task", production.tasks[0]))
    not_of_the_session: list[Any] = [theirs, "task", None]
    for wrong in not_of_the_session:
        with pytest.raises(errors.UsageError, match="entity of this session"):
            session.revert(wrong)
