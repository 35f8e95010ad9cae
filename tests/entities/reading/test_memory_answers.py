"""Queries that prefer memory are answered at once and refreshed in the background."""

from __future__ import annotations

import logging
import logging.handlers
import pickle
import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.query.builder import Query
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.assertions import existing
from tests.fakes.transports import ForwardingTransport
from tests.production import Connect, Production

WAIT_SECONDS = 60


class Gate(ForwardingTransport):
    """Holds requests back until it is opened, and can fail them."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self.opened = threading.Event()
        self.opened.set()
        self.fails = False
        self.requests = 0

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        assert self.opened.wait(WAIT_SECONDS)
        self.requests += 1
        if self.fails:
            raise errors.TransportError("The connection was lost.", safe_to_retry=True)
        return super().send(request, cancellation)


class Refreshed:
    """Receives the results of refreshes."""

    def __init__(self) -> None:
        self.results: list[list[Entity]] = []
        self._arrived = threading.Semaphore(0)

    def __call__(self, result: list[Entity]) -> None:
        self.results.append(result)
        self._arrived.release()

    def wait(self) -> list[Entity]:
        """Return the result of the next refresh."""
        assert self._arrived.acquire(timeout=WAIT_SECONDS)
        return self.results[-1]


@pytest.fixture
def gate(box: Sandbox) -> Iterator[Gate]:
    gate = Gate(box)
    yield gate
    gate.opened.set()


@pytest.fixture
def gated(connect: Connect, gate: Gate) -> Session:
    return connect(transport=gate)


def tasks_of(session: Session, production: Production) -> Query[Any]:
    return (
        session.query("Task").where(project_id=production.project).order_by("name").select("name", "bid", "project_id")
    )


def test_loaded_entities_answer_while_the_server_has_not(gated: Session, gate: Gate, production: Production) -> None:
    tasks = tasks_of(gated, production).all()
    gate.opened.clear()
    refreshed = Refreshed()
    large = tasks_of(gated, production).where("bid >= 9").prefer("memory", refreshed)
    assert large.all() == tasks[9:]
    silent = large.prefer("memory")
    assert silent.first() == tasks[9]
    assert (silent.count(), silent.exists()) == (3, True)
    gate.opened.set()
    assert refreshed.wait() == tasks[9:]


def test_the_last_result_answers_and_a_refresh_brings_the_changes_of_others(
    gated: Session, other: Session, production: Production
) -> None:
    refreshed = Refreshed()
    query = tasks_of(gated, production).where("bid < 2").prefer("memory", refreshed)
    first, second = query.all()  # memory has none: the server is asked and waited for
    assert refreshed.results == []
    existing(other.get("Task", first.id)).bid = 5
    added = other.create("Task", name="task99", parent_id=production.shots[0], bid=1)
    other.commit()
    assert query.all() == [first, second]
    assert [task.id for task in refreshed.wait()] == [second.id, added.id]
    assert first.bid == 0  # it is in no row of the refreshed result
    assert [task.id for task in query] == [second.id, added.id]
    refreshed.wait()


def test_without_a_match_in_memory_the_server_is_asked(gated: Session, production: Production) -> None:
    tasks_of(gated, production).where("bid < 2").all()
    with requests_made(gated) == 1:
        assert len(tasks_of(gated, production).where("bid > 8").prefer("memory").all()) == 3


def test_an_empty_result_is_remembered(gated: Session, production: Production) -> None:
    refreshed = Refreshed()
    query = tasks_of(gated, production).where("bid > 100").prefer("memory", refreshed)
    assert query.all() == []
    assert query.all() == []
    assert refreshed.wait() == []


def test_values_that_are_known_to_have_changed_decide(gated: Session, production: Production) -> None:
    refreshed = Refreshed()
    query = tasks_of(gated, production).where("bid < 3").prefer("memory", refreshed)
    tasks = query.all()
    tasks[0].bid = 50  # not saved: the server would still find it
    assert query.all() == tasks
    refreshed.wait()
    gated.commit()
    added = gated.create("Task", name="task98", parent_id=production.shots[0], project_id=production.project, bid=2)
    gated.delete(tasks[1])
    gated.commit()
    assert query.all() == [tasks[2], added]
    assert refreshed.wait() == [tasks[2], added]


def test_a_limit_applies_to_the_answer_of_memory(gated: Session, production: Production) -> None:
    tasks = tasks_of(gated, production).all()
    assert tasks_of(gated, production).limit(2).prefer("memory").all() == tasks[:2]


def test_searches_subqueries_and_offsets_are_answered_by_their_last_result(
    gated: Session, production: Production
) -> None:
    subquery = tasks_of(gated, production).where("parent_id in (select id from Shot where name is sh0)")
    for query in (subquery, tasks_of(gated, production).offset(10), tasks_of(gated, production).search("task01")):
        refreshed = Refreshed()
        preferring = query.prefer("memory", refreshed)
        result = preferring.all()
        assert result
        assert preferring.all() == result
        assert refreshed.wait() == result


def test_a_query_that_is_being_refreshed_is_not_sent_again(gated: Session, gate: Gate, production: Production) -> None:
    refreshed = [Refreshed(), Refreshed()]
    tasks_of(gated, production).all()
    gate.opened.clear()
    before = gate.requests
    for each in refreshed:
        tasks_of(gated, production).prefer("memory", each).all()
    gate.opened.set()
    assert all(len(each.wait()) == 12 for each in refreshed)
    assert gate.requests == before + 1


def test_a_refresh_that_fails_is_logged_and_the_next_one_may_succeed(
    gated: Session, gate: Gate, production: Production
) -> None:
    logged: queue.Queue[logging.LogRecord] = queue.Queue()
    handler = logging.handlers.QueueHandler(logged)
    logging.getLogger("ftrack_orm.entities").addHandler(handler)
    try:
        refreshed = Refreshed()
        query = tasks_of(gated, production).prefer("memory", refreshed)
        result = query.all()
        gate.fails = True
        assert query.all() == result
        assert "the last one is kept" in logged.get(timeout=WAIT_SECONDS).getMessage()
        gate.fails = False
    finally:
        logging.getLogger("ftrack_orm.entities").removeHandler(handler)
    assert refreshed.results == []
    assert query.all() == result
    assert refreshed.wait() == result


def test_several_pages_are_refreshed(gated: Session, production: Production) -> None:
    refreshed = Refreshed()
    query = tasks_of(gated, production).with_page_size(5).prefer("memory", refreshed)
    result = query.all()
    assert query.all() == result
    assert refreshed.wait() == result


def test_queries_that_are_requested_together_may_prefer_memory(gated: Session, production: Production) -> None:
    tasks = tasks_of(gated, production).all()
    first, statuses, second = gated.all(
        tasks_of(gated, production).prefer("memory"), "Status", tasks_of(gated, production).limit(1)
    )
    assert (first, second) == (tasks, tasks[:1])
    assert statuses


def test_methods_that_always_ask_the_server_say_so(gated: Session, production: Production) -> None:
    query = tasks_of(gated, production).prefer("memory")
    grouped = gated.query("Task").group_by("name").prefer("memory")
    with requests_made(gated) == 0:
        for run in (
            query.dicts,
            query.walk,
            lambda: query.rows("name"),
            query.delete,
            lambda: query.update({"bid": 1}),
            lambda: query.populate_existing().all(),
            grouped.all,
        ):
            with pytest.raises(errors.QueryError, match=r"prefer\('server'\)"):
                run()
        with pytest.raises(errors.QueryError, match="'memory' or 'server'"):
            query.prefer("disk")  # type: ignore[arg-type]  # the test passes a wrong source
        with pytest.raises(errors.QueryError, match="on_refresh"):
            query.prefer("server", print)


def test_the_preference_is_part_of_the_query(session: Session) -> None:
    query = session.query("Task")
    assert query.prefer("memory") != query
    assert query.prefer("memory").prefer("server") == query
    assert pickle.loads(pickle.dumps(query.prefer("memory", print))) == query.prefer("memory")


def test_a_closed_session_gives_no_answer(connect: Connect, production: Production) -> None:
    session = connect()
    query = tasks_of(session, production).prefer("memory")
    query.all()
    session.close()
    with pytest.raises(errors.SessionClosed):
        query.all()
