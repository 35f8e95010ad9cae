"""State: the counters of an event hub."""

from __future__ import annotations

import threading

import attrs


@attrs.define
class Statistics:
    """Counts since the hub was created, at the time `event_hub.statistics` was read.

    *waiting* and *unsent* are present numbers; all others only grow.
    """

    #: Events received from the server, each counted once.
    received: int = 0
    #: Events received more than once; they are handled once.
    repeated: int = 0
    #: Events missed while the connection was lost, and found in the server's records.
    caught_up: int = 0
    #: Events all of whose subscribers were called.
    handled: int = 0
    #: Calls of callbacks, listeners and plugins that raised, and results of callbacks that JSON cannot express.
    failed: int = 0
    #: Packets and events that could not be read, or not completely, and packets whose processing raised.
    malformed: int = 0
    #: Calls of callbacks that took longer than the setting `slow_callback_seconds`.
    slow: int = 0
    #: Events dropped because the queue was full.
    dropped: int = 0
    #: Published events that the server acknowledged.
    published: int = 0
    #: Published events that the server refused or never acknowledged.
    refused: int = 0
    #: Times the connection was lost and opened again.
    reconnected: int = 0
    #: Events that are queued or being handled now.
    waiting: int = 0
    #: Published events that the server has not acknowledged yet.
    unsent: int = 0


class Counters:
    """Counts that several threads increase."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Statistics()

    def add(self, name: str, count: int = 1) -> None:
        """Increase the count *name*, a field of `Statistics`."""
        with self._lock:
            setattr(self._counts, name, getattr(self._counts, name) + count)

    def read(self, *, waiting: int, unsent: int) -> Statistics:
        """Return a copy of all counts, completed by the two present numbers."""
        with self._lock:
            return attrs.evolve(self._counts, waiting=waiting, unsent=unsent)
