"""State: the one source of chance of the demo, seeded, so that every run makes the same production."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class RandomSource:
    """Draws from `random.Random` by `random()` and `getrandbits()` only: no Python version changes their numbers."""

    def __init__(self, seed: int) -> None:
        source = random.Random(seed)
        self._number = source.random
        self._bits = source.getrandbits

    def id(self) -> str:
        """Return a new id, in the form of a random UUID."""
        digits = f"{self._bits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def happens(self, probability: float) -> bool:
        """Return whether something of a *probability* between 0 and 1 happens."""
        return self._number() < probability

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of the items, each as likely as another."""
        return items[int(self._number() * len(items))]

    def early(self, items: Sequence[Item]) -> Item:
        """Return one of the items, the earlier the likelier."""
        return items[int(self._number() ** 2 * len(items))]

    def whole(self, least: int, most: int) -> int:
        """Return a whole number, both ends included."""
        return least + int(self._number() * (most - least + 1))
