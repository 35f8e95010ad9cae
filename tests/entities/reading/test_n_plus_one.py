"""Detecting lines of code that load an attribute for one entity after the other."""

from __future__ import annotations

import inspect as python
import warnings
from collections.abc import Callable
from types import FrameType
from typing import cast

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.reading.n_plus_one import MAX_SECONDS_BETWEEN_LOADS, NPlusOneDetector
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect, Production

HERE = __file__


def next_line() -> int:
    return cast("FrameType", cast("FrameType", python.currentframe()).f_back).f_lineno + 1


@pytest.fixture
def watched(connect: Connect) -> Session:
    session = connect(n_plus_one="raise")
    session.server_information  # noqa: B018 - makes the handshake, which tests do not count
    return session


def tasks_loaded_singly(session: Session, production: Production) -> list[Entity]:
    """Return tasks that are not peers, so that a missing value is loaded for each of them separately."""
    with session.fetching("peers"):
        return [existing(session.get("Task", key)) for key in production.tasks]


def test_the_third_load_from_one_line_is_refused_before_it_is_made(watched: Session, production: Production) -> None:
    tasks = tasks_loaded_singly(watched, production)
    seen = []
    with requests_made(watched) as made, pytest.raises(errors.LazyLoadError) as caught:
        for task in tasks:
            line = next_line()
            seen.append(task.status.name)
    assert (len(seen), made.count) == (2, 2)
    error = caught.value
    assert (error.file, error.line, error.entity_type, error.attribute) == (HERE, line, "Task", "status")
    assert ".select(Task.status.name)" in str(error)
    assert 'session.populate(entities, "status.name")' in str(error)
    assert f"test_n_plus_one.py:{line}" in str(error)


@pytest.mark.parametrize("advice", ["select", "populate"])
def test_the_advice_helps(watched: Session, production: Production, advice: str) -> None:
    if advice == "select":
        tasks = [
            watched.query("Task").where(id=key).select(watched.types.Task.status.name).one() for key in production.tasks
        ]
    else:
        tasks = tasks_loaded_singly(watched, production)
        watched.populate(tasks, "status.name")
    with requests_made(watched) as made:
        assert {task.status.name for task in tasks} == {"Not started"}
    assert made == 0


@pytest.mark.parametrize(
    ("entity_type", "attribute", "path"),
    [("Task", "bid", "bid"), ("Task", "metadata", "metadata"), ("Shot", "children", "children.name")],
)
def test_the_advised_projection_loads_the_attribute(
    watched: Session, production: Production, entity_type: str, attribute: str, path: str
) -> None:
    keys = production.tasks if entity_type == "Task" else production.shots
    entities = [existing(watched.get(entity_type, key)) for key in keys]
    with pytest.raises(errors.LazyLoadError) as caught, watched.fetching("one"):
        for entity in entities:
            repr(entity[attribute] == [])  # a collection is loaded when it is looked at
    assert f".select({entity_type}.{path})" in str(caught.value)
    watched.query(entity_type).select(path)  # a query accepts it


def test_a_loop_over_one_result_is_not_reported(watched: Session, production: Production) -> None:
    tasks = watched.query("Task").where(project_id=production.project).all()
    assert {task.parent.parent.name for task in tasks} == {"sq0", "sq1"}
    assert {task.status.name for task in tasks} == {"Not started"}


def test_different_lines_and_different_attributes_are_counted_apart(watched: Session, production: Production) -> None:
    first, second = tasks_loaded_singly(watched, production)[:2]
    with watched.fetching("one"):
        for task in (first, second):
            assert task.status
            assert task.type
            assert task.priority
        for task in (first, second):
            assert len(task.metadata) == len(task.notes) == 0


def test_a_warning_is_given_once_for_a_line_and_names_it(connect: Connect, production: Production) -> None:
    session = connect(n_plus_one="warn")
    tasks = tasks_loaded_singly(session, production)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for task in tasks[:6]:
            line = next_line()
            assert task.status.name
    (warning,) = caught
    assert warning.category is errors.LazyLoadWarning
    assert (warning.filename, warning.lineno) == (HERE, line)


def test_nothing_is_reported_by_default(session: Session, production: Production) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert {task.status.name for task in tasks_loaded_singly(session, production)} == {"Not started"}


def test_an_unknown_reaction_is_refused(connect: Connect) -> None:
    with pytest.raises(errors.SettingsError, match="n_plus_one must be 'warn', 'raise' or None, not 'shout'"):
        connect(n_plus_one="shout")


@pytest.fixture
def note(session: Session, production: Production) -> Callable[..., None]:
    """A function that notes a load from one line, *after* seconds since the last and for *together* entities."""
    task = existing(session.get("Task", production.tasks[0]))
    now = [0.0]
    detector = NPlusOneDetector(refuse=True, clock=lambda: now[0])

    def note_load(*, after: float = 0.0, together: int = 1) -> None:
        now[0] += after
        detector.note(task, task.__schema__.attribute("bid"), together)

    return note_load


def test_loads_that_are_far_apart_are_not_a_loop(note: Callable[..., None]) -> None:
    for _ in range(10):
        note(after=MAX_SECONDS_BETWEEN_LOADS + 1)
    note()
    with pytest.raises(errors.LazyLoadError, match="request number 3"):
        note()


def test_loads_for_many_entities_are_batches(note: Callable[..., None]) -> None:
    for _ in range(10):
        note(together=500)
