"""Question: how many events a second do the event hubs of both clients handle?

    python -m benchmarks.events

The server (`benchmarks/event_feed.py`) sends events of a status change on a task (`update`, 1.4 kB) or minimal events
(`small`, 0.2 kB). One subscription matches and counts them; 0, 20 or 100 others do not match. The time is that from the
request for the events to the last call of the callback. "us" is the processor time per event, which depends less on
other processes. "MB grown" is the growth of the process.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import harness
from .clients import OFFICIAL, OURS
from .harness import Figures, Measurement

if TYPE_CHECKING:
    from .processes import Server

TIMEOUT_SECONDS = 600


class Counter:
    """A callback that counts events and records the time of the last expected one."""

    def __init__(self) -> None:
        self.missing = 0
        self.done = threading.Event()
        self.last_call_at = 0.0
        self._lock = threading.Lock()

    def expect(self, count: int) -> None:
        """Start counting to *count*."""
        self.missing = count
        self.done.clear()

    def __call__(self, event: Any) -> None:
        with self._lock:  # hubs may call from several threads
            self.missing -= 1
            is_last = not self.missing
        if is_last:
            self.last_call_at = time.perf_counter()
            self.done.set()


class OurHub:
    """The event hub of this library."""

    def __init__(self, server: Server) -> None:
        from ftrack_orm import Session

        self._session = Session(server.url, server.api_key, server.user)
        self.hub = self._session.event_hub

    def publish(self, topic: str, data: dict[str, object]) -> None:
        """Publish an event."""
        from ftrack_orm import Event

        self.hub.publish(Event(topic, data))

    def wait(self, counter: Counter) -> None:
        """Wait until all expected events are handled."""
        if not counter.done.wait(TIMEOUT_SECONDS):
            raise RuntimeError(f"{counter.missing} events were not handled: {self.hub.statistics}")

    def close(self) -> None:
        """Disconnect the hub."""
        self._session.close()


class OfficialHub:
    """The event hub of the official client."""

    def __init__(self, server: Server) -> None:
        from ftrack_api.event.hub import EventHub

        self.hub = EventHub(server.url, server.user, server.api_key)

    def publish(self, topic: str, data: dict[str, object]) -> None:
        """Publish an event."""
        from ftrack_api.event.base import Event

        self.hub.publish(Event(topic, data=data))

    def wait(self, counter: Counter) -> None:
        """Handle events in this thread until all expected ones are handled."""
        while not counter.done.is_set():
            self.hub.wait(0.05)

    def close(self) -> None:
        """Disconnect the hub."""
        self.hub.disconnect(unsubscribe=False)


def _handle_events(hub: OurHub | OfficialHub, counter: Counter, kind: str, count: int) -> float:
    """Request *count* events and return the seconds until the last one is handled."""
    counter.expect(count)
    started = time.perf_counter()
    hub.publish("bench.start", {"count": count, "kind": kind})
    hub.wait(counter)
    return counter.last_call_at - started


def _subscribe(hub: Any, counter: Counter, unmatched: int) -> None:
    """Subscribe the counter, and *unmatched* callbacks for events that are not sent."""
    hub.subscribe("topic=ftrack.update and source.user.username=jane", counter)
    for number in range(unmatched):
        hub.subscribe(f"topic=studio.other.{number} and data.user.username=jane", lambda event: None)


def _measure(kind: str, unmatched: int) -> Callable[[str, Server, int], Figures]:
    def work(client: str, server: Server, size: int) -> Figures:
        hub = OfficialHub(server) if client == OFFICIAL else OurHub(server)
        counter = Counter()
        _subscribe(hub.hub, counter, unmatched)
        hub.hub.connect()
        _handle_events(hub, counter, kind, max(size // 10, 1))  # warms up
        memory, processor = _peak_megabytes(), time.process_time()
        seconds = _handle_events(hub, counter, kind, size)
        figures = {
            "events/s": size / seconds,
            "us": (time.process_time() - processor) / size * 1e6,
            "MB grown": _peak_megabytes() - memory,
        }
        hub.close()
        return figures

    return work


def _peak_megabytes() -> float:
    """Return the peak memory of the process."""
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


MEASUREMENTS = [
    Measurement(
        f"handle {kind} events, {unmatched} unmatched",
        _measure(kind, unmatched),
        (OURS, OFFICIAL),
        (20_000,),
        server="event_feed",
        quick_sizes=(200,),
    )
    for kind in ("small", "update")
    for unmatched in (0, 20, 100)
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
