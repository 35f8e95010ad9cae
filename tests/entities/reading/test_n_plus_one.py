"""Noticing a line of code that loads an attribute for one entity after the other."""

import inspect as python
import warnings

import pytest

from ftrack_orm import errors
from ftrack_orm.entities.reading.n_plus_one import MAX_SECONDS_BETWEEN_LOADS, NPlusOneDetector
from ftrack_orm.testing import requests_made

HERE = __file__


def line_below():
    return python.currentframe().f_back.f_lineno + 1


@pytest.fixture
def watched(connect):
    session = connect(n_plus_one="raise")
    session.server_information  # noqa: B018 - so that tests count their own requests only
    return session


def singly(session, production):
    """Entities that did not arrive together, so that each is loaded for itself."""
    with session.fetching("peers"):
        return [session.get("Task", key) for key in production.tasks]


def test_the_third_load_from_one_line_is_refused_before_it_is_made(watched, production):
    tasks = singly(watched, production)
    seen = []
    with requests_made(watched) as made, pytest.raises(errors.LazyLoadError) as caught:
        for task in tasks:
            where = line_below()
            seen.append(task.status.name)
    assert (len(seen), made.count) == (2, 2)
    error = caught.value
    assert (error.file, error.line, error.entity_type, error.attribute) == (HERE, where, "Task", "status")
    assert ".select(Task.status.name)" in str(error)
    assert 'session.populate(entities, "status.name")' in str(error)
    assert f"test_n_plus_one.py:{where}" in str(error)


@pytest.mark.parametrize("advice", ["select", "populate"])
def test_the_advice_helps(watched, production, advice):
    if advice == "select":
        tasks = [
            watched.query("Task").where(id=key).select(watched.types.Task.status.name).one() for key in production.tasks
        ]
    else:
        tasks = singly(watched, production)
        watched.populate(tasks, "status.name")
    with requests_made(watched) as made:
        assert {task.status.name for task in tasks} == {"Not started"}
    assert made == 0


@pytest.mark.parametrize(
    ("entity_type", "attribute", "path"),
    [("Task", "bid", "bid"), ("Task", "metadata", "metadata"), ("Shot", "children", "children.name")],
)
def test_the_projection_that_is_advised_fits_the_attribute(watched, production, entity_type, attribute, path):
    keys = production.tasks if entity_type == "Task" else production.shots
    entities = [watched.get(entity_type, key) for key in keys]
    with pytest.raises(errors.LazyLoadError) as caught, watched.fetching("one"):
        for entity in entities:
            repr(entity[attribute] == [])  # a collection is loaded when it is looked at
    assert f".select({entity_type}.{path})" in str(caught.value)
    watched.query(entity_type).select(path)  # it is one that a query takes


def test_a_loop_over_one_result_is_no_alarm(watched, production):
    tasks = watched.query("Task").where(project_id=production.project).all()
    assert {task.parent.parent.name for task in tasks} == {"sq0", "sq1"}
    assert {task.status.name for task in tasks} == {"Not started"}


def test_different_lines_and_different_attributes_are_counted_apart(watched, production):
    first, second = singly(watched, production)[:2]
    with watched.fetching("one"):
        for task in (first, second):
            assert task.status
            assert task.type
            assert task.priority
        for task in (first, second):
            assert len(task.metadata) == len(task.notes) == 0


def test_a_warning_is_given_once_for_a_line_and_names_it(connect, production):
    session = connect(n_plus_one="warn")
    tasks = singly(session, production)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for task in tasks[:6]:
            where = line_below()
            assert task.status.name
    (warning,) = caught
    assert warning.category is errors.LazyLoadWarning
    assert (warning.filename, warning.lineno) == (HERE, where)


def test_nothing_is_noticed_unless_asked_for(session, production):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert {task.status.name for task in singly(session, production)} == {"Not started"}


def test_a_reaction_there_is_not_is_refused(connect):
    with pytest.raises(errors.SettingsError, match="n_plus_one must be 'warn', 'raise' or None, not 'shout'"):
        connect(n_plus_one="shout")


@pytest.fixture
def noted(session, production):
    """A function that notes one load, after some seconds and for some entities together, always from the same line."""
    task = session.get("Task", production.tasks[0])
    now = [0.0]
    detector = NPlusOneDetector(refuse=True, clock=lambda: now[0])

    def note(*, after=0.0, together=1):
        now[0] += after
        detector.note(task, task.__schema__.attribute("bid"), together)

    return note


def test_loads_that_are_far_apart_are_no_loop(noted):
    for _ in range(10):
        noted(after=MAX_SECONDS_BETWEEN_LOADS + 1)
    noted()
    with pytest.raises(errors.LazyLoadError, match="request number 3"):
        noted()


def test_loads_for_many_entities_are_batching_at_work(noted):
    for _ in range(10):
        noted(together=500)
