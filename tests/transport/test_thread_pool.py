"""A pool of daemon threads for background work."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from ftrack_orm.errors import SessionClosed
from ftrack_orm.transport.thread_pool import DaemonThreadPool


def background_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "ftrack-background"}


def test_work_is_run_and_its_result_or_error_kept() -> None:
    pool = DaemonThreadPool()
    assert pool.submit(lambda: 42).result(5) == 42
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result(5)
    pool.close()


def test_work_is_spread_over_no_more_threads_than_allowed() -> None:
    pool = DaemonThreadPool(max_threads=2)
    together, threads = threading.Barrier(2), []

    def work() -> None:
        together.wait(5)  # passed only when two work at the same time
        threads.append(threading.current_thread())

    for future in [pool.submit(work) for _ in range(6)]:
        future.result(5)
    assert len(set(threads)) == 2
    pool.close()


def test_an_idle_thread_runs_the_next_work() -> None:
    pool = DaemonThreadPool(max_threads=1)
    threads = [pool.submit(threading.current_thread).result(5) for _ in range(5)]
    assert len(set(threads)) == 1
    pool.close()


def test_threads_end_after_a_time_without_work() -> None:
    before = background_threads()
    pool = DaemonThreadPool(idle_seconds=0.01)
    pool.submit(lambda: None).result(5)
    for thread in background_threads() - before:
        thread.join(5)
        assert not thread.is_alive()
    assert pool.submit(lambda: "again").result(5) == "again"
    pool.close()


def test_closing_cancels_queued_work_lets_running_work_finish_and_does_not_block() -> None:
    pool = DaemonThreadPool(max_threads=1)
    started, gate = threading.Event(), threading.Event()

    def wait_at_the_gate() -> str:
        started.set()
        assert gate.wait(5)
        return "done"

    running = pool.submit(wait_at_the_gate)
    assert started.wait(5)
    queued = pool.submit(lambda: None)
    pool.close()
    assert queued.cancelled()
    gate.set()
    assert running.result(5) == "done"
    with pytest.raises(SessionClosed):
        pool.submit(lambda: None)


def test_a_future_cancelled_before_its_turn_is_skipped() -> None:
    pool = DaemonThreadPool(max_threads=1)
    gate, done = threading.Event(), []
    pool.submit(lambda: gate.wait(5))
    skipped = pool.submit(lambda: done.append("skipped"))
    last = pool.submit(lambda: done.append("last"))
    assert skipped.cancel()
    gate.set()
    last.result(5)
    assert done == ["last"]
    pool.close()


def test_the_interpreter_does_not_wait_for_running_work() -> None:
    code = (
        "import threading\n"
        "from ftrack_orm.transport.thread_pool import DaemonThreadPool\n"
        "started = threading.Event()\n"
        "DaemonThreadPool().submit(lambda: (started.set(), threading.Event().wait()))\n"
        "started.wait()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_forked_child_has_threads_of_its_own() -> None:
    code = (
        "import os, sys\n"
        "from ftrack_orm.transport.thread_pool import DaemonThreadPool\n"
        "pool = DaemonThreadPool()\n"
        "pool.submit(os.getpid).result(5)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(pool.submit(os.getpid).result(5) != os.getpid())\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
