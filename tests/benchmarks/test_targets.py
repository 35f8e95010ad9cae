"""The targets and their assessment."""

from __future__ import annotations

import pytest

from benchmarks import __main__ as command
from benchmarks.harness import Result
from benchmarks.targets import TARGETS, target_table


@pytest.mark.parametrize(("seconds", "outcome"), [(50e-6, "met"), (51e-6, "**missed**")])
def test_the_table_shows_whether_a_target_is_met(seconds: float, outcome: str) -> None:
    clients = {"ftrack_orm": seconds, "nodes by hand": 1e-5}
    results = [Result("build a query", name, 1, {"seconds": [each]}) for name, each in clients.items()]
    lines = target_table(results)
    # Targets that were not measured have no line, so there is one below the head.
    assert len(lines) == 3
    assert f"| {outcome}; floor: 10 µs" in lines[2]


def test_the_figures_of_every_target_are_measured() -> None:
    """Every figure that an assessment uses is a result of a benchmark in its full size."""
    names = ("seconds", "warm seconds", "MB", "MB grown", "entities/s", "requests", "asked ahead")
    reads = ("attribute ns", "item ns", "three values ns")
    results = [
        Result(measurement.name, client, size, {name: [1.0] for name in (*names, *reads)})
        for benchmark in command.BENCHMARKS
        for measurement in benchmark.MEASUREMENTS
        for client in measurement.clients
        for size in measurement.sizes
    ]
    assert len(target_table(results)) == 2 + len(TARGETS)
