"""State: the seeded random source of the demo, which makes every run generate the same rows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class RandomSource:
    """Uses only `random()` and `getrandbits()` of `random.Random`, whose results are equal in all Python versions."""

    def __init__(self, seed: int) -> None:
        source = random.Random(seed)
        self._random = source.random
        self._bits = source.getrandbits

    def uuid(self) -> str:
        """Return a new id, in the form of a random UUID."""
        digits = f"{self._bits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def chance(self, probability: float) -> bool:
        """Return True with a *probability* between 0 and 1."""
        return self._random() < probability

    def choice(self, items: Sequence[Item]) -> Item:
        """Return one of the items, all with equal probability."""
        return items[int(self._random() * len(items))]

    def early_choice(self, items: Sequence[Item]) -> Item:
        """Return one of the items, earlier ones with a higher probability."""
        return items[int(self._random() ** 2 * len(items))]

    def integer(self, low: int, high: int) -> int:
        """Return an integer from *low* to *high*, both included."""
        return low + int(self._random() * (high - low + 1))
