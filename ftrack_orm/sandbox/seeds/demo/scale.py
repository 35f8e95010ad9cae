"""Pure: how much of everything the demo holds, in proportion to its tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

import attrs

#: How many tasks the demo has when nobody says otherwise.
TASKS = 5_000

#: How many tasks hang directly on a sequence, and on an asset build.
PER_SEQUENCE = 2
PER_BUILD = 5


@attrs.frozen
class Scale:
    """The numbers of a demo. 5,000 tasks make 600 shots in 40 sequences, 120 asset builds and 3,000 versions."""

    tasks: int
    sequences: int
    shots: int
    builds: int

    @classmethod
    def of(cls, tasks: int) -> Scale:
        """Return the numbers for a demo of so many tasks."""
        shots = -(-tasks * 3 // 25)
        return cls(tasks=tasks, sequences=-(-shots // 15), shots=shots, builds=tasks * 3 // 125)

    @property
    def on_sequences(self) -> int:
        """How many tasks hang on sequences: few enough to leave one for every shot."""
        return min(self.sequences * PER_SEQUENCE, max(0, self.tasks - self.shots))

    @property
    def on_builds(self) -> int:
        """How many tasks hang on asset builds."""
        return self.builds * PER_BUILD

    @property
    def on_shots(self) -> int:
        """How many tasks hang on shots: all others."""
        return self.tasks - self.on_sequences - self.on_builds


def versions_after(tasks: int) -> int:
    """Return how many versions there are once so many tasks have been made: three for every five."""
    return tasks * 3 // 5


def spread(total: int, places: int) -> Iterator[int]:
    """Yield for each of *places* its share of *total*, as even as whole numbers allow and adding up exactly."""
    for place in range(places):
        yield total * (place + 1) // places - total * place // places


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Return the shares of *total* in proportion to the weights, adding up exactly; the first ones are rounded up."""
    whole = sum(weights)
    ends = [-(-total * end // whole) for end in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]
