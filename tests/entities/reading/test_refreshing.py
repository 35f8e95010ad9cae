"""Populating, refreshing and expiring entities."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def tasks(session: Session, production: Production) -> list[Entity]:
    return session.query("Task").where(f'project_id is "{production.project}"').order_by("name").select("name").all()


def test_populating_loads_paths_for_all_in_one_request(session: Session, tasks: list[Entity]) -> None:
    Task = session.types.Task
    with requests_made(session) as made:
        session.populate(tasks, "status.name, parent.name", Task.parent.parent.name, "metadata")
    assert made == 1
    with requests_made(session) as made:
        assert {task.status.name for task in tasks} == {"Not started"}
        assert {task.parent.parent.name for task in tasks} == {"sq0", "sq1"}
        assert all(dict(task.metadata) == {} for task in tasks)
    assert made == 0


def test_loaded_paths_are_not_requested_again(session: Session, tasks: list[Entity]) -> None:
    session.populate(tasks[:6], "status.name")
    sent: list[Any] = []
    session.observe(lambda exchange: sent.extend(exchange.operations))
    session.populate(tasks, "status.name")
    session.populate(tasks, "status.name")
    (query,) = sent
    assert [task.id for task in tasks if task.id in query.expression] == [task.id for task in tasks[6:]]


def test_paths_lead_through_collections(session: Session, production: Production) -> None:
    shots = session.query("Shot").where(f'project_id is "{production.project}"').all()
    with requests_made(session) as made:
        session.populate(shots, "children[Task].status.name, children.name")
    assert made == 1
    with requests_made(session) as made:
        assert {child.status.name for shot in shots for child in shot.children} == {"Not started"}
    assert made == 0


def test_a_path_is_loaded_for_the_types_that_have_it(
    session: Session, production: Production, tasks: list[Entity]
) -> None:
    project = existing(session.get("Project", production.project))
    session.populate([project, *tasks], "full_name, bid, name")
    with requests_made(session) as made:
        assert project.full_name.startswith("Film")
        assert tasks[3].bid == 3
    assert made == 0


def test_a_path_that_no_type_has_is_refused_with_suggestions(
    session: Session, production: Production, tasks: list[Entity]
) -> None:
    project = existing(session.get("Project", production.project))
    with requests_made(session) as made:
        with pytest.raises(errors.UnknownAttribute, match="Did you mean 'status'"):
            session.populate(tasks, "statsu.name")
        with pytest.raises(errors.UnknownAttribute, match="nonsense"):
            session.populate([project, *tasks], "nonsense")
    assert made == 0


def test_more_entities_than_one_expression_holds_take_one_request(
    session: Session, tasks: list[Entity], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftrack_orm.entities.row_queries.IDS_PER_QUERY", 5)
    with requests_made(session) as made:
        session.populate(tasks, "bid")
    assert (made.count, made.operations) == (1, 3)
    assert [inspect(task).loaded["bid"] for task in tasks] == list(range(12))


def test_refreshing_reads_loaded_values_again_and_keeps_edits(
    session: Session, other: Session, tasks: list[Entity]
) -> None:
    task = tasks[0]
    assert task.bid == 0
    task.description = "mine"
    with other.begin():
        theirs = existing(other.get("Task", task.id))
        theirs.name, theirs.bid, theirs.description = "theirs", 7, "theirs"
    with requests_made(session) as made:
        session.refresh(task)
    assert made == 1
    assert (task.name, task.bid, task.description) == ("theirs", 7, "mine")
    assert inspect(task).changes["description"].old == "theirs"


def test_refreshing_some_attributes_of_many_entities_is_one_request(
    session: Session, other: Session, tasks: list[Entity]
) -> None:
    with other.begin():
        for task in tasks:
            existing(other.get("Task", task.id)).description = "new"
    with requests_made(session) as made:
        session.refresh(tasks, "description")
    assert made == 1
    assert {task.description for task in tasks} == {"new"}


def test_refreshing_a_collection_updates_the_same_object(
    session: Session, other: Session, production: Production
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    children = shot.children
    with other.begin():
        other.delete(existing(other.get("Task", production.tasks[0])))
    session.refresh(shot)
    assert len(children) == 2
    assert shot.children is children


def test_refreshing_a_deleted_entity_is_an_error(session: Session, other: Session, tasks: list[Entity]) -> None:
    with other.begin():
        other.delete(existing(other.get("Task", tasks[0].id)))
    with pytest.raises(errors.EntityDeleted, match="does not have"):
        session.refresh(tasks)
    with pytest.raises(errors.UnknownAttribute):
        session.refresh(tasks[1], "nmae")


def test_refreshing_an_entity_that_is_known_to_be_deleted_is_an_error_too_and_the_others_are_read(
    session: Session, other: Session, tasks: list[Entity]
) -> None:
    with other.begin():
        other.delete(existing(other.get("Task", tasks[0].id)))
        existing(other.get("Task", tasks[1].id)).name = "theirs"
    with pytest.raises(errors.EntityDeleted):
        session.refresh(tasks[0])
    assert inspect(tasks[0]).state is Lifecycle.DELETED
    with pytest.raises(errors.EntityDeleted, match=tasks[0].id):
        session.refresh([tasks[0], tasks[1]])
    assert tasks[1].name == "theirs"


def test_an_edited_entity_that_is_found_deleted_shows_its_edits_only_and_nothing_after_a_rollback(
    session: Session, other: Session, tasks: list[Entity]
) -> None:
    task = tasks[0]
    assert dict(task.metadata) == {}
    task.name = "mine"
    with other.begin():
        other.delete(existing(other.get("Task", task.id)))
    with pytest.raises(errors.EntityDeleted):
        session.refresh(task)
    assert task.name == "mine"
    assert session.modified == [task]
    with pytest.raises(errors.EntityDeleted):
        len(task.metadata)
    session.rollback()
    with pytest.raises(errors.EntityDeleted):
        _ = task.name
    assert inspect(task).state is Lifecycle.DELETED


def test_expired_attributes_are_loaded_when_read_and_edits_stay(
    session: Session, other: Session, tasks: list[Entity]
) -> None:
    task = tasks[0]
    assert task.bid == 0
    task.description = "mine"
    with other.begin():
        existing(other.get("Task", task.id)).name = "theirs"
    with requests_made(session) as made:
        session.expire(task)
    assert made == 0
    assert set(inspect(task).loaded) == {"id", "description"}
    assert (task.name, task.description) == ("theirs", "mine")


def test_expiring_one_attribute_leaves_the_others(session: Session, tasks: list[Entity]) -> None:
    session.expire(tasks, "name")
    assert all("name" not in inspect(task).loaded for task in tasks)
    assert all("project_id" in inspect(task).loaded for task in tasks)
    with pytest.raises(errors.UnknownAttribute):
        session.expire(tasks[0], "nmae")
