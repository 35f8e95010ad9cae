"""Limits of requests: how many begin in a second and how many are under way, in the order of arrival, none dropped."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm.errors import RequestCancelled, TransportError
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.transport.request_limiter import RequestLimiter
from tests.property_settings import examples

from .scripted_server import ScriptedServer, read_request, respond

#: Seconds that a test waits for another thread before it fails.
TIMEOUT = 30


class Clock:
    """A clock that stands still, except that waiting moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float, cancellation: Cancellation | None) -> None:
        self.now += seconds


def starts_of(limiter: RequestLimiter, clock: Clock, pauses: list[float]) -> list[float]:
    """Return the times at which requests begin that arrive with *pauses* between them."""
    starts = []
    for pause in pauses:
        clock.now += pause
        with limiter.request():
            starts.append(clock.now)
    return starts


@settings(max_examples=examples(60, 1_000))
@given(
    st.sampled_from([0.01, 0.3, 0.5, 1, 1.5, 2, 2.5, 3, 10, 100, 2500]),
    st.lists(st.floats(0, 3) | st.just(0.0), min_size=1, max_size=60),
)
def test_no_second_has_more_requests_than_the_limit_and_none_waits_longer_than_needed(
    per_second: float, pauses: list[float]
) -> None:
    clock = Clock()
    starts = starts_of(RequestLimiter(per_second, None, wait=clock.wait, clock=clock), clock, pauses)
    assert len(starts) == len(pauses)
    window = max(1.0, 1 / per_second)
    for start in starts:
        inside = [other for other in starts if start <= other < start + window - 1e-6]
        assert len(inside) <= math.ceil(per_second * window)
    burst = int(per_second) if per_second == int(per_second) else 1
    assert starts[:burst] == sorted(starts[:burst])
    # The first ones, up to the limit, do not wait at all.
    assert starts[: min(burst, len(starts))] == [
        pytest.approx(1000.0 + sum(pauses[: number + 1])) for number in range(min(burst, len(starts)))
    ]


def test_threads_that_arrive_together_begin_one_after_the_other() -> None:
    delays: list[float] = []
    limiter = RequestLimiter(2, None, wait=lambda seconds, cancellation: delays.append(seconds), clock=lambda: 5.0)

    def request(_: int) -> None:
        with limiter.request():
            pass

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(request, range(8)))
    assert sorted(delays) == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]


def test_at_most_the_limit_is_under_way_and_the_next_one_is_the_one_that_came_first() -> None:
    limiter = RequestLimiter(None, 2, wait=lambda seconds, cancellation: None)
    order: list[int] = []
    under_way = largest = 0
    lock = threading.Lock()
    release = threading.Event()
    threads = []

    def request(number: int) -> None:
        nonlocal under_way, largest
        with limiter.request():
            with lock:
                order.append(number)
                under_way += 1
                largest = max(largest, under_way)
            assert release.wait(TIMEOUT)
            with lock:
                under_way -= 1

    for number in range(6):
        threads.append(threading.Thread(target=request, args=(number,)))
        threads[-1].start()
        # The next one comes when this one has entered or waits.
        _until(lambda expected=number + 1: len(order) + len(limiter._waiting) == expected)  # type: ignore[misc]
    assert order == [0, 1]
    release.set()
    for thread in threads:
        thread.join(TIMEOUT)
    assert (sorted(order), largest) == (list(range(6)), 2)
    assert limiter._in_flight == 0


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(200_000):
        if condition():
            return
        time.sleep(0)  # lets other threads run
    raise AssertionError("the condition was not met")


def test_a_request_that_waits_can_be_cancelled_and_the_others_go_on() -> None:
    limiter = RequestLimiter(None, 1, wait=lambda seconds, cancellation: None)
    cancellation = Cancellation()
    outcome: list[object] = []

    def request() -> None:
        try:
            with limiter.request(cancellation):
                outcome.append("sent")
        except RequestCancelled as error:
            outcome.append(error)

    with limiter.request():
        thread = threading.Thread(target=request)
        thread.start()
        _until(lambda: bool(limiter._waiting))
        cancellation.cancel()
        thread.join(TIMEOUT)
    (error,) = outcome
    assert isinstance(error, RequestCancelled)
    assert error.safe_to_retry
    with limiter.request():
        assert limiter._in_flight == 1


def test_a_cancelled_wait_for_the_rate_sends_nothing_and_frees_its_place() -> None:
    cancellation = Cancellation()
    limiter = RequestLimiter(1, 1, wait=lambda seconds, cancelled: cancellation.cancel(), clock=lambda: 5.0)
    with limiter.request():
        pass
    with pytest.raises(RequestCancelled), limiter.request(cancellation):
        pytest.fail("the request was sent")
    assert limiter._in_flight == 0


@settings(max_examples=examples(10, 150), deadline=None)
@given(st.integers(1, 3), st.lists(st.sampled_from(["send", "fail", "cancel"]), min_size=1, max_size=12))
def test_whatever_becomes_of_requests_none_is_lost_and_all_places_are_free_in_the_end(
    limit: int, fates: list[str]
) -> None:
    limiter = RequestLimiter(None, limit, wait=lambda seconds, cancellation: None)
    outcomes: list[str] = []
    lock = threading.Lock()
    under_way = 0

    def request(fate: str) -> None:
        nonlocal under_way
        cancellation = Cancellation()
        canceller = threading.Thread(target=cancellation.cancel)
        if fate == "cancel":
            canceller.start()
        try:
            with limiter.request(cancellation):
                with lock:
                    under_way += 1
                    assert under_way <= limit
                    under_way -= 1
                if fate == "fail":
                    raise TransportError("The connection was lost.")
            outcomes.append("sent")
        except (RequestCancelled, TransportError) as error:
            outcomes.append(type(error).__name__)
        if fate == "cancel":
            canceller.join()

    threads = [threading.Thread(target=request, args=(fate,)) for fate in fates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert len(outcomes) == len(fates)
    assert outcomes.count("TransportError") == fates.count("fail")
    assert limiter._in_flight == 0
    assert not limiter._waiting


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX systems")
def test_a_forked_process_does_not_wait_for_the_requests_of_its_parent() -> None:
    limiter = RequestLimiter(None, 1, wait=lambda seconds, cancellation: None)
    with limiter.request():
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with limiter.request():
                    status = 0
            finally:
                os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


# -- over HTTP --------------------------------------------------------------------------------------------------------


@pytest.fixture
def make_limited(make_settings: Callable[..., Any]) -> Callable[..., HttpTransport]:
    """Return a transport with limits and the given clock."""

    def make(clock: Clock, **changes: Any) -> HttpTransport:
        return HttpTransport(make_settings(**changes), wait=clock.wait, clock=clock)

    return make


def test_retries_count_and_files_do_not(server: ScriptedServer, make_limited: Callable[..., HttpTransport]) -> None:
    clock = Clock()
    transport = make_limited(clock, max_requests_per_second=1)
    server.script = [respond(b"busy", "503 Busy", retry_after="0"), respond(b"[]")]
    transport.send(read_request(server.url))
    assert clock.now == 1001.0
    file = attrs.evolve(read_request(server.url), url=f"{server.url}/component/get", stream=True)
    for _ in range(3):
        transport.send(file).read()
    assert clock.now == 1001.0
    transport.send(read_request(server.url))
    assert clock.now == 1002.0
    transport.close()


def test_waiting_for_other_requests_does_not_count_as_time_of_the_request(
    server: ScriptedServer, make_limited: Callable[..., HttpTransport]
) -> None:
    clock = Clock()
    transport = make_limited(clock, max_requests_per_second=0.01, timeout=1, total_timeout=2, retries=3)
    transport.send(read_request(server.url, total_timeout=2.0))
    server.script = [respond(b"busy", "503 Busy", retry_after="0"), respond(b"[1]")]
    assert transport.send(read_request(server.url, total_timeout=2.0)).read() == b"[1]"
    assert clock.now == 1200.0
    transport.close()


def test_the_number_of_requests_at_the_server_stays_within_the_limit(
    server: ScriptedServer, make_limited: Callable[..., HttpTransport]
) -> None:
    transport = make_limited(Clock(), max_requests_in_flight=2)
    lock = threading.Lock()
    largest = count = 0
    gate = threading.Semaphore(0)

    def step(connection: Any) -> bool:
        nonlocal largest, count
        with lock:
            count += 1
            largest = max(largest, count)
        assert gate.acquire(timeout=TIMEOUT)
        with lock:
            count -= 1
        return respond(b"[]")(connection)

    server.script = [step]
    with ThreadPoolExecutor(6) as executor:
        futures = [executor.submit(transport.send, read_request(server.url)) for _ in range(6)]
        for _ in futures:
            assert server.arrived.acquire(timeout=TIMEOUT)
            gate.release()
        assert [future.result(TIMEOUT).read() for future in futures] == [b"[]"] * 6
    assert largest <= 2
    transport.close()
