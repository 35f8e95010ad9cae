"""Jobs run on several threads, until one fails or they are cancelled."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator

import pytest

from ftrack_orm.errors import RequestCancelled, SessionClosed
from ftrack_orm.storage.parallel import JobGroup
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.thread_pool import DaemonThreadPool

from .conftest import BusyPool


@pytest.fixture
def pool() -> Iterator[DaemonThreadPool]:
    pool = DaemonThreadPool(16)
    yield pool
    pool.close()


def test_all_jobs_run_and_several_at_the_same_time(pool: DaemonThreadPool) -> None:
    barrier = threading.Barrier(4)
    done: list[int] = []

    def job(number: int) -> None:
        barrier.wait(5)  # four jobs meet here
        done.append(number)

    with JobGroup(pool, 4) as group:
        group.run([functools.partial(job, number) for number in range(8)])
        assert sorted(done) == list(range(8))
        group.run([])


def test_no_more_jobs_run_at_the_same_time_than_allowed(pool: DaemonThreadPool) -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def job() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1

    with JobGroup(pool, 3) as group:
        group.run([job] * 200)
    assert 1 <= most <= 3


def test_a_pool_without_free_threads_delays_nothing() -> None:
    done: list[int] = []
    with JobGroup(BusyPool(), 4) as group:
        group.run([functools.partial(done.append, number) for number in range(5)])
    assert done == list(range(5))


def test_the_first_error_is_raised_and_stops_the_others(pool: DaemonThreadPool) -> None:
    both = threading.Barrier(2)
    ended: list[str] = []

    def fail() -> None:
        both.wait(5)
        raise ZeroDivisionError

    with JobGroup(pool, 2) as group:

        def wait() -> None:
            both.wait(5)
            assert group.stop.wait(5)
            ended.append("stopped")
            raise RequestCancelled("stopped")

        with pytest.raises(ZeroDivisionError):
            group.run([fail, wait, lambda: ended.append("never")])
    assert ended == ["stopped"]


def test_cancelling_ends_the_jobs_and_those_that_have_not_begun(pool: DaemonThreadPool) -> None:
    cancellation = Cancellation()
    done: list[int] = []

    def job(number: int) -> None:
        done.append(number)
        cancellation.cancel()

    with JobGroup(pool, 1, cancellation) as group, pytest.raises(RequestCancelled, match="The transfer was cancelled"):
        group.run([functools.partial(job, number) for number in range(5)])
    assert done == [0]


def test_cancelling_after_the_last_job_changes_nothing(pool: DaemonThreadPool) -> None:
    cancellation = Cancellation()
    with JobGroup(pool, 1, cancellation) as group:
        group.run([cancellation.cancel])


def test_an_interrupt_of_the_caller_waits_for_the_jobs(pool: DaemonThreadPool) -> None:
    began = threading.Event()
    ended: list[str] = []

    with JobGroup(pool, 2) as group:

        def wait() -> None:
            began.set()
            assert group.stop.wait(5)
            ended.append("stopped")

        def interrupt() -> None:
            if threading.current_thread() is threading.main_thread():
                assert began.wait(5)
                raise KeyboardInterrupt
            wait()

        with pytest.raises(KeyboardInterrupt):
            group.run([interrupt, interrupt])
    assert ended == ["stopped"]


def test_a_closed_session_starts_nothing(pool: DaemonThreadPool) -> None:
    pool.close()
    with JobGroup(pool, 2) as group, pytest.raises(SessionClosed):
        group.run([lambda: None, lambda: None])
