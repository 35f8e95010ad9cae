"""State: the events that were published last, within a bound of their number and one of their memory."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from ftrack_orm.wire import socketio

logger = logging.getLogger(__name__)

#: The number of events that are kept, and the bytes of memory that they may take together.
MAX_PUBLISHED_EVENTS = 20_000
MAX_PUBLISHED_BYTES = 256 * 1024 * 1024

#: Bytes of memory that Python takes for an object, a list, and any other value, at most.
_OBJECT_BYTES, _LIST_BYTES, _VALUE_BYTES = 240, 96, 64

#: Bytes for each character of a text, at most.
_CHARACTER_BYTES = 4


def size_in_memory(event: Mapping[str, Any]) -> int:
    """Return an upper bound of the bytes that an event takes in memory, which may be 30 times its text.

    Raises `InvalidValue` for an event with values that JSON cannot express, or that is nested too deeply to be sent.
    """
    text = socketio.event_packet(event, None).data
    containers = _OBJECT_BYTES * text.count("{") + _LIST_BYTES * text.count("[")
    return _CHARACTER_BYTES * len(text) + containers + _VALUE_BYTES * (text.count(",") + text.count(":"))


class PublishedEvents:
    """The events that were published last, oldest first. The oldest ones are dropped when a bound is reached."""

    def __init__(self, max_events: int = MAX_PUBLISHED_EVENTS, max_bytes: int = MAX_PUBLISHED_BYTES) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._events: deque[tuple[dict[str, Any], int]] = deque()
        self._bytes = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (event for event, _ in self._events)

    def __len__(self) -> int:
        return len(self._events)

    def append(self, event: dict[str, Any], size: int) -> None:
        """Add an event of *size* bytes. An event that is larger than the bound is not kept, with a warning."""
        if size > self._max_bytes:
            logger.warning(
                "An event of about %d bytes is too large for the list of published events, which keeps %d bytes. "
                "It is delivered only.",
                size,
                self._max_bytes,
            )
            return
        self._events.append((event, size))
        self._bytes += size
        while len(self._events) > self._max_events or self._bytes > self._max_bytes:
            self._bytes -= self._events.popleft()[1]
