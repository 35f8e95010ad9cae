"""Answers all questions and writes what came out: a table in Markdown and JSON, and plots.

    python -m benchmarks [--quick] [--output FOLDER] [--only QUESTION ...] [--server responder|sandbox]

The table holds every target against both clients, measured in this one run. FOLDER is docs/reference/benchmarks when
left out, from where the documentation includes it. Plots need matplotlib (extra "benchmarks"), and are left out
without it.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import platform
import time
from collections.abc import Sequence

import attrs

from . import (
    attribute_reads,
    building,
    commit_with_many_cached,
    frame,
    identity_floor,
    latency,
    overlap,
    query_language,
    reading,
    round_trips,
    sandbox_page,
    starting,
    streaming,
    writing,
)
from .clients import OFFICIAL, OURS
from .frame import Result
from .targets import TARGETS, Book

QUESTIONS = (
    reading,
    identity_floor,
    attribute_reads,
    round_trips,
    streaming,
    overlap,
    writing,
    commit_with_many_cached,
    starting,
    building,
    query_language,
    latency,
    sandbox_page,
)
FOLDER = frame.ROOT / "docs" / "reference" / "benchmarks"


def target_table(results: Sequence[Result]) -> list[str]:
    """Return the lines of the table of targets; what was not measured is left out."""
    book = Book(results)
    lines = ["| question | official client then | wanted | official now | ftrack_orm | |", "|---|---|---|---|---|---|"]
    for target in TARGETS:
        try:
            judged = target.judge(book)
        except KeyError:
            continue
        verdict = "holds" if judged.holds else "**does not hold**"
        note = f"{verdict}; {judged.note}" if judged.note else verdict
        cells = (target.question, target.then, target.wanted, judged.official, judged.ours, note)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def growth_table(results: Sequence[Result]) -> list[str]:
    """Return the lines of the table of exponents: 1 is in proportion to the size."""
    lines = ["| measured | client | exponent |", "|---|---|---|"]
    results = [each for each in results if not each.measurement.startswith("cookbook")]
    for figure in ("seconds", "warm seconds"):
        for (measurement, client), slope in frame.exponents(results, figure).items():
            name = measurement if figure == "seconds" else f"{measurement}, warm"
            lines.append(f"| {name} | {client} | {slope:.2f} |")
    return lines


def cookbook_table(results: Sequence[Result]) -> list[str]:
    """Return the lines of the table of the cookbook's scripts over lines of several lengths."""
    lines = [
        "| script | line | official: requests | seconds | ftrack_orm: requests | seconds | times faster |",
        "|---|---|---|---|---|---|---|",
    ]
    runs = {(each.measurement, each.size, each.client): each for each in results}
    for script in latency.MEASUREMENTS:
        for size in sorted({size for name, size, _ in runs if name == script.name}):
            theirs, ours = runs[script.name, size, OFFICIAL], runs[script.name, size, OURS]
            cells = [script.name.removeprefix("cookbook: "), f"{size} ms"]
            for each in (theirs, ours):
                cells += [f"{each.median('requests'):.0f}", f"{each.median('seconds'):.2f}"]
            cells.append(f"{theirs.median('seconds') / ours.median('seconds'):.1f}")
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def write(results: Sequence[Result], folder: pathlib.Path) -> None:
    """Write results.json, table.md and, where matplotlib is installed, the plots into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.system(), "date": time.strftime("%Y-%m-%d")}
    book = {"machine": machine, "results": [attrs.asdict(each) for each in results]}
    (folder / "results.json").write_text(json.dumps(book, indent=1) + "\n", encoding="utf-8")
    parts = [
        f"Measured on {machine['date']} with Python {machine['python']} on {machine['system']}.",
        "\n".join(target_table(results)),
        "How cost grows with size:",
        "\n".join(growth_table(results)),
        "The cookbook's scripts in a production of 20,000 tasks, over lines of several lengths:",
        "\n".join(cookbook_table(results)),
        "Everything that was measured:",
        "\n".join(frame.table(results)),
    ]
    (folder / "table.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    try:
        from . import plots
    except ModuleNotFoundError as error:
        print(f"No plots: {error.name} is not installed (pip install '.[benchmarks]').")
        return
    plots.draw(results, folder)


def main() -> None:
    """Run the questions that the command line names, print the tables and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run: does everything work?")
    parser.add_argument("--output", type=pathlib.Path, default=FOLDER)
    names = [question.__name__.rpartition(".")[2] for question in QUESTIONS]
    parser.add_argument("--only", nargs="+", choices=names, help="only these questions")
    parser.add_argument("--server", choices=("responder", "sandbox"), help="what answers, where prepared answers would")
    arguments = parser.parse_args()
    results: list[Result] = []
    for name, question in zip(names, QUESTIONS, strict=True):
        if arguments.only and name not in arguments.only:
            continue
        print(f"{name}: {(question.__doc__ or '').partition(chr(10))[0]}", flush=True)
        results += frame.run(question, quick=arguments.quick, server=arguments.server)
    for line in (*target_table(results), *growth_table(results), *cookbook_table(results)):
        print(line)
    write(results, arguments.output)


if __name__ == "__main__":
    main()
