"""Threads of a session that make the same request at the same time share it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from ftrack_orm import Session, errors
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.fakes.transports import ForwardingTransport, InterferingTransport
from tests.production import Connect, Production

WAIT_SECONDS = 60
THREADS = 8


class DelayedTransport(ForwardingTransport):
    """Holds read requests back until *waiting* threads have joined one, or there is nothing to wait for."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self.joined = threading.Semaphore(0)
        self.waiting = 0
        self.fails = False

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        waiting, self.waiting = self.waiting, 0
        for _ in range(waiting):
            assert self.joined.acquire(timeout=WAIT_SECONDS)
        if self.fails:
            raise errors.TransportError("The connection was lost.", safe_to_retry=True)
        return super().send(request, cancellation)


@pytest.fixture
def delayed(box: Sandbox) -> DelayedTransport:
    return DelayedTransport(box)


@pytest.fixture
def session(fresh: Session) -> Session:
    """A session after its handshake."""
    fresh.server_information  # noqa: B018
    return fresh


@pytest.fixture
def fresh(connect: Connect, delayed: DelayedTransport, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session that has made no request, and whose schema is cached."""
    connect().server_information  # noqa: B018
    session = connect(transport=delayed)
    shared = session._parts.channel.shared_requests
    send_or_join = shared.send_or_join

    def noting_join(*arguments: Any, **options: Any) -> Any:
        return send_or_join(*arguments, **{**options, "on_joined": delayed.joined.release})

    monkeypatch.setattr(shared, "send_or_join", noting_join)
    yield session
    delayed.waiting = 0


def on_threads(work: Callable[[], Any], delayed: DelayedTransport) -> list[Any]:
    """Return the results of *work* on `THREADS` threads, all of which ask before the first response arrives."""
    delayed.waiting = THREADS - 1
    with ThreadPoolExecutor(THREADS) as pool:
        return [each.result(WAIT_SECONDS) for each in [pool.submit(work) for _ in range(THREADS)]]


def test_the_same_query_of_eight_threads_is_one_request(
    session: Session, delayed: DelayedTransport, production: Production
) -> None:
    query = session.query("Task").where(project_id=production.project).order_by("name").select("name", "status.name")
    with requests_made(session) == 1:
        results = on_threads(query.all, delayed)
    assert all(result == results[0] for result in results)
    assert [task.id for task in results[0]] == production.tasks


def test_the_first_query_of_a_session_is_one_request_with_its_handshake(
    fresh: Session, delayed: DelayedTransport, production: Production
) -> None:
    query = fresh.query("Task").where(project_id=production.project).order_by("name")
    with requests_made(fresh) == 1:
        results = on_threads(query.all, delayed)
        assert fresh.server_information["version"]
    assert all(result == results[0] for result in results)


def test_counts_plain_rows_and_single_entities_are_shared_too(
    session: Session, delayed: DelayedTransport, production: Production
) -> None:
    tasks = session.query("Task").where(project_id=production.project)
    with requests_made(session) == 1:
        assert on_threads(tasks.count, delayed) == [12] * THREADS
    with requests_made(session) == 1:
        assert {len(rows) for rows in on_threads(lambda: list(tasks.dicts()), delayed)} == {12}
    with requests_made(session) == 1:
        assert len(set(on_threads(lambda: session.get("Task", production.tasks[0]), delayed))) == 1


def test_raw_calls_are_requests_of_their_own(session: Session, delayed: DelayedTransport) -> None:
    with requests_made(session) == THREADS, ThreadPoolExecutor(THREADS) as pool:
        for each in [pool.submit(session.call, [{"action": "query", "expression": "User"}]) for _ in range(THREADS)]:
            each.result(WAIT_SECONDS)


def test_each_thread_gets_the_error(session: Session, delayed: DelayedTransport, production: Production) -> None:
    delayed.fails = True
    query = session.query("Task").where(project_id=production.project)

    def caught() -> BaseException | None:
        try:
            query.all()
        except errors.TransportError as error:
            return error
        return None

    with requests_made(session) == 1:
        raised = on_threads(caught, delayed)
    assert {str(error) for error in raised} == {"The connection was lost."}
    assert len({id(error) for error in raised}) == THREADS


def test_a_thread_that_reads_after_a_commit_sees_its_effect(
    connect: Connect, box: Sandbox, production: Production
) -> None:
    answered, committed = threading.Event(), threading.Event()

    class Late(ForwardingTransport):
        """Delays the response to a query until a change was committed on another thread."""

        def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
            response = super().send(request, cancellation)
            if not answered.is_set() and b"bid < 1" in request.body:  # type: ignore[operator]
                answered.set()
                assert committed.wait(WAIT_SECONDS)
            return response

    session, writer = connect(transport=Late(box)), connect()
    session.server_information  # noqa: B018 - the handshake
    query = session.query("Task").where(project_id=production.project).where("bid < 1")
    with ThreadPoolExecutor(1) as pool:
        early_rows = pool.submit(lambda: len(list(query.dicts())))
        assert answered.wait(WAIT_SECONDS)
        task = writer.get("Task", production.tasks[5])
        assert task is not None
        task.bid = 0
        writer.commit()
        assert len(list(query.dicts())) == 2
        committed.set()
        assert early_rows.result(WAIT_SECONDS) == 1


@pytest.mark.parametrize("name", ["refresh", "expire"])
def test_a_refresh_does_not_join_a_request_under_way(
    connect: Connect, box: Sandbox, production: Production, name: str
) -> None:
    # Another process has changed the task and said so by other means, such as a queue.
    transport = InterferingTransport(box)
    session = connect(transport=transport)
    task: Any = session.query("Task").where(id=production.tasks[0]).select("bid").one()
    update = {"action": "update", "entity_type": "Task", "entity_key": [task.id], "entity_data": {"bid": 77}}
    headers = {"ftrack-user": box.api_user, "ftrack-api-key": box.api_key}

    def read_again() -> float:
        getattr(session, name)(task, "bid")
        return float(task.bid)

    def change_elsewhere() -> None:
        requests.post(f"{box.url}/api", json=[update], headers=headers, timeout=WAIT_SECONDS).raise_for_status()
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(read_again).result(WAIT_SECONDS) == 77

    transport.meanwhile_once(change_elsewhere)
    with requests_made(session) == 2:
        session.refresh(task, "bid")
