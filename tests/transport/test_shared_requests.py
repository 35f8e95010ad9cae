"""Threads that ask the same at the same time share one request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import attrs
import pytest

from ftrack_orm import errors
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.shared_requests import SharedRequests, SharedResponse, Writes

WAIT_SECONDS = 60
ANSWER = 200, b"[]"


@attrs.define
class Server:
    """Answers when it is released, and counts the requests that have reached it."""

    outcome: SharedResponse | BaseException = ANSWER
    requests: int = 0
    reached: threading.Semaphore = attrs.field(factory=lambda: threading.Semaphore(0))
    released: threading.Event = attrs.field(factory=threading.Event)
    joined: threading.Semaphore = attrs.field(factory=lambda: threading.Semaphore(0))

    def send(self) -> SharedResponse:
        self.requests += 1
        self.reached.release()
        assert self.released.wait(WAIT_SECONDS)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome

    def wait_until_joined(self, count: int) -> None:
        for _ in range(count):
            assert self.joined.acquire(timeout=WAIT_SECONDS)


@pytest.fixture
def server() -> Server:
    return Server()


def ask(
    pool: ThreadPoolExecutor,
    shared: SharedRequests,
    server: Server,
    send: Callable[[], SharedResponse] | None = None,
    cancellation: Cancellation | None = None,
) -> Future[SharedResponse]:
    """Ask on another thread."""
    return pool.submit(
        shared.send_or_join, "?", send or server.send, cancellation=cancellation, on_joined=server.joined.release
    )


def begin(pool: ThreadPoolExecutor, shared: SharedRequests, server: Server, **options: Any) -> Future[SharedResponse]:
    """Ask on another thread, and return when the request has reached the server."""
    asked = ask(pool, shared, server, **options)
    assert server.reached.acquire(timeout=WAIT_SECONDS)
    return asked


def test_eight_threads_get_the_response_to_one_request(server: Server) -> None:
    shared = SharedRequests(writes=Writes())
    with ThreadPoolExecutor(8) as pool:
        asked = [begin(pool, shared, server), *(ask(pool, shared, server) for _ in range(7))]
        server.wait_until_joined(7)
        server.released.set()
        assert [each.result(WAIT_SECONDS) for each in asked] == [ANSWER] * 8
    assert server.requests == 1


def test_other_requests_and_later_ones_are_sent_on_their_own(server: Server) -> None:
    shared = SharedRequests(writes=Writes())
    server.released.set()
    for key in ("?", "?", "another"):
        assert shared.send_or_join(key, server.send) == ANSWER
    assert server.requests == 3


def test_every_thread_gets_an_error_of_its_own(server: Server) -> None:
    shared = SharedRequests(writes=Writes())
    server.outcome = errors.TransportError("The connection was lost.", safe_to_retry=True)
    with ThreadPoolExecutor(3) as pool:
        asked = [begin(pool, shared, server), ask(pool, shared, server), ask(pool, shared, server)]
        server.wait_until_joined(2)
        server.released.set()
        raised = [each.exception(WAIT_SECONDS) for each in asked]
    assert server.requests == 1
    assert len({id(error) for error in raised}) == 3
    assert all(isinstance(error, errors.TransportError) and error.safe_to_retry for error in raised)
    assert {str(error) for error in raised} == {"The connection was lost."}


@pytest.mark.parametrize("failure", [errors.RequestCancelled("Cancelled.", safe_to_retry=True), KeyboardInterrupt()])
def test_another_thread_sends_the_request_when_the_first_one_is_stopped(server: Server, failure: BaseException) -> None:
    shared = SharedRequests(writes=Writes())
    server.outcome = failure
    second = Server()
    second.released.set()
    with ThreadPoolExecutor(2) as pool:
        stopped = begin(pool, shared, server)
        waiting = ask(pool, shared, server, send=second.send)
        server.wait_until_joined(1)
        server.released.set()
        assert stopped.exception(WAIT_SECONDS) is failure
        assert waiting.result(WAIT_SECONDS) == ANSWER
    assert (server.requests, second.requests) == (1, 1)


def test_a_thread_that_waits_for_another_one_can_be_cancelled(server: Server) -> None:
    shared = SharedRequests(writes=Writes())
    cancellation = Cancellation()
    with ThreadPoolExecutor(2) as pool:
        first = begin(pool, shared, server)
        waiting = ask(pool, shared, server, cancellation=cancellation)
        server.wait_until_joined(1)
        cancellation.cancel()
        with pytest.raises(errors.RequestCancelled):
            waiting.result(WAIT_SECONDS)
        server.released.set()
        assert first.result(WAIT_SECONDS) == ANSWER
    assert server.requests == 1


def test_a_read_after_a_write_or_a_change_notice_does_not_join_an_earlier_request(server: Server) -> None:
    writes, revisions = Writes(), [0]
    shared = SharedRequests(lambda: revisions[-1], writes)
    later = Server()
    later.released.set()
    with ThreadPoolExecutor(1) as pool:
        first = begin(pool, shared, server)
        writes.note()
        assert shared.send_or_join("?", later.send) == ANSWER
        revisions.append(1)
        assert shared.send_or_join("?", later.send) == ANSWER
        assert later.requests == 2
        server.released.set()
        assert first.result(WAIT_SECONDS) == ANSWER


def test_the_observer_of_a_request_may_ask_the_same_again(server: Server) -> None:
    shared = SharedRequests(writes=Writes())
    server.released.set()
    assert shared.send_or_join("?", lambda: shared.send_or_join("?", server.send)) == ANSWER
    assert server.requests == 1
