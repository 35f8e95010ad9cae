"""Pure: how long to wait before each attempt to connect again."""

from __future__ import annotations

import random

import attrs

#: Seconds before the second attempt, and at most between two. The first attempt after a loss is made nearly at once:
#: most losses are a restarted proxy.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0


@attrs.frozen
class BackOff:
    """Pauses that double from *first* to *longest* seconds, each shortened by chance to no less than half.

    Chance, because a server that restarts loses all its clients at once, and they must not come back all at once.
    """

    first: float = FIRST_PAUSE
    longest: float = LONGEST_PAUSE

    def pause(self, failures: int, chance: float | None = None) -> float:
        """Return the seconds to wait after that many failed attempts in a row (0: the line was just lost).

        *chance* is from 0 to 1 and stands for the throw of the dice.
        """
        chance = random.random() if chance is None else chance
        whole = min(self.longest, self.first * 2.0 ** min(failures, 32))
        return whole * (0.5 + chance / 2) if failures else whole * chance / 2
