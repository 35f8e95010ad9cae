"""Pure: the numbers of entities of the demo, in proportion to its tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

import attrs

DEFAULT_TASKS = 5_000

TASKS_PER_SEQUENCE = 2
TASKS_PER_BUILD = 5


@attrs.frozen
class Scale:
    """The numbers of a demo. 5,000 tasks make 600 shots in 40 sequences, 120 asset builds and 3,000 versions."""

    tasks: int
    sequences: int
    shots: int
    builds: int

    @classmethod
    def of(cls, tasks: int) -> Scale:
        """Return the numbers for a demo with a number of tasks."""
        shots = -(-tasks * 3 // 25)
        return cls(tasks=tasks, sequences=-(-shots // 15), shots=shots, builds=tasks * 3 // 125)

    @property
    def sequence_tasks(self) -> int:
        """The number of tasks on sequences, limited so that at least one task remains for every shot."""
        return min(self.sequences * TASKS_PER_SEQUENCE, max(0, self.tasks - self.shots))

    @property
    def build_tasks(self) -> int:
        """The number of tasks on asset builds."""
        return self.builds * TASKS_PER_BUILD

    @property
    def shot_tasks(self) -> int:
        """The number of tasks on shots, which are all others."""
        return self.tasks - self.sequence_tasks - self.build_tasks


def version_count(tasks: int) -> int:
    """Return the total number of versions once a number of tasks has been created: three for every five."""
    return tasks * 3 // 5


def distribute_evenly(total: int, count: int) -> Iterator[int]:
    """Yield *count* shares of *total*, which differ by at most one and add up exactly."""
    for index in range(count):
        yield total * (index + 1) // count - total * index // count


def distribute_by_weight(total: int, weights: Sequence[int]) -> list[int]:
    """Return the shares of *total* in proportion to the weights, adding up exactly; the first ones are rounded up."""
    sum_of_weights = sum(weights)
    ends = [-(-total * end // sum_of_weights) for end in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]
