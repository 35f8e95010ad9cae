"""Pure: the interfaces between the connection's thread, the websocket it uses and the listener it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ftrack_orm.errors import FtrackError
    from ftrack_orm.wire.socketio import SocketHandshake

    from .outbox import OutgoingMessage


class WebSocket(Protocol):
    """An open websocket, as `transport.websocket` provides it. One thread receives and sends."""

    @property
    def handshake(self) -> SocketHandshake: ...
    def receive(self, timeout: float | None) -> str | None: ...
    def send(self, text: str) -> None: ...
    def wake(self) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


class ConnectionListener(Protocol):
    """Reacts to the events of a connection. Every method is called on the connection's thread."""

    def on_connecting(self) -> None:
        """Prepare for an attempt to connect."""

    def on_connected(self, gap: float | None) -> list[OutgoingMessage]:
        """Return the messages to send first. *gap* is the number of seconds without a connection, None at first."""

    def on_event(self, payload: dict[str, Any]) -> None:
        """Handle a received event."""

    def on_malformed(self, reason: str, may_be_event: bool) -> None:
        """Handle a packet that is ignored for *reason*: it cannot be read, or its processing raised an exception.

        *may_be_event* says that an event may be lost.
        """

    def on_ack(self, message: OutgoingMessage, problem: str | None) -> None:
        """Handle the outcome of a message: acknowledged, or refused or timed out for the reason *problem*."""

    def on_disconnected(self, reason: str) -> None:
        """Handle the loss of a connection that was ready."""

    def on_failed(self, error: FtrackError) -> None:
        """Handle the final failure: there will be no further attempt to connect."""

    def on_idle(self, now: float) -> None:
        """Do periodic work: the thread was woken, or received nothing but a heartbeat."""

    def has_capacity(self, timeout: float) -> bool:
        """Return whether another event can be accepted, waiting up to *timeout* seconds."""
