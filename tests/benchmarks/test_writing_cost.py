"""The cost of recording and committing changes, in calls, grows no faster than their number."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.committing.planning import Changes, Creation, plan
from ftrack_orm.entities.entity import Entity
from ftrack_orm.values import Reference
from tests.assertions import existing
from tests.production import Connect, Production

SMALL_NUMBER, LARGE_NUMBER = 40, 160


def _calls(action: Callable[[], object]) -> int:
    """Return the number of calls of Python functions by *action* on this thread."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def _check_linear(make: Callable[[int], Callable[[], object]]) -> None:
    """Assert that the action that *make* returns for a number of entities costs no more per entity for more of them."""
    make(3)()  # warms up: builds classes, for example
    small, large = (_calls(make(number)) for number in (SMALL_NUMBER, LARGE_NUMBER))
    assert large * SMALL_NUMBER <= small * LARGE_NUMBER * 1.1


@pytest.fixture
def shot(session: Session, production: Production) -> Entity | None:
    shot = existing(session.get("Shot", production.shots[0]))
    session.populate(shot, "children")
    return shot


@pytest.fixture
def create_tasks(session: Session, shot: Entity) -> Callable[[int], list[Entity]]:
    """A function that creates a number of tasks on the server."""

    def make(number: int) -> list[Entity]:
        tasks = [session.create("Task", name=f"t{number}-{n}", parent=shot) for n in range(number)]
        session.commit()
        return tasks

    return make


def test_creating_under_one_parent_and_committing(session: Session, shot: Entity) -> None:
    def make(number: int) -> Callable[[], None]:
        def action() -> None:
            for n in range(number):
                session.create("Task", name=f"new{number}-{n}", parent=shot)
            session.commit()

        return action

    _check_linear(make)


@pytest.mark.parametrize("name", ["bid", "parent"])
def test_changing_and_committing(
    session: Session, production: Production, create_tasks: Callable[[int], list[Entity]], name: str
) -> None:
    value = 7 if name == "bid" else existing(session.get("Shot", production.shots[1]))

    def make(number: int) -> Callable[[], None]:
        tasks = create_tasks(number)

        def action() -> None:
            for task in tasks:
                task[name] = value
            session.commit()

        return action

    _check_linear(make)


@pytest.mark.parametrize("name", ["bid", "name", "parent_id"])
def test_one_change_costs_the_same_however_many_entities_are_known(
    connect: Connect, production: Production, create_tasks: Callable[[int], list[Entity]], name: str
) -> None:
    def calls(number: int) -> int:
        keys = [task["id"] for task in create_tasks(number)]
        reader = connect()
        query = reader.query("Task").where(reader.types.Task.id.in_(keys))
        tasks = query.select("name", "bid", "parent_id", "status_id").all()
        shots = reader.query("Shot").where(project_id=production.project).select("project_id").all()
        assert (len(tasks), len(shots)) == (number, len(production.shots))
        tasks[0][name] = {"bid": 7, "name": f"renamed{number}", "parent_id": production.shots[1]}[name]
        return _calls(reader.commit)

    calls(3)  # warms up
    # A rename or a move affects the `link` of everything below, which none of the known entities has loaded. The
    # parents, which are loaded, show that a moved task stays in its project.
    assert calls(LARGE_NUMBER) == calls(SMALL_NUMBER)


def test_adding_to_a_collection_and_removing(
    session: Session, shot: Entity, create_tasks: Callable[[int], list[Entity]]
) -> None:
    def make(number: int) -> Callable[[], None]:
        session.rollback()
        tasks = create_tasks(number)
        shot.children.clear()

        def action() -> None:
            for task in tasks:
                shot.children.append(task)
            for task in tasks[::2]:
                shot.children.remove(task)
            while shot.children:
                shot.children.pop()

        return action

    _check_linear(make)
    session.rollback()


def test_planning_cycles() -> None:
    def make(number: int) -> Callable[[], object]:
        creations = []
        for n in range(number):
            for kind, other in (("a", "b"), ("b", "a")):
                reference = Reference("Asset", (("id", f"{kind}{n}"),))
                creations.append(Creation(reference, {"id": f"{kind}{n}", "other_id": f"{other}{n}"}))
        return lambda: plan(Changes(tuple(creations)))

    _check_linear(make)
