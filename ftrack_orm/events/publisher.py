"""State: publishes the events of a hub: signs them, puts them into the outbox and registers for their replies."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING

from ftrack_orm.errors import RequestTimeout, TransportError, UsageError
from ftrack_orm.wire.socketio import event_packet, event_payload

from .connection.outbox import Outbox, OutgoingMessage

if TYPE_CHECKING:
    from .connection.connection import EventConnection
    from .delivery.pending_replies import PendingReplies
    from .event import Event


class Publisher:
    """Sends the events of the hub *identifier* on behalf of the user *username*, and of *application_id* if given."""

    def __init__(
        self,
        identifier: str,
        username: str,
        outbox: Outbox,
        replies: PendingReplies,
        clock: Callable[[], float],
        application_id: str | None = None,
    ) -> None:
        self._application_id = application_id
        self._identifier = identifier
        self._username = username
        self._outbox = outbox
        self._replies = replies
        self._clock = clock

    def sign(self, event: Event) -> None:
        """Add the publisher to the event's source, except for the details it has already (PROTOCOL 3.2)."""
        event.source.setdefault("id", self._identifier)
        if self._application_id is not None:
            event.source.setdefault("applicationId", self._application_id)
        user = event.source.setdefault("user", {})
        if isinstance(user, dict):
            user.setdefault("username", self._username)

    def send(
        self, event: Event, connection: EventConnection | None, on_reply: Callable[[Event], object] | None = None
    ) -> None:
        """Queue a signed event for *connection*, and call *on_reply* on its thread with each reply.

        Raises `UsageError` unless the connection is alive, `EventNotSent` when too many events are queued, and
        `InvalidValue` for data that JSON cannot express.
        """
        if connection is None or not connection.alive:
            reason = f" It gave up: {connection.error}" if connection is not None and connection.error else ""
            raise UsageError(
                f"The event {event.topic} cannot be published: the event hub is not connected. Call "
                f"session.event_hub.connect() first.{reason}"
            )
        # A copy in the form it is sent in: later changes of the event have no effect, and bad data is refused now.
        payload = event_payload(event_packet(event.to_payload(), None))
        if on_reply is not None:
            self._replies.add(event.id, on_reply, self._clock())
        try:
            self._outbox.put(OutgoingMessage(payload))
        except TransportError:
            self._replies.remove(event.id)
            raise
        connection.wake()

    def request(self, event: Event, connection: EventConnection | None, timeout: float | None) -> Event:
        """Send a signed event and return the first reply; raises `RequestTimeout` after *timeout* seconds."""
        future: Future[Event] = Future()

        def take_first(reply: Event) -> None:
            if not future.done():
                future.set_result(reply)

        self.send(event, connection, take_first)
        try:
            return future.result(timeout)
        except (FutureTimeout, TimeoutError):
            raise RequestTimeout(
                f"The event {event.topic} received no reply within {timeout:g} s.", safe_to_retry=False
            ) from None
        finally:
            self._replies.remove(event.id)
