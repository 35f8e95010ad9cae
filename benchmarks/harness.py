"""The harness: runs each client in a process of its own against the same server, several times.

A benchmark is a module whose docstring asks a question and whose list `MEASUREMENTS` answers it. `run(benchmark)`
starts a fresh process for each measurement and client, which does the work and prints its figures. The server, if a
measurement needs one, is another process. `main(benchmark)` is the command line of a single benchmark.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import pathlib
import statistics
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import attrs

from . import tables
from .clients import choose_json
from .processes import Server, process, server_process

#: The figures of one run by name. The unit is part of the name.
Figures = dict[str, float]

#: Tasks on the embedded server in a quick run, for measurements whose size is not the number of tasks.
_QUICK_TASKS = 300


@attrs.frozen
class Measurement:
    """A measurement: *work* is done by each of *clients* in a process of its own, at each of *sizes*.

    *work* is called with the name of the client, the server and a size, and returns figures.
    """

    name: str
    work: Callable[[str, Server, int], Figures]
    clients: Sequence[str]
    sizes: Sequence[int]
    #: The kind of server, see `server_process`.
    server: str | None = "responder"
    #: The number of processes for each client, except for *slow_clients*, which get one.
    repetitions: int = 3
    slow_clients: Sequence[str] = ()
    #: The sizes of a quick run, which only checks that everything works.
    quick_sizes: Sequence[int] = (40,)
    #: Tasks on the embedded server, if the size is something else.
    tasks: int | None = None
    #: Whether the embedded server can replace the responder, which it cannot where ids are made up.
    can_use_sandbox: bool = False
    #: Whether every run needs a new server, because it changes the server's data.
    needs_new_server: bool = False

    def task_count(self, size: int, *, quick: bool) -> int:
        """Return the number of tasks of the server for a size."""
        if self.tasks is None:
            return size
        return _QUICK_TASKS if quick else self.tasks


@attrs.frozen
class Result:
    """The result of one client at one size: for each figure the values of all runs."""

    measurement: str
    client: str
    size: int
    figures: dict[str, list[float]]

    def median(self, figure: str) -> float:
        """Return the median of the runs."""
        return statistics.median(self.figures[figure])

    def best(self, figure: str) -> float:
        """Return the best value of the runs: on a shared machine, other processes only make values worse."""
        return max(self.figures[figure]) if figure.endswith("/s") else min(self.figures[figure])

    def spread(self, figure: str) -> tuple[float, float]:
        """Return the least and the greatest value."""
        return min(self.figures[figure]), max(self.figures[figure])


def run(benchmark: ModuleType, *, quick: bool = False, server: str | None = None) -> list[Result]:
    """Return the results of all measurements of a benchmark; *server* replaces the responder where possible."""
    results = []
    for index, measurement in enumerate(benchmark.MEASUREMENTS):
        kind = server if server and measurement.can_use_sandbox else measurement.server
        for size in measurement.quick_sizes if quick else measurement.sizes:
            tasks = measurement.task_count(size, quick=quick)
            runs: dict[str, list[Figures]] = {client: [] for client in measurement.clients}
            with contextlib.ExitStack() as stack:
                shared = None if measurement.needs_new_server else stack.enter_context(server_process(kind, tasks))
                # The clients take turns, so that the load of other processes affects all of them.
                for turn in range(1 if quick else measurement.repetitions):
                    for client in measurement.clients:
                        if turn and client in measurement.slow_clients:
                            continue
                        with contextlib.ExitStack() as run_stack:
                            used = shared or run_stack.enter_context(server_process(kind, tasks))
                            runs[client].append(run_in_process(benchmark, index, client, used, size))
            for client, client_runs in runs.items():
                figures = {name: [each[name] for each in client_runs] for name in client_runs[0]}
                results.append(Result(measurement.name, client, size, figures))
    return results


def run_in_process(benchmark: ModuleType, index: int, client: str, server: Server, size: int) -> Figures:
    """Return the figures of one run of the measurement at *index* in a fresh process.

    Raises `RuntimeError` if the process fails; its own message is on standard error.
    """
    name = benchmark.__name__ if benchmark.__name__ != "__main__" else _module_name(benchmark)
    job = json.dumps([name, index, client, attrs.asdict(server), size])
    with process("-m", "benchmarks.harness", job) as read_line:
        output = read_line()
    if not output:
        raise RuntimeError(f"{name} failed for {client} at {size}; its message is above.")
    figures: Figures = json.loads(output)
    return figures


def _module_name(benchmark: ModuleType) -> str:
    return f"benchmarks.{pathlib.Path(str(benchmark.__file__)).stem}"


def _run_job(job: str) -> None:
    name, index, client, server, size = json.loads(job)
    choose_json(client)
    measurement: Measurement = importlib.import_module(name).MEASUREMENTS[index]
    figures: dict[str, Any] = measurement.work(client, Server(**server), size)
    print(json.dumps(figures), flush=True)


def main(benchmark: ModuleType) -> None:
    """Run one benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=benchmark.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    arguments = parser.parse_args()
    print(question(benchmark))
    results = run(benchmark, quick=arguments.quick, server=arguments.server)
    for line in tables.result_table(results):
        print(line)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that all command lines of benchmarks have."""
    parser.add_argument("--quick", action="store_true", help="small sizes and one run, to check that it works")
    parser.add_argument(
        "--server", choices=("responder", "sandbox"), help="the server, where prepared responses are used"
    )


def question(benchmark: ModuleType) -> str:
    """Return the question of a benchmark, the first line of its docstring."""
    return (benchmark.__doc__ or "").partition("\n")[0]


if __name__ == "__main__":
    _run_job(sys.argv[1])
