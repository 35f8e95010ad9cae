"""Edge: the threads of an event hub. All are created here; all are daemons, so that none keeps a program alive."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable

#: Keeps the connection to the event server: opens it, receives, sends.
CONNECTION_THREAD = "ftrack-events"
#: Call subscribers; their number is appended.
WORKER_THREAD = "ftrack-event-worker"
#: Asks the server for the events that were missed while the connection was lost; ends when they are found.
CATCH_UP_THREAD = "ftrack-events-catch-up"
#: Asks the server where its event records end at present; ends with the answer.
CHECKPOINT_THREAD = "ftrack-events-checkpoint"

#: Runs a function on a thread of the given name.
StartThread = Callable[[str, Callable[[], None]], object]


class HubThread(threading.Thread):
    """A daemon thread of an event hub."""


def is_hub_thread() -> bool:
    """Whether the calling thread belongs to an event hub, and not to the user."""
    return isinstance(threading.current_thread(), HubThread)


def end_with(owner: object, end: Callable[[], object]) -> None:
    """Call *end*, which ends threads, when *owner* is collected. *end* must not refer to *owner*.

    It is not called in a forked child process, which has a copy of the owner but not the threads: there, locks may be
    held for good. Nor is it called at the end of the program, which does not wait for daemons.
    """
    process_id = os.getpid()

    def finalize() -> None:
        if os.getpid() == process_id:
            end()

    weakref.finalize(owner, finalize).atexit = False


def make_thread(name: str, run: Callable[[], None]) -> threading.Thread:
    """Return a daemon thread that calls *run*, not started yet."""
    return HubThread(target=run, name=name, daemon=True)


def start_thread(name: str, run: Callable[[], None]) -> threading.Thread:
    """Return a daemon thread that calls *run*, started."""
    thread = make_thread(name, run)
    thread.start()
    return thread
