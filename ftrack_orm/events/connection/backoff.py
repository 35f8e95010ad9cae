"""Pure: exponential back-off between attempts to connect."""

from __future__ import annotations

import random

import attrs

#: The first attempt after a lost connection is made almost at once: most losses are a restarted proxy. The delay before
#: the second attempt, and the longest delay between two, in seconds:
FIRST_DELAY_SECONDS = 0.5
MAX_DELAY_SECONDS = 30.0


@attrs.frozen
class BackOff:
    """Delays that double from *first* to *longest* seconds, with a jitter that shortens each to no less than half.

    The jitter is needed because a server that restarts loses all clients at once, and they must not all return at once.
    """

    first: float = FIRST_DELAY_SECONDS
    longest: float = MAX_DELAY_SECONDS

    def delay(self, failures: int, jitter: float | None = None) -> float:
        """Return the seconds to wait after *failures* failed attempts in a row (0: the connection was just lost).

        *jitter* is a number from 0 to 1; it is random if left out.
        """
        jitter = random.random() if jitter is None else jitter
        longest = min(self.longest, self.first * 2.0 ** min(failures, 32))
        return longest * (0.5 + jitter / 2) if failures else longest * jitter / 2
