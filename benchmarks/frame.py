"""How everything here is measured: each client in a process of its own, against the same server, several times.

A question is a module with a docstring that asks it and a list `MEASUREMENTS`. `run(question)` answers it: for each
measurement and client it starts a fresh process that does the work and prints its figures; the server, if one is
needed, is a further process. `main(question)` is what a question's own command line does.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import attrs

from .clients import OURS, choose_json

ROOT = pathlib.Path(__file__).parent.parent

#: Figures by name, as one run of a measurement gives them. The unit is part of the name.
Figures = dict[str, float]


@attrs.frozen
class Server:
    """Where a measurement's server is, and a folder where sessions may keep the schema."""

    url: str
    folder: str
    user: str = "benchmark"
    api_key: str = "benchmark"


@attrs.frozen
class Measurement:
    """One thing to find out: *work* is done by each of *clients* in a process of its own, at each of *sizes*.

    *work* is called with the client's name, the server and a size, and returns figures. *server* is what it needs:
    "responder" for prepared answers, "sandbox" for the embedded server, None for nothing. *repeat* is the number of
    processes for each client but those in *slow*, which get one.
    """

    name: str
    work: Callable[[str, Server, int], Figures]
    clients: Sequence[str]
    sizes: Sequence[int]
    server: str | None = "responder"
    repeat: int = 3
    slow: Sequence[str] = ()
    #: Sizes to use when only a look at whether it works is wanted.
    quick_sizes: Sequence[int] = (40,)
    #: Tasks on the embedded server, where the size is something else.
    tasks: int | None = None
    #: Whether the embedded server can take the responder's place, which it cannot where ids are made up.
    is_portable: bool = False
    #: Whether every run needs a server of its own, because it leaves something behind.
    is_fresh: bool = False


@attrs.frozen
class Result:
    """What one client needed at one size: for each figure the value of every run."""

    measurement: str
    client: str
    size: int
    figures: dict[str, list[float]]

    def median(self, figure: str) -> float:
        """Return the middle of the runs' values."""
        return statistics.median(self.figures[figure])

    def best(self, figure: str) -> float:
        """Return the best of the runs' values: on a shared machine, what is worse is somebody else's work."""
        return max(self.figures[figure]) if figure.endswith("/s") else min(self.figures[figure])

    def spread(self, figure: str) -> tuple[float, float]:
        """Return the least and the greatest of the runs' values."""
        return min(self.figures[figure]), max(self.figures[figure])


def run(question: ModuleType, *, quick: bool = False, server: str | None = None) -> list[Result]:
    """Return the results of all measurements of a question; *server* replaces the responder where one can."""
    results = []
    for index, measurement in enumerate(question.MEASUREMENTS):
        kind = server if server and measurement.is_portable else measurement.server
        for size in measurement.quick_sizes if quick else measurement.sizes:
            tasks = size if measurement.tasks is None else 300 if quick else measurement.tasks
            runs: dict[str, list[Figures]] = {client: [] for client in measurement.clients}
            with contextlib.ExitStack() as shared:
                place = None if measurement.is_fresh else shared.enter_context(_serving(kind, tasks))
                # The clients take turns, so that what else the machine does falls on all of them.
                for turn in range(1 if quick else measurement.repeat):
                    for client in measurement.clients:
                        if turn and client in measurement.slow:
                            continue
                        with contextlib.ExitStack() as own:
                            used = place or own.enter_context(_serving(kind, tasks))
                            runs[client].append(_in_a_process(question, index, client, used, size))
            for client, gathered in runs.items():
                figures = {name: [each[name] for each in gathered] for name in gathered[0]}
                results.append(Result(measurement.name, client, size, figures))
    return results


def exponents(results: Sequence[Result], figure: str = "seconds") -> dict[tuple[str, str], float]:
    """Return, by measurement and client, how the figure grows with the size: 1 is in proportion, 2 with its square."""
    groups: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for each in results:
        if figure in each.figures and each.median(figure) > 0:
            point = math.log(each.size), math.log(each.median(figure))
            groups.setdefault((each.measurement, each.client), []).append(point)
    return {
        group: statistics.linear_regression(*zip(*points, strict=True)).slope
        for group, points in groups.items()
        if len({size for size, _ in points}) > 1
    }


def main(question: ModuleType) -> None:
    """Answer one question on the command line."""
    parser = argparse.ArgumentParser(description=question.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run: does it work?")
    parser.add_argument("--server", choices=("responder", "sandbox"), help="what answers, where prepared answers would")
    arguments = parser.parse_args()
    print((question.__doc__ or "").partition("\n")[0])
    results = run(question, quick=arguments.quick, server=arguments.server)
    for line in table(results):
        print(line)


def table(results: Sequence[Result]) -> list[str]:
    """Return the lines of a Markdown table of results: medians, spreads, ratios to this library, and how they grow."""
    head = ("measured", "size", "client", "figure", "median", "least", "greatest", f"÷ {OURS}")
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    ours = {(each.measurement, each.size): each for each in results if each.client == OURS}
    for each in results:
        beside = ours.get((each.measurement, each.size))
        for figure in each.figures:
            low, high = each.spread(figure)
            cells = (each.measurement, f"{each.size:,}", each.client, figure)
            numbers = " | ".join(f"{number:.4g}" for number in (each.median(figure), low, high))
            lines.append(f"| {' | '.join(cells)} | {numbers} | {_ratio(each, beside, figure)} |")
    for (measurement, client), slope in exponents(results).items():
        lines.append(f"| {measurement} | all | {client} | exponent of seconds | {slope:.2f} | | | |")
    return lines


def _ratio(result: Result, ours: Result | None, figure: str) -> str:
    """Return how many times this library's figure another client's is, where both have one."""
    if ours is None or ours is result or not ours.figures.get(figure) or not ours.median(figure):
        return ""
    return f"{result.median(figure) / ours.median(figure):.3g}"


@contextlib.contextmanager
def process(*arguments: str) -> Iterator[Callable[[], str]]:
    """Run a Python process until the block ends; what is given reads a line of its output."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    assert running.stdout is not None
    output = running.stdout
    try:
        yield lambda: output.readline().strip()
    finally:
        running.terminate()
        running.wait()
        output.close()


@contextlib.contextmanager
def sandbox(*options: str) -> Iterator[Server]:
    """Run an embedded server of its own in a process of its own."""
    command_line = "from ftrack_orm.cli import main; main()"
    with tempfile.TemporaryDirectory() as folder, process("-c", command_line, "sandbox", *options) as line:
        url, user, key = (line().partition("=")[2] for _ in range(3))
        yield Server(url, folder, user, key)


@contextlib.contextmanager
def _serving(kind: str | None, size: int) -> Iterator[Server]:
    if kind == "sandbox":
        with sandbox("--seed", "demo", "--tasks", str(size)) as server:
            yield server
    elif kind == "responder":
        with tempfile.TemporaryDirectory() as folder, process("-m", "benchmarks.responder", str(size)) as line:
            yield Server(line(), folder)
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Server("", folder)


def _in_a_process(question: ModuleType, index: int, client: str, server: Server, size: int) -> Figures:
    name = f"{question.__name__}" if question.__name__ != "__main__" else _module_name(question)
    job = json.dumps([name, index, client, attrs.asdict(server), size])
    with process("-m", "benchmarks.frame", job) as line:
        told = line()
    if not told:
        raise RuntimeError(f"{name} failed for {client} at {size}; its message is above.")
    figures: Figures = json.loads(told)
    return figures


def _module_name(question: ModuleType) -> str:
    return f"benchmarks.{pathlib.Path(str(question.__file__)).stem}"


def _job(text: str) -> None:
    import importlib

    name, index, client, server, size = json.loads(text)
    choose_json(client)
    measurement: Measurement = importlib.import_module(name).MEASUREMENTS[index]
    figures: dict[str, Any] = measurement.work(client, Server(**server), size)
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    _job(sys.argv[1])
