"""Waits until the `ftrack.update` events of some commits have reached a session."""

from __future__ import annotations

import threading
from collections import Counter

from ftrack_orm import Event, Session
from ftrack_orm.transport.channel import Exchange
from ftrack_orm.wire.operations import are_read_only

#: Seconds to wait for an expected result; long, because a busy machine is no failure.
TIMEOUT = 30


class FollowingSession(Session):
    """The type of sessions with the attribute *updates*. Sessions are not created with this class."""

    updates: ReceivedUpdates


class ReceivedUpdates:
    """Counts the updates that *session* has received, by the client token of their publisher."""

    def __init__(self, session: Session) -> None:
        self._unawaited = 0
        self._received: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()
        self._condition = threading.Condition()
        session.event_hub.add_listener(self._on_event)

    def _on_event(self, event: Event) -> None:
        with self._condition:
            self._unawaited += 1
            self._received[event.data["clientToken"]] += 1
            self._condition.notify_all()

    def count_writes_of(self, other: Session) -> None:
        """Count the requests of *other* that change something from now on; each causes one event."""

        def count(exchange: Exchange) -> None:
            if not are_read_only(exchange.operations):
                self._sent[other.settings.client_token] += 1

        other.observe(count)

    def wait_for_all_of(self, other: Session) -> None:
        """Wait until the events of all counted writes of *other* are received."""
        token = other.settings.client_token
        with self._condition:
            is_complete = self._condition.wait_for(lambda: self._received[token] >= self._sent[token], TIMEOUT)
            assert is_complete, "an event was not received"
            self._unawaited = 0

    def wait_for(self, count: int = 1) -> None:
        """Wait for *count* events since the last call."""
        with self._condition:
            assert self._condition.wait_for(lambda: self._unawaited >= count, TIMEOUT), "no event was received"
            self._unawaited -= count
