"""Threads of the hub: named daemons."""

from __future__ import annotations

import gc
import os
import threading

import pytest

from ftrack_orm.events import threads


def test_a_thread_is_a_daemon_with_its_name_and_starts_when_it_should() -> None:
    seen: list[threading.Thread] = []
    made = threads.make_thread("ftrack-test", lambda: seen.append(threading.current_thread()))
    assert not made.is_alive()
    made.start()
    made.join()
    started = threads.start_thread("ftrack-test", lambda: seen.append(threading.current_thread()))
    started.join()
    assert seen == [made, started]
    assert all(thread.daemon and thread.name == "ftrack-test" for thread in seen)


class Owner:
    """An object that can be collected."""


def test_threads_end_when_their_owner_is_collected() -> None:
    ended = threading.Event()
    owner = Owner()
    threads.end_with(owner, ended.set)
    gc.collect()
    assert not ended.is_set()
    del owner
    gc.collect()
    assert ended.is_set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_nothing_is_ended_in_a_forked_process() -> None:
    read_end, write_end = os.pipe()
    owner = Owner()
    threads.end_with(owner, lambda: os.write(write_end, b"ended"))
    child = os.fork()
    if not child:
        del owner
        gc.collect()
        os.write(write_end, b".")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read_end, 100) == b"."
    del owner
    assert os.read(read_end, 100) == b"ended"
    os.close(read_end)
    os.close(write_end)
