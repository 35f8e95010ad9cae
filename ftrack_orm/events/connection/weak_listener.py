"""State: a connection listener that does not keep the hub alive, so that a hub can be collected while connected."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ftrack_orm.errors import FtrackError

    from .interfaces import ConnectionListener
    from .outbox import OutgoingMessage


class WeakListener:
    """Passes the calls of a connection to *listener* while that exists, and does nothing afterwards."""

    def __init__(self, listener: ConnectionListener) -> None:
        self._reference = weakref.ref(listener)

    def on_connecting(self) -> None:
        """Pass the call on."""
        if (listener := self._reference()) is not None:
            listener.on_connecting()

    def on_connected(self, gap: float | None) -> list[OutgoingMessage]:
        """Pass the call on."""
        listener = self._reference()
        return [] if listener is None else listener.on_connected(gap)

    def on_event(self, payload: dict[str, Any]) -> None:
        """Pass the call on."""
        if (listener := self._reference()) is not None:
            listener.on_event(payload)

    def on_malformed(self, reason: str, may_be_event: bool) -> None:
        """Pass the call on."""
        if (listener := self._reference()) is not None:
            listener.on_malformed(reason, may_be_event)

    def on_ack(self, message: OutgoingMessage, problem: str | None) -> None:
        """Pass the call on."""
        if (listener := self._reference()) is not None:
            listener.on_ack(message, problem)

    def on_disconnected(self, reason: str) -> None:
        """Pass the call on."""
        if (listener := self._reference()) is not None:
            listener.on_disconnected(reason)

    def on_failed(self, error: FtrackError) -> None:
        """Pass the call on."""
        if (listener := self._reference()) is not None:
            listener.on_failed(error)

    def on_idle(self, now: float) -> None:
        """Pass the call on."""
        if (listener := self._reference()) is not None:
            listener.on_idle(now)

    def has_capacity(self, timeout: float) -> bool:
        """Pass the call on."""
        listener = self._reference()
        return listener is None or listener.has_capacity(timeout)
