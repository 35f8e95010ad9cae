"""State: what is still to be said to the event server: waiting to be sent, or sent and not acknowledged yet."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

import attrs

from ftrack_orm.errors import EventNotSent

#: Times a letter is sent on one connection without ever being acknowledged.
_MOST_ATTEMPTS = 2


@attrs.define(eq=False)
class OutgoingMessage:
    """One payload for the server.

    *lasting* says that it must reach the server, if need be over a later connection; subscriptions are not, since a new
    connection begins with all of them. *subscriber* is the id a subscription is about.
    """

    payload: Mapping[str, Any]
    lasting: bool = True
    subscriber: str | None = None
    attempts: int = 0


class Outbox:
    """Letters in the order they were put in, which is the order they are sent in, over however many connections.

    A letter leaves when the server acknowledges it. What was sent over a connection that broke is sent again over the
    next, first and with the same event id, so that receivers can tell. At most *limit* letters wait.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._changed = threading.Condition()
        self._waiting: deque[OutgoingMessage] = deque()
        self._sent: dict[int, OutgoingMessage] = {}
        #: The letter taken out and not yet noted as sent.
        self._taken: OutgoingMessage | None = None
        #: Letters ever put in, and ever settled: whoever waits, waits for those put in before.
        self._put = 0
        self._settled = 0

    def put(self, letter: OutgoingMessage) -> None:
        """Add a letter; raises `EventNotSent` when too many wait."""
        with self._changed:
            if letter.lasting and len(self._waiting) >= self._limit:
                raise EventNotSent(
                    f"{len(self._waiting)} events wait for the connection to the event server; "
                    f"{letter.payload.get('topic')} is one too many (setting event_outbox_size).",
                    safe_to_retry=True,
                )
            self._waiting.append(letter)
            self._put += 1

    def put_first(self, letters: list[OutgoingMessage]) -> None:
        """Add letters before all that wait, whatever their number."""
        with self._changed:
            self._waiting.extendleft(reversed(letters))
            self._put += len(letters)

    def take(self) -> OutgoingMessage | None:
        """Return the next letter to send, or None. `sent` must follow, or `discard`."""
        if not self._waiting:
            return None
        with self._changed:
            self._taken = self._waiting.popleft() if self._waiting else None
            return self._taken

    def sent(self, ack_id: int, letter: OutgoingMessage) -> None:
        """Note that a letter taken was sent and will be acknowledged under that number."""
        with self._changed:
            letter.attempts += 1
            self._taken = None
            self._sent[ack_id] = letter

    def find(self, ack_id: int) -> OutgoingMessage | None:
        """Return the letter that was sent under that number and not acknowledged until now, or None."""
        return self._sent.get(ack_id)

    def settle(self, ack_id: int) -> None:
        """Be done with the letter of that number, which the server acknowledged; whoever drains may go on."""
        with self._changed:
            if self._sent.pop(ack_id, None) is not None:
                self._done(1)

    def discard(self) -> None:
        """Give up the letter taken, which cannot or need not be sent."""
        with self._changed:
            if self._taken is not None:
                self._taken = None
                self._done(1)

    def overdue(self, ack_id: int) -> OutgoingMessage | None:
        """Put a letter back that was not acknowledged in time; return it if it was tried often enough instead."""
        with self._changed:
            letter = self._sent.pop(ack_id, None)
            if letter is None:
                return None
            if letter.attempts < _MOST_ATTEMPTS and letter.lasting:
                self._waiting.appendleft(letter)
                return None
            self._done(1)
            return letter

    def line_lost(self) -> None:
        """Put everything that was not acknowledged back, before what waits; forget what was for that line only."""
        with self._changed:
            returned = [*self._sent.values(), *([self._taken] if self._taken else []), *self._waiting]
            kept = [letter for letter in returned if letter.lasting]
            for letter in kept:
                letter.attempts = 0
            self._sent.clear()
            self._taken = None
            self._waiting = deque(kept)
            self._done(len(returned) - len(kept))

    def drain(self, timeout: float | None = None) -> bool:
        """Wait until all that was put in before is settled, at most *timeout* seconds; return whether it is."""
        with self._changed:
            goal = self._put
            return self._changed.wait_for(lambda: self._settled >= goal or self.unsettled == 0, timeout)

    @property
    def unsettled(self) -> int:
        """How many letters wait or are not acknowledged."""
        return len(self._waiting) + len(self._sent) + (self._taken is not None)

    def _done(self, count: int) -> None:
        self._settled += count
        self._changed.notify_all()
