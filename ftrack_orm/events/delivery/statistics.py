"""State: what an event hub has done so far, in numbers."""

from __future__ import annotations

import threading

import attrs


@attrs.define
class Statistics:
    """Counts since the hub was made, as they were when `event_hub.statistics` was read.

    *waiting* and *unsent* are how things stand; everything else only grows.
    """

    #: Events that came from the server, each once.
    received: int = 0
    #: Events that came more than once and were handled once.
    repeated: int = 0
    #: Events that came while the connection was lost, and were found in the server's records.
    caught_up: int = 0
    #: Events all of whose subscribers were called.
    handled: int = 0
    #: Calls of callbacks that raised.
    failed: int = 0
    #: Calls of callbacks that took longer than the setting `slow_callback_seconds`.
    slow: int = 0
    #: Events given up because too many waited.
    dropped: int = 0
    #: Events the server acknowledged; and those it refused or never acknowledged.
    published: int = 0
    refused: int = 0
    #: Times the connection was lost and made again.
    reconnected: int = 0
    #: Events that wait for their turn or are being handled now.
    waiting: int = 0
    #: Events published here that the server has not acknowledged yet.
    unsent: int = 0


class Counters:
    """Counts that several threads add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Statistics()

    def add(self, name: str, count: int = 1) -> None:
        """Add to the count of that name."""
        with self._lock:
            setattr(self._counts, name, getattr(self._counts, name) + count)

    def read(self, *, waiting: int, unsent: int) -> Statistics:
        """Return a copy of all counts, with those that are not counted but measured."""
        with self._lock:
            return attrs.evolve(self._counts, waiting=waiting, unsent=unsent)
