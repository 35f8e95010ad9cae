"""State: what is to go wrong on purpose, so that tests see what becomes of a client then.

Every fault is counted in events or attempts, never in chances, so that a test fails or passes for a reason.
"""

from __future__ import annotations

from typing import Any

Payload = dict[str, Any]


class Faults:
    """The faults that are due. Everything is well at first, and again when the counts are used up."""

    def __init__(self) -> None:
        self.seconds = 0.0  # how long events are kept back
        self.refusals = 0  # handshakes that are yet to be refused
        self.refusal_status = 503
        self._duplicates = 0
        self._reordered = 0
        self._held: list[Payload] = []

    def duplicate(self, count: int) -> None:
        """Have the next *count* events delivered twice."""
        self._duplicates += count

    def reorder(self, count: int) -> list[Payload]:
        """Have the next *count* events kept until the last of them is there, then delivered last first.

        Returns what was kept back before, which is due now.
        """
        kept, self._held = self._held, []
        self._reordered = count
        return kept

    def refuses_handshake(self) -> bool:
        """Return whether a handshake that is asked for now is to be refused, and count it."""
        if self.refusals <= 0:
            return False
        self.refusals -= 1
        return True

    def arrange(self, event: Payload) -> list[Payload]:
        """Return the events to deliver now that *event* was published, in order; it may be none or several."""
        due = [event]
        if self._reordered > 0:
            self._held.append(event)
            self._reordered -= 1
            if self._reordered:
                return []
            due, self._held = self._held[::-1], []
        return [each for one in due for each in self._twice_if_due(one)]

    def _twice_if_due(self, event: Payload) -> list[Payload]:
        if self._duplicates <= 0:
            return [event]
        self._duplicates -= 1
        return [event, event]
