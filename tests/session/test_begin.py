"""Units of work: the edits that a `begin()` block commits and takes back, and two units that set one attribute."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import greenlet  # type: ignore[import-untyped]  # it has no annotations
import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from tests.assertions import existing
from tests.entities.planned_operations import planned_operations
from tests.production import Connect, Production


class Failure(Exception):
    """Raised in a block to have it rolled back."""


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    task: Entity = session.query("Task").where(id=production.tasks[0]).select("name", "bid", "scopes").one()
    return task


class Flow:
    """A thread in a block of its own, which runs the functions that a test gives it."""

    def __init__(self, session: Session) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._block = session.begin()
        self.run(self._block.__enter__)

    def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        if not hasattr(self, "_context"):
            self._context = self._pool.submit(contextvars.copy_context).result()
        return self._pool.submit(self._context.run, work, *arguments).result()

    def commit(self) -> None:
        self.run(self._block.__exit__, None, None, None)

    def fail(self) -> None:
        assert not self.run(self._block.__exit__, Failure, Failure(), None)


def set_value(entity: Entity, name: str, value: Any) -> None:
    setattr(entity, name, value)


def test_a_block_commits_its_own_edits_only(session: Session, other: Session, task: Entity) -> None:
    task.bid = 7
    with session.begin():
        task.name = "from the block"
        assert [operation.data for operation in planned_operations(session)] == [{"name": "from the block"}]
    seen = existing(other.get("Task", task.id))
    assert (seen.name, seen.bid) == ("from the block", 0)
    assert [operation.data for operation in planned_operations(session)] == [{"bid": 7}]


def test_edits_made_before_a_failing_block_survive_it(session: Session, task: Entity) -> None:
    task.bid, name = 7, task.name
    with pytest.raises(Failure), session.begin():
        task.bid = 8
        task.name = "from the block"
        session.create("Task", name="new", parent_id=task.parent_id)
        raise Failure
    assert (task.bid, task.name, session.created) == (7, name, [])
    assert [operation.data for operation in planned_operations(session)] == [{"bid": 7}]


def test_a_nested_block_is_a_savepoint(session: Session, other: Session, task: Entity) -> None:
    with session.begin():
        task.bid = 1
        with session.begin():
            task.name = "nested"
        with pytest.raises(Failure), session.begin():
            task.bid = 2
            raise Failure
        assert task.bid == 1
        assert existing(other.get("Task", task.id)).name == "task00"
    other.refresh(existing(other.get("Task", task.id)))
    assert (existing(other.get("Task", task.id)).name, existing(other.get("Task", task.id)).bid) == ("nested", 1)


def test_a_refused_block_leaves_no_edits(session: Session, task: Entity) -> None:
    with pytest.raises(errors.ServerError), session.begin():
        task.name = "refused"
        session.create("Task", name="orphan", parent_id="no such parent")
    assert (task.name, session.plan()) == ("task00", [])
    with session.begin():
        task.name = "accepted"
    assert task.name == "accepted"


def test_units_that_set_the_same_attribute_do_not_disturb_each_other(
    session: Session, connect: Connect, task: Entity
) -> None:
    first, second = Flow(session), Flow(session)
    first.run(set_value, task, "name", "first")
    second.run(set_value, task, "name", "second")
    assert task.name == "second"
    second.fail()
    assert task.name == "first"
    third = Flow(session)
    third.run(set_value, task, "name", "third")
    first.commit()
    assert task.name == "third"
    assert existing(connect().get("Task", task.id)).name == "first"
    third.commit()
    assert existing(connect().get("Task", task.id)).name == task.name == "third"


@pytest.mark.parametrize("name", ["name", "status", "metadata"])
def test_a_commit_that_checks_for_conflicts_reports_the_values_that_another_unit_has_committed(
    session: Session, connect: Connect, task: Any, name: str
) -> None:
    first_status, second_status = session.query("Status").where(session.types.Status.id != task.status.id).limit(2)
    values: dict[str, Any] = {"name": ("first", "second"), "status": (first_status, second_status)}
    values["metadata"] = ({"key": "first"}, {"key": "second"})
    task.metadata["key"] = "before"
    session.commit()
    first, second, third = Flow(session), Flow(session), Flow(session)
    for flow, value in zip((first, second), values[name], strict=True):
        flow.run(set_value, task, name, value)
    first.commit()
    third.run(set_value, task, name, values[name][0])
    third.run(set_value, task, "bid", 7)
    with pytest.raises(errors.CommitConflict) as caught:
        second.run(lambda: session.commit(on_conflict="raise"))
    assert caught.value.attribute == {"status": "status_id"}.get(name, name)
    assert len(caught.value.conflicts) == 1
    # Nothing has changed since the third unit has set its values.
    third.run(lambda: session.commit(on_conflict="raise"))
    third.commit()
    second.commit()
    assert getattr(task, name) == values[name][1]
    fresh = existing(connect().get("Task", task.id))
    shown = fresh.status.id if name == "status" else fresh[name]
    assert shown == (second_status.id if name == "status" else values[name][1])


def test_the_original_is_shown_when_all_units_are_taken_back(session: Session, task: Entity) -> None:
    flows = [Flow(session) for _ in range(3)]
    for number, flow in enumerate(flows):
        flow.run(set_value, task, "name", f"flow {number}")
    for flow in flows:
        flow.fail()
    assert (task.name, session.plan()) == ("task00", [])


def test_edits_of_collections_and_mappings_add_up(session: Session, connect: Connect, task: Entity) -> None:
    scopes = [session.create("Scope", name=f"scope {number}") for number in range(3)]
    session.commit()
    flows = [Flow(session) for _ in scopes]
    for number, (flow, scope) in enumerate(zip(flows, scopes, strict=True)):
        flow.run(task.scopes.append, scope)
        flow.run(task.metadata.__setitem__, str(number), "x")
    assert set(task.scopes) == set(scopes)
    assert dict(task.metadata) == {"0": "x", "1": "x", "2": "x"}
    flows[0].commit()
    flows[1].fail()
    assert set(task.scopes) == {scopes[0], scopes[2]}
    assert dict(task.metadata) == {"0": "x", "2": "x"}
    flows[2].commit()
    seen = existing(connect().get("Task", task.id))
    assert {scope.id for scope in seen.scopes} == {scopes[0].id, scopes[2].id}
    assert dict(seen.metadata) == dict(task.metadata) == {"0": "x", "2": "x"}


def test_asynchronous_tasks_are_flows(session: Session, connect: Connect, production: Production) -> None:
    tasks = [existing(session.get("Task", key)) for key in production.tasks[:6]]
    _ = [task.name for task in tasks]

    async def work(number: int) -> None:
        with session.begin():
            tasks[number].name = f"async {number}"
            await asyncio.sleep(0)
            if number % 2:
                raise Failure

    async def run() -> list[Any]:
        return await asyncio.gather(*map(work, range(6)), return_exceptions=True)

    results = asyncio.run(run())
    assert [isinstance(result, Failure) for result in results] == [False, True] * 3
    expected = [f"task{number:02}" if number % 2 else f"async {number}" for number in range(6)]
    assert [task.name for task in tasks] == expected
    fresh = connect()
    assert [existing(fresh.get("Task", task.id)).name for task in tasks] == expected


def test_greenlets_are_flows(session: Session, connect: Connect, production: Production) -> None:
    tasks = [existing(session.get("Task", id_)) for id_ in production.tasks[:6]]
    planned: list[list[str]] = []

    def work(number: int) -> None:
        with session.begin():
            tasks[number].name = f"greenlet {number}"
            back.switch()
            planned.append([operation.data["name"] for operation in planned_operations(session)])
            if number % 2:
                raise Failure

    back = greenlet.getcurrent()
    flows = [greenlet.greenlet(work) for _ in tasks]
    for number, flow in enumerate(flows):
        flow.switch(number)
    for number, flow in enumerate(flows):
        if number % 2:
            with pytest.raises(Failure):
                flow.switch()
        else:
            flow.switch()
    assert planned == [[f"greenlet {number}"] for number in range(6)]
    expected = [f"task{number:02}" if number % 2 else f"greenlet {number}" for number in range(6)]
    assert [task.name for task in tasks] == expected
    fresh = connect()
    assert [existing(fresh.get("Task", task.id)).name for task in tasks] == expected


def test_processes_that_ensure_the_same_entity_create_it_once(connect: Connect, production: Production) -> None:
    sessions = [connect() for _ in range(6)]
    for each in sessions:
        _ = each.server_information
    start = threading.Barrier(len(sessions))

    def ensure(each: Session) -> str:
        start.wait()
        key: str = each.ensure("Shot", {"name": "ensured", "parent_id": production.sequences[0]}, commit=True).id
        return key

    with ThreadPoolExecutor(len(sessions)) as pool:
        keys = set(pool.map(ensure, sessions))
    assert len(keys) == 1


def test_processes_that_ensure_many_of_the_same_entities_create_each_once(
    connect: Connect, production: Production
) -> None:
    sessions = [connect() for _ in range(6)]
    for each in sessions:
        _ = each.server_information
    start = threading.Barrier(len(sessions))
    names = [f"ensured{number}" for number in range(4)]

    def ensure(number: int) -> set[str]:
        # Half of the entities of a process are those of the next one too.
        chosen = [names[(number + n) % len(names)] for n in range(3)]
        start.wait()
        data = [{"name": name, "parent_id": production.sequences[0]} for name in chosen]
        return {shot.id for shot in sessions[number].ensure_many("Shot", data, commit=True)}

    with ThreadPoolExecutor(len(sessions)) as pool:
        keys = set().union(*pool.map(ensure, range(len(sessions))))
    assert len(keys) == len(names)
    shots = connect().query("Shot").where(parent_id=production.sequences[0]).select("name")
    assert {shot.id for shot in shots if shot.name in names} == keys


def test_appending_moves_an_entity_between_the_collections_of_both_parents(
    session: Session, production: Production
) -> None:
    first, second = (existing(session.get("Shot", key)) for key in production.shots[:2])
    moved = first.children[0]
    count = len(second.children)
    second.children.append(moved)
    assert moved not in first.children
    assert (len(second.children), moved.parent) == (count + 1, second)
    assert [operation.data for operation in planned_operations(session)] == [{"parent_id": second.id}]
