"""The results of benchmarks as Markdown tables."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .clients import OFFICIAL, OURS

if TYPE_CHECKING:
    from .harness import Result

#: How the measurements of `latency` are named, which have a table of their own.
COOKBOOK_PREFIX = "cookbook: "
#: How those of `transfers` are named. Their size, like that of the cookbook, is a network latency.
TRANSFER_PREFIX = "transfer: "


def result_table(results: Sequence[Result]) -> list[str]:
    """Return the lines of a table of all figures: medians, spreads, ratios to this library, and exponents."""
    head = ("measured", "size", "client", "figure", "median", "least", "greatest", f"÷ {OURS}")
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    ours = {(each.measurement, each.size): each for each in results if each.client == OURS}
    for each in results:
        ours_beside = ours.get((each.measurement, each.size))
        for figure in each.figures:
            low, high = each.spread(figure)
            cells = (each.measurement, f"{each.size:,}", each.client, figure)
            numbers = " | ".join(f"{number:.4g}" for number in (each.median(figure), low, high))
            lines.append(f"| {' | '.join(cells)} | {numbers} | {_ratio(each, ours_beside, figure)} |")
    for (measurement, client), slope in exponents(results).items():
        lines.append(f"| {measurement} | all | {client} | exponent of seconds | {slope:.2f} | | | |")
    return lines


def growth_table(results: Sequence[Result]) -> list[str]:
    """Return the lines of the table of exponents: 1 means in proportion to the size."""
    lines = ["| measured | client | exponent |", "|---|---|---|"]
    results = [each for each in results if not each.measurement.startswith((COOKBOOK_PREFIX, TRANSFER_PREFIX))]
    for figure in ("seconds", "warm seconds"):
        for (measurement, client), slope in exponents(results, figure).items():
            name = measurement if figure == "seconds" else f"{measurement}, warm"
            lines.append(f"| {name} | {client} | {slope:.2f} |")
    return lines


def cookbook_table(results: Sequence[Result]) -> list[str]:
    """Return the lines of the table of the cookbook's scripts at several network latencies."""
    return _latency_table(results, COOKBOOK_PREFIX, "script")


def transfer_table(results: Sequence[Result]) -> list[str]:
    """Return the lines of the table of transfers at several network latencies."""
    return _latency_table(results, TRANSFER_PREFIX, "transfer")


def _latency_table(results: Sequence[Result], prefix: str, title: str) -> list[str]:
    """Return the lines of a table of the measurements with *prefix*, whose size is a network latency."""
    lines = [
        f"| {title} | latency | official: requests | seconds | ftrack_orm: requests | seconds | times faster |",
        "|---|---|---|---|---|---|---|",
    ]
    runs = {(each.measurement, each.size, each.client): each for each in results}
    names = dict.fromkeys(each.measurement for each in results if each.measurement.startswith(prefix))
    for measured in names:
        for size in sorted({size for name, size, _ in runs if name == measured}):
            official, ours = runs[measured, size, OFFICIAL], runs[measured, size, OURS]
            cells = [measured.removeprefix(prefix), f"{size} ms"]
            for each in (official, ours):
                cells += [f"{each.median('requests'):.0f}", f"{each.median('seconds'):.2f}"]
            cells.append(f"{official.median('seconds') / ours.median('seconds'):.1f}")
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def exponents(results: Sequence[Result], figure: str = "seconds") -> dict[tuple[str, str], float]:
    """Return the growth of a figure with the size by measurement and client: 1 is linear, 2 is quadratic."""
    groups: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for each in results:
        if figure in each.figures and each.median(figure) > 0 and each.size > 0:
            point = math.log(each.size), math.log(each.median(figure))
            groups.setdefault((each.measurement, each.client), []).append(point)
    return {
        group: statistics.linear_regression(*zip(*points, strict=True)).slope
        for group, points in groups.items()
        if len({size for size, _ in points}) > 1
    }


def _ratio(result: Result, ours: Result | None, figure: str) -> str:
    """Return the ratio of another client's figure to that of this library, if both have one."""
    if ours is None or ours is result or not ours.figures.get(figure) or not ours.median(figure):
        return ""
    return f"{result.median(figure) / ours.median(figure):.3g}"
