"""Threads of the hub: named daemons."""

from __future__ import annotations

import threading

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
