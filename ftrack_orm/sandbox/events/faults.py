"""State: the faults that tests inject into the event server.

Every fault applies to a number of events or attempts, never with a probability, so that tests are deterministic.
"""

from __future__ import annotations

from typing import Any

Payload = dict[str, Any]


class EventFaults:
    """The faults that are still due. Initially nothing is due; every fault ends when its count is used up."""

    def __init__(self) -> None:
        self.delay_seconds = 0.0  # delay of every event
        self.handshakes_to_refuse = 0
        self.refusal_status = 503
        self._events_to_duplicate = 0
        self._events_to_reorder = 0
        self._held: list[Payload] = []

    def duplicate(self, count: int) -> None:
        """Deliver the next *count* events twice."""
        self._events_to_duplicate += count

    def reorder(self, count: int) -> list[Payload]:
        """Hold the next *count* events until the last of them arrives, then deliver them last first.

        Return the events that an earlier call holds back; they are to be delivered now.
        """
        held, self._held = self._held, []
        self._events_to_reorder = count
        return held

    def take_handshake_refusal(self) -> bool:
        """Return whether the current handshake is to be refused, and count it."""
        if self.handshakes_to_refuse <= 0:
            return False
        self.handshakes_to_refuse -= 1
        return True

    def apply(self, event: Payload) -> list[Payload]:
        """Return the events to deliver now that *event* was published, in order: none, one or several."""
        due = [event]
        if self._events_to_reorder > 0:
            self._held.append(event)
            self._events_to_reorder -= 1
            if self._events_to_reorder:
                return []
            due, self._held = self._held[::-1], []
        return [copy for each in due for copy in self._duplicate_if_due(each)]

    def _duplicate_if_due(self, event: Payload) -> list[Payload]:
        if self._events_to_duplicate <= 0:
            return [event]
        self._events_to_duplicate -= 1
        return [event, event]
