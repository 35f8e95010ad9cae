"""State: who waits for replies to which event, and until when."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ftrack_orm.events.event import Event


class PendingReplies:
    """What to call with replies, by the id of the event they answer; forgotten after *lifetime* seconds.

    An event may be answered by several subscribers, so the first reply does not end the wait.
    """

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._lock = threading.Lock()
        #: All live equally long, so the order of adding is the order of expiring.
        self._waiting: dict[str, tuple[float, Callable[[Event], object]]] = {}

    def add(self, event_id: str, callback: Callable[[Event], object], now: float) -> None:
        """Have *callback* called with replies to the event of that id."""
        with self._lock:
            self._expire(now)
            self._waiting[event_id] = (now + self._lifetime, callback)

    def remove(self, event_id: str) -> None:
        """Wait no longer for replies to that event."""
        with self._lock:
            self._waiting.pop(event_id, None)

    def of(self, reply: Event, now: float) -> Callable[[Event], object] | None:
        """Return what is to be called with *reply*, or None when nobody waits for it (any more)."""
        with self._lock:
            self._expire(now)
            entry = self._waiting.get(reply.in_reply_to_event or "")
            return entry[1] if entry else None

    def __len__(self) -> int:
        return len(self._waiting)

    def _expire(self, now: float) -> None:
        while self._waiting:
            event_id, (deadline, _) = next(iter(self._waiting.items()))
            if deadline > now:
                return
            del self._waiting[event_id]
