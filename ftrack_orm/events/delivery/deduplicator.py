"""State: the ids of recent events, so that an event received twice is handled once."""

from __future__ import annotations

from collections import deque

from ftrack_orm.events.remembered import LONGEST_ID, remembered_id

#: Far more events than can be delivered twice; an id has 32 characters, so this is about 3 MB.
REMEMBERED_IDS = 20_000


class Deduplicator:
    """A bounded set of event ids that discards the oldest. One thread adds; other threads may look ids up.

    Long ids are represented by their hashes.
    """

    def __init__(self, limit: int = REMEMBERED_IDS) -> None:
        self._limit = limit
        self._ids: set[str] = set()
        self._order: deque[str] = deque()

    def add(self, event_id: str) -> bool:
        """Remember an id; return whether it is new."""
        if len(event_id) > LONGEST_ID:
            event_id = remembered_id(event_id)
        if event_id in self._ids:
            return False
        self._ids.add(event_id)
        self._order.append(event_id)
        if len(self._order) > self._limit:
            self._ids.discard(self._order.popleft())
        return True

    def __contains__(self, event_id: object) -> bool:
        return isinstance(event_id, str) and remembered_id(event_id) in self._ids
