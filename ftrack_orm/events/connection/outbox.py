"""State: messages to the event server that are queued, or sent and not acknowledged yet."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

import attrs

from ftrack_orm.errors import EventNotSent

#: How often a message is sent on one connection without being acknowledged before it is given up.
MAX_ATTEMPTS_PER_CONNECTION = 2


@attrs.define(eq=False)
class OutgoingMessage:
    """One payload for the server.

    A *durable* message is kept until the server acknowledges it, over several connections if need be. Subscriptions are
    not durable, since every connection begins by sending all of them. *subscriber_id* is the id of the subscriber that
    a subscription or its end is about.
    """

    payload: Mapping[str, Any]
    durable: bool = True
    subscriber_id: str | None = None
    attempts: int = 0


class Outbox:
    """Messages in the order they were put in, which is the order they are sent in, over any number of connections.

    A message leaves when the server acknowledges it. Messages that were not acknowledged when a connection was lost are
    sent again first over the next one, with the same event ids, so that receivers can drop duplicates. At most *limit*
    messages are queued.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._changed = threading.Condition()
        self._queued: deque[OutgoingMessage] = deque()
        #: Sent and not acknowledged, by acknowledgement id.
        self._sent: dict[int, OutgoingMessage] = {}
        #: The message taken by the sender and not marked as sent yet.
        self._taken: OutgoingMessage | None = None
        #: Messages ever put in and ever completed: `drain` waits for those put in before it.
        self._put_count = 0
        self._completed_count = 0

    def put(self, message: OutgoingMessage) -> None:
        """Append a message; raises `EventNotSent` when *limit* messages are queued already."""
        with self._changed:
            if message.durable and len(self._queued) >= self._limit:
                raise EventNotSent(
                    f"The event {message.payload.get('topic')} is not sent: {len(self._queued)} events are already "
                    "queued for the event server, which is the limit (setting event_outbox_size).",
                    safe_to_retry=True,
                )
            self._queued.append(message)
            self._put_count += 1

    def prepend(self, messages: list[OutgoingMessage]) -> None:
        """Insert messages before all that are queued, regardless of the limit."""
        with self._changed:
            self._queued.extendleft(reversed(messages))
            self._put_count += len(messages)

    def take(self) -> OutgoingMessage | None:
        """Return the next message to send, or None. `mark_sent` or `drop` must follow."""
        if not self._queued:
            return None
        with self._changed:
            self._taken = self._queued.popleft() if self._queued else None
            return self._taken

    def mark_sent(self, ack_id: int, message: OutgoingMessage) -> None:
        """Record that the taken message was sent and will be acknowledged with *ack_id*."""
        with self._changed:
            message.attempts += 1
            self._taken = None
            self._sent[ack_id] = message

    def drop(self) -> None:
        """Discard the taken message, which need not be sent."""
        with self._changed:
            if self._taken is not None:
                self._taken = None
                self._complete(1)

    def find(self, ack_id: int) -> OutgoingMessage | None:
        """Return the message that was sent with *ack_id* and is not acknowledged yet, or None."""
        return self._sent.get(ack_id)

    def acknowledge(self, ack_id: int) -> None:
        """Remove the message that was sent with *ack_id*, and release the threads that wait in `drain` for it."""
        with self._changed:
            if self._sent.pop(ack_id, None) is not None:
                self._complete(1)

    def ack_timed_out(self, ack_id: int) -> OutgoingMessage | None:
        """Queue the message of *ack_id* again, or return it when it is given up instead."""
        with self._changed:
            message = self._sent.pop(ack_id, None)
            if message is None:
                return None
            if message.attempts < MAX_ATTEMPTS_PER_CONNECTION and message.durable:
                self._queued.appendleft(message)
                return None
            self._complete(1)
            return message

    def connection_lost(self) -> None:
        """Queue every unacknowledged message again, before the queued ones; drop those that are not durable."""
        with self._changed:
            returned = [*self._sent.values(), *([self._taken] if self._taken else []), *self._queued]
            kept = [message for message in returned if message.durable]
            for message in kept:
                message.attempts = 0
            self._sent.clear()
            self._taken = None
            self._queued = deque(kept)
            self._complete(len(returned) - len(kept))

    def drain(self, timeout: float | None = None) -> bool:
        """Wait up to *timeout* seconds until all messages put in before are completed; return whether they are."""
        with self._changed:
            goal = self._put_count
            return self._changed.wait_for(lambda: self._completed_count >= goal or self.pending == 0, timeout)

    @property
    def pending(self) -> int:
        """The number of messages that are queued or not acknowledged."""
        return len(self._queued) + len(self._sent) + (self._taken is not None)

    def _complete(self, count: int) -> None:
        self._completed_count += count
        self._changed.notify_all()
