"""State: the callbacks that wait for replies to published events, each for a limited time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ftrack_orm.events.remembered import remembered_id

if TYPE_CHECKING:
    from ftrack_orm.events.event import Event


class PendingReplies:
    """Callbacks by the id of the event whose replies they wait for; each is removed after *lifetime* seconds.

    Several subscribers may reply to an event, so the first reply does not remove the callback.
    """

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._lock = threading.Lock()
        #: By event id, the deadline and the callback. The lifetime is the same for all, so the oldest expires first.
        self._callbacks: dict[str, tuple[float, Callable[[Event], object]]] = {}

    def add(self, event_id: str, callback: Callable[[Event], object], now: float) -> None:
        """Register *callback* for replies to the event of that id."""
        with self._lock:
            self._remove_expired(now)
            self._callbacks[remembered_id(str(event_id))] = (now + self._lifetime, callback)

    def remove(self, event_id: str) -> None:
        """Remove the callback for replies to that event, if there is one."""
        with self._lock:
            self._callbacks.pop(remembered_id(str(event_id)), None)

    def callback_for(self, reply: Event, now: float) -> Callable[[Event], object] | None:
        """Return the callback that waits for *reply*, or None."""
        event_id = reply.in_reply_to_event
        with self._lock:
            self._remove_expired(now)
            # An event made by hand may have anything here.
            entry = self._callbacks.get(remembered_id(event_id)) if isinstance(event_id, str) else None
            return entry[1] if entry else None

    def __len__(self) -> int:
        return len(self._callbacks)

    def _remove_expired(self, now: float) -> None:
        while self._callbacks:
            event_id, (deadline, _) = next(iter(self._callbacks.items()))
            if deadline > now:
                return
            del self._callbacks[event_id]
