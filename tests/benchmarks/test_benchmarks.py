"""Every benchmark works for every client, and gives figures."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks.harness import Measurement
from benchmarks.processes import Server, server_process
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.property_settings import IN_FULL

#: The benchmarks by name, written out so that a removed benchmark is noticed. The scripts of `latency` are those of the
#: cookbook, which has tests of its own.
BENCHMARKS = [
    "attribute_reads",
    "building",
    "commit_with_many_cached",
    "ensuring",
    "rename_with_many_known",
    "events",
    "identity_floor",
    "overlap",
    "query_language",
    "reading",
    "round_trips",
    "sandbox_page",
    "starting",
    "streaming",
    "transfer_memory",
    "transfers",
    "writing",
]


#: These take a second or more, start several processes or move megabytes; they run in continuous integration.
SLOW = {
    "building",
    "ensuring",
    "events",
    "identity_floor",
    "overlap",
    "starting",
    "streaming",
    "transfer_memory",
    "transfers",
    "writing",
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str | None, int], Server]]:
    """Return servers by kind and number of tasks, which all benchmarks share."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def server(kind: str | None, tasks: int) -> Server:
            if kind == "sandbox":
                # In a thread of this process, which starts faster than a process.
                box = stack.enter_context(Sandbox(seed="demo", tasks=tasks))
                return Server(box.url, str(tmp_path_factory.mktemp("schemas")), box.api_user, box.api_key)
            return stack.enter_context(server_process(kind, tasks))

        yield server


@pytest.fixture
def frozen_objects() -> None:
    """Exclude the objects of the test run from garbage collections, which many measurements make."""
    gc.collect()
    gc.freeze()


def quick_runs(name: str) -> Iterator[tuple[Measurement, str, int]]:
    """Yield measurement, client and size of every run of a benchmark in quick mode."""
    for measurement in importlib.import_module(f"benchmarks.{name}").MEASUREMENTS:
        for size in measurement.quick_sizes:
            for client in measurement.clients:
                yield measurement, client, size


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.skipif(name in SLOW and not IN_FULL, reason="in CI")) for name in BENCHMARKS],
)
@pytest.mark.usefixtures("frozen_objects")
def test_a_benchmark_gives_figures_for_every_client(name: Any, servers: Callable[[str | None, int], Server]) -> None:
    # In this process; the tests of the harness run measurements in processes of their own.
    for measurement, client, size in quick_runs(name):
        server = servers(measurement.server, measurement.task_count(size, quick=True))
        figures = measurement.work(client, server, size)
        assert figures, (measurement.name, client)
        assert all(math.isfinite(figure) for figure in figures.values()), (measurement.name, client, figures)


def test_the_command_runs_all_benchmarks() -> None:
    names = {each.__name__.rpartition(".")[2] for each in command.BENCHMARKS}
    assert names == {*BENCHMARKS, "latency"}


def test_every_benchmark_asks_a_question() -> None:
    for benchmark in command.BENCHMARKS:
        assert existing(benchmark.__doc__).startswith("Question: "), benchmark
