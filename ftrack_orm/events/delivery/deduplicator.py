"""State: the ids of the events handled last, so that one that comes twice is handled once."""

from __future__ import annotations

from collections import deque

#: Far more than can be on their way twice; an id is 32 letters, so this is about 3 MB.
REMEMBERED = 20_000


class Deduplicator:
    """A bounded set of ids: the oldest is forgotten for each new one. One thread adds; others may ask."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._known: set[str] = set()
        self._order: deque[str] = deque()

    def first_time(self, event_id: str) -> bool:
        """Return whether that id is new, and remember it."""
        if event_id in self._known:
            return False
        self._known.add(event_id)
        self._order.append(event_id)
        if len(self._order) > self._limit:
            self._known.discard(self._order.popleft())
        return True

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._known
