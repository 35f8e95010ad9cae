from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from ftrack_orm.errors import SessionClosed
from ftrack_orm.transport.thread_pool import DaemonThreadPool


def alive():
    return {thread for thread in threading.enumerate() if thread.name == "ftrack-background"}


def test_work_is_done_and_its_result_or_error_kept():
    background = DaemonThreadPool()
    assert background.submit(lambda: 42).result(5) == 42
    with pytest.raises(ZeroDivisionError):
        background.submit(lambda: 1 / 0).result(5)
    background.close()


def test_work_is_spread_over_no_more_threads_than_allowed():
    background = DaemonThreadPool(limit=2)
    together, seen = threading.Barrier(2), []

    def work():
        together.wait(5)  # passed only when two work at the same time
        seen.append(threading.current_thread())

    for future in [background.submit(work) for _ in range(6)]:
        future.result(5)
    assert len(set(seen)) == 2
    background.close()


def test_a_thread_that_is_done_takes_the_next_work():
    background = DaemonThreadPool(limit=1)
    threads = [background.submit(threading.current_thread).result(5) for _ in range(5)]
    assert len(set(threads)) == 1
    background.close()


def test_threads_end_after_a_time_without_work():
    before = alive()
    background = DaemonThreadPool(idle=0.01)
    background.submit(lambda: None).result(5)
    for thread in alive() - before:
        thread.join(5)
        assert not thread.is_alive()
    assert background.submit(lambda: "again").result(5) == "again"
    background.close()


def test_closing_cancels_what_waits_lets_what_runs_finish_and_does_not_block():
    background = DaemonThreadPool(limit=1)
    started, gate = threading.Event(), threading.Event()
    running = background.submit(lambda: started.set() or (gate.wait(5) and "done"))
    assert started.wait(5)
    waiting = background.submit(lambda: None)
    background.close()
    assert waiting.cancelled()
    gate.set()
    assert running.result(5) == "done"
    with pytest.raises(SessionClosed):
        background.submit(lambda: None)


def test_a_future_cancelled_before_its_turn_is_skipped():
    background = DaemonThreadPool(limit=1)
    gate, done = threading.Event(), []
    background.submit(lambda: gate.wait(5))
    skipped = background.submit(lambda: done.append("skipped"))
    last = background.submit(lambda: done.append("last"))
    assert skipped.cancel()
    gate.set()
    last.result(5)
    assert done == ["last"]
    background.close()


def test_the_interpreter_does_not_wait_for_work_under_way():
    code = (
        "import threading\n"
        "from ftrack_orm.transport.thread_pool import DaemonThreadPool\n"
        "started = threading.Event()\n"
        "DaemonThreadPool().submit(lambda: (started.set(), threading.Event().wait()))\n"
        "started.wait()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_forked_child_has_threads_of_its_own():
    code = (
        "import os, sys\n"
        "from ftrack_orm.transport.thread_pool import DaemonThreadPool\n"
        "background = DaemonThreadPool()\n"
        "background.submit(os.getpid).result(5)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(background.submit(os.getpid).result(5) != os.getpid())\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
