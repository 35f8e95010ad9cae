"""Methods of a session take one entity or several, leave None out, and name any other value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production

METHODS = ("populate", "refresh", "expire", "custom_values", "snapshot")


@pytest.fixture
def tasks(session: Session, production: Production) -> list[Entity]:
    query = session.query("Task").where(project_id=production.project).select("name", "status.name")
    return query.order_by("name").all()


def call(session: Session, method: str, entities: Any) -> Any:
    return getattr(session, method)(entities, *(["name"] if method == "populate" else []))


@pytest.mark.parametrize("method", METHODS)
def test_one_entity_and_any_iterable_are_taken(session: Session, tasks: list[Entity], method: str) -> None:
    Task = session.types.Task
    for given in (tasks[0], tasks, tuple(tasks), set(tasks), iter(tasks), {tasks[0]: 1}, tasks[0].parent.children):
        call(session, method, given)
    call(session, method, session.query(Task).where(project_id=tasks[0].project_id))
    call(session, method, [])


def test_none_among_entities_is_left_out(session: Session, tasks: list[Entity]) -> None:
    for method in METHODS[:4]:
        call(session, method, [None, *tasks, None])
        call(session, method, [None])


def test_collected_references_are_populated_although_some_are_empty(session: Session, tasks: list[Entity]) -> None:
    session.populate([entity for task in tasks for entity in (task.parent, task.thumbnail)], "name")
    with requests_made(session) as made:
        assert [task.parent.name for task in tasks[:4]] == ["sh0", "sh0", "sh0", "sh1"]
    assert made == 0


REFUSED: dict[str, tuple[Callable[[Session, Entity], Any], str]] = {
    "None": (lambda session, task: None, "not None. Write 'if entity is not None'"),
    "an id": (lambda session, task: task.id, "session.get"),
    "a query text": (lambda session, task: "Task", "session.query"),
    "a class": (lambda session, task: session.types.Task, r"session\.query\(Task\)"),
    "a number": (lambda session, task: 3, r"not 3 \(int\)"),
    "ids": (lambda session, task: [task, task.id], "session.get"),
    "lists": (lambda session, task: [[task], [task]], "one flat list"),
    "a mapping by name": (lambda session, task: {"task": task}, r"not 'task' \(str\)"),
}


@pytest.mark.parametrize("value", REFUSED)
def test_any_other_value_is_named(session: Session, tasks: list[Entity], value: str) -> None:
    make, advice = REFUSED[value]
    for method in METHODS:
        with requests_made(session) as made, pytest.raises(errors.InvalidValue, match=advice) as caught:
            call(session, method, make(session, tasks[0]))
        assert f"session.{method}" in str(caught.value)
        assert made == 0


def test_an_entity_of_another_session_is_named(session: Session, other: Session, tasks: list[Entity]) -> None:
    theirs = existing(other.get("Task", tasks[0].id))
    advice = r"belongs to another session.*session\.get\('Task', entity\.id\)"
    for method in METHODS:
        with pytest.raises(errors.InvalidValue, match=advice):
            call(session, method, [tasks[1], theirs])


@pytest.mark.parametrize("method", ["refresh", "expire"])
def test_names_are_texts_or_attributes(session: Session, tasks: list[Entity], method: str) -> None:
    Task = session.types.Task
    getattr(session, method)(tasks, "name", Task.bid)
    getattr(session, method)(tasks, "name, status_id")
    for wrong, advice in [
        ("status.name", r"\[entity\.status for entity in entities\], 'name'"),
        (Task.status.name, "takes attributes of the entities themselves"),
        (["name"], r"Write \*names"),
        (3, "takes names of attributes, not 3"),
        (None, "takes names of attributes, not None"),
    ]:
        with pytest.raises(errors.InvalidValue, match=advice):
            getattr(session, method)(tasks, wrong)
    with pytest.raises(errors.UnknownAttribute, match="Did you mean 'status'"):
        getattr(session, method)(tasks, "statsu")
