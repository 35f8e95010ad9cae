"""What recording and committing changes costs grows with their number and no faster: counted in calls, not seconds."""

import sys

import pytest

from ftrack_orm.entities.committing.planning import Changes, Creation, plan
from ftrack_orm.values import Reference

FEW, MANY = 40, 160


def _calls(action):
    """Return how many Python functions *action* calls on this thread."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def _grows_no_faster(make):
    """Assert that the action *make* gives for a number of entities calls at most as many functions for each of more."""
    make(3)()  # what is done once for all, such as building classes
    few, many = (_calls(make(number)) for number in (FEW, MANY))
    assert many * FEW <= few * MANY * 1.1


@pytest.fixture
def shot(session, production):
    shot = session.get("Shot", production.shots[0])
    session.populate(shot, "children")
    return shot


@pytest.fixture
def made(session, shot):
    """Make a number of tasks that the server has."""

    def make(number):
        tasks = [session.create("Task", name=f"t{number}-{n}", parent=shot) for n in range(number)]
        session.commit()
        return tasks

    return make


def test_creating_under_one_parent_and_committing(session, shot):
    def make(number):
        def action():
            for n in range(number):
                session.create("Task", name=f"new{number}-{n}", parent=shot)
            session.commit()

        return action

    _grows_no_faster(make)


@pytest.mark.parametrize("name", ["bid", "parent"])
def test_changing_and_committing(session, production, made, name):
    value = 7 if name == "bid" else session.get("Shot", production.shots[1])

    def make(number):
        tasks = made(number)

        def action():
            for task in tasks:
                task[name] = value
            session.commit()

        return action

    _grows_no_faster(make)


def test_putting_into_a_collection_and_taking_out(session, shot, made):
    def make(number):
        session.rollback()
        tasks = made(number)
        shot.children.clear()

        def action():
            for task in tasks:
                shot.children.append(task)
            for task in tasks[::2]:
                shot.children.remove(task)
            while shot.children:
                shot.children.pop()

        return action

    _grows_no_faster(make)
    session.rollback()


def test_planning_circles():
    def make(number):
        creations = []
        for n in range(number):
            for kind, other in (("a", "b"), ("b", "a")):
                reference = Reference("Asset", (("id", f"{kind}{n}"),))
                creations.append(Creation(reference, {"id": f"{kind}{n}", "other_id": f"{other}{n}"}))
        return lambda: plan(Changes(tuple(creations)))

    _grows_no_faster(make)
