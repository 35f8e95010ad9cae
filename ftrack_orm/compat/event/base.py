"""Pure: the event of the official client, a mapping."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any


class Event(MutableMapping[str, Any]):
    """A message from a publisher to subscribers. Its keys are the names of the arguments."""

    def __init__(
        self,
        topic: str,
        id: str | None = None,
        data: Any = None,
        sent: Any = None,
        source: dict[str, Any] | None = None,
        target: str = "",
        in_reply_to_event: str | None = None,
    ) -> None:
        self._data: dict[str, Any] = {
            "id": id or uuid.uuid4().hex,
            "data": data or {},
            "topic": topic,
            "sent": sent,
            "source": source or {},
            "target": target,
            "in_reply_to_event": in_reply_to_event,
        }
        self._stopped = False
        #: Stops the event of the hub below, if this one was received.
        self._stop_below: Callable[[], object] | None = None

    def stop(self) -> None:
        """Skip the subscribers that come after the one being called."""
        self._stopped = True
        if self._stop_below is not None:
            self._stop_below()

    def is_stopped(self) -> bool:
        """Return whether a subscriber stopped the event."""
        return self._stopped

    def __str__(self) -> str:
        return f"<Event {self._data}>"

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._data[key] = value

    def __delitem__(self, key: str) -> None:
        del self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)
