"""Values in place of those that are not loaded, for tools that complete names or show variables."""

from __future__ import annotations

import inspect

import pytest

from ftrack_orm import NOT_LOADED, Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.reading.placeholders import placeholder, value_or_placeholder
from ftrack_orm.introspection import Introspection
from ftrack_orm.testing import requests_made
from tests.production import Production

COMPLETION, VIEW, CALLED_CODE = Introspection.COMPLETION, Introspection.VIEW, Introspection.CALLED_CODE


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    task: Entity = session.query("Task").where(id=production.tasks[0]).select("name", "parent_id").one()
    return task


def shown(task: Entity, name: str, tool: Introspection) -> object:
    return value_or_placeholder(task._ftrack_state.workspace, task, task.__schema__.attribute(name), tool)


def test_completion_gets_a_value_of_the_type_of_the_attribute(session: Session, task: Entity) -> None:
    with requests_made(session) == 0:
        assert shown(task, "description", COMPLETION) == ""
        assert shown(task, "bid", COMPLETION) == 0.0
        assert shown(task, "end_date", COMPLETION).year == 1970  # type: ignore[attr-defined]
        assert shown(task, "thumbnail_url", COMPLETION) is None
        assert type(shown(task, "status", COMPLETION)) is session.types.Status
        assert "append" in dir(shown(task, "assignments", COMPLETION))
        assert dict(shown(task, "metadata", COMPLETION)) == {}  # type: ignore[call-overload]
    assert "bid" not in vars(task)


def test_a_value_in_memory_is_shown(session: Session, production: Production, task: Entity) -> None:
    assert shown(task, "name", COMPLETION) == "task00"
    shot = session.query("Shot").where(id=production.shots[0]).one()
    with requests_made(session) == 0:
        assert shown(task, "parent", VIEW) is shot


def test_a_view_shows_that_a_value_is_not_loaded(task: Entity) -> None:
    assert shown(task, "bid", VIEW) is NOT_LOADED
    assert shown(task, "parent", VIEW) is NOT_LOADED


def test_code_that_a_tool_calls_gets_no_placeholder(task: Entity) -> None:
    assert shown(task, "name", CALLED_CODE) == "task00"
    with pytest.raises(errors.NotFetched, match=r"Task\.bid of <Task 'task00'") as caught:
        shown(task, "bid", CALLED_CODE)
    assert (caught.value.entity_type, caught.value.attribute) == ("Task", "bid")


def test_a_stale_collection_is_shown_as_it_is(session: Session, production: Production, task: Entity) -> None:
    shot = session.query("Shot").where(id=production.shots[0]).one()
    children = shot.children
    assert len(children) == 3
    session.expire(shot, "children")
    with requests_made(session) == 0:
        assert len(dict(inspect.getmembers(shot))["children"]._items) == 3
    with requests_made(session) == 1:
        assert len(children) == 3


def test_a_placeholder_is_unknown_to_its_session(session: Session) -> None:
    workspace = session._workspace
    session.types.Status  # noqa: B018
    with requests_made(session) == 0:
        status = placeholder(workspace, "Status")
        assert status not in list(workspace.identities)
        assert "sort" in dir(status)
        assert repr(status) == "<Status unknown persistent>"
