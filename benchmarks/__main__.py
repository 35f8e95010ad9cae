"""Runs all benchmarks and writes the results: tables in Markdown, JSON, and plots.

    python -m benchmarks [--quick] [--output FOLDER] [--only BENCHMARK ...] [--server responder|sandbox]

The first table compares every target with both clients, measured in the same run. FOLDER is docs/reference/benchmarks
by default, which the documentation includes. Plots need matplotlib (extra "benchmarks") and are left out without it.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import platform
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from . import (
    attribute_reads,
    building,
    commit_with_many_cached,
    ensuring,
    events,
    harness,
    identity_floor,
    latency,
    overlap,
    query_language,
    reading,
    rename_with_many_known,
    round_trips,
    sandbox_page,
    starting,
    streaming,
    tables,
    transfer_memory,
    transfers,
    writing,
)
from .processes import ROOT
from .targets import target_table

if TYPE_CHECKING:
    from .harness import Result

BENCHMARKS = (
    reading,
    identity_floor,
    attribute_reads,
    round_trips,
    streaming,
    overlap,
    writing,
    commit_with_many_cached,
    ensuring,
    rename_with_many_known,
    starting,
    building,
    query_language,
    latency,
    sandbox_page,
    transfers,
    events,
    transfer_memory,
)
FOLDER = ROOT / "docs" / "reference" / "benchmarks"


def page(results: Sequence[Result], machine: Mapping[str, str]) -> str:
    """Return the results as a page in Markdown."""
    parts = [
        f"Measured on {machine['date']} with Python {machine['python']} on {machine['system']}.",
        "\n".join(target_table(results)),
        "Growth of the cost with the size:",
        "\n".join(tables.growth_table(results)),
        "The cookbook's scripts in a production of 20,000 tasks, at several network latencies:",
        "\n".join(tables.cookbook_table(results)),
        "Transfers of many small and of few large files, at two network latencies:",
        "\n".join(tables.transfer_table(results)),
        "All figures:",
        "\n".join(tables.result_table(results)),
    ]
    return "\n\n".join(parts) + "\n"


def write(results: Sequence[Result], folder: pathlib.Path) -> None:
    """Write results.json, table.md and, where matplotlib is installed, the plots into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.system(), "date": time.strftime("%Y-%m-%d")}
    content = {"machine": machine, "results": [attrs.asdict(each) for each in results]}
    (folder / "results.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (folder / "table.md").write_text(page(results, machine), encoding="utf-8")
    try:
        from . import plots
    except ModuleNotFoundError as error:
        print(f"No plots: {error.name} is not installed (pip install '.[benchmarks]').")
        return
    plots.draw(results, folder)


def main() -> None:
    """Run the benchmarks named on the command line, print the tables and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    harness.add_options(parser)
    parser.add_argument("--output", type=pathlib.Path, default=FOLDER)
    names = [benchmark.__name__.rpartition(".")[2] for benchmark in BENCHMARKS]
    parser.add_argument("--only", nargs="+", choices=names, help="only these benchmarks")
    arguments = parser.parse_args()
    results: list[Result] = []
    for name, benchmark in zip(names, BENCHMARKS, strict=True):
        if arguments.only and name not in arguments.only:
            continue
        print(f"{name}: {harness.question(benchmark)}", flush=True)
        results += harness.run(benchmark, quick=arguments.quick, server=arguments.server)
    for table in (target_table, tables.growth_table, tables.cookbook_table, tables.transfer_table):
        print("\n".join(table(results)))
    write(results, arguments.output)


if __name__ == "__main__":
    main()
