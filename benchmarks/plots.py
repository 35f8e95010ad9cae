"""Plots of the results: the comparison of both clients, and the growth of the cost with the size."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Sequence

import matplotlib

matplotlib.use("Agg")

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt  # the backend has to be chosen before this is imported

from .clients import OFFICIAL, OURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .harness import Result

#: Panels per row in the plot of growth.
_COLUMNS = 3


def draw(results: Sequence[Result], folder: pathlib.Path) -> None:
    """Write beside.svg and growth.svg into *folder*."""
    _draw_comparison(results, folder / "beside.svg")
    _draw_growth(results, folder / "growth.svg")


def _draw_comparison(results: Sequence[Result], path: pathlib.Path) -> None:
    """Draw the time of the official client as a multiple of this library's time."""
    runs = {(each.measurement, each.size, each.client): each for each in results if "seconds" in each.figures}
    rows = []
    for measurement, size, client in runs:
        ours = runs.get((measurement, size, OURS))
        official = runs.get((measurement, size, OFFICIAL))
        if client == OURS and ours is not None and official is not None:
            rows.append((f"{measurement}, {size:,}", official.median("seconds") / ours.median("seconds")))
    if not rows:
        return
    figure, axes = plt.subplots(figsize=(8, 0.5 * len(rows) + 1))
    axes.barh([name for name, _ in rows], [ratio for _, ratio in rows], color="#4c78a8")
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel(f"seconds of {OFFICIAL} for one second of {OURS}")
    for position, (_, ratio) in enumerate(rows):
        axes.annotate(f" {ratio:.0f} ×", (ratio, position), va="center")
    axes.invert_yaxis()
    _save(figure, path)


def _draw_growth(results: Sequence[Result], path: pathlib.Path) -> None:
    """Draw seconds over size on logarithmic axes, one panel per measurement: linear growth is a straight line."""
    panels: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for each in results:
        if "seconds" in each.figures:
            lines = panels.setdefault(each.measurement, {})
            lines.setdefault(each.client, []).append((each.size, each.median("seconds")))
    drawn = {name: lines for name, lines in panels.items() if max(map(len, lines.values())) > 1}
    if not drawn:
        return
    rows = math.ceil(len(drawn) / _COLUMNS)
    figure, grid = plt.subplots(rows, _COLUMNS, figsize=(4 * _COLUMNS, 3 * rows), squeeze=False)
    for axes in grid.flat[len(drawn) :]:
        axes.set_visible(False)
    for axes, (measurement, lines) in zip(grid.flat, drawn.items(), strict=False):
        for client, points in lines.items():
            style = "--" if client == OFFICIAL else "-"
            axes.plot(*zip(*sorted(points), strict=True), style, marker="o", label=client)
        axes.set(title=measurement, xscale="log", yscale="log", xlabel="size", ylabel="seconds")
        axes.legend(fontsize="x-small")
    _save(figure, path)


def _save(figure: Figure, path: pathlib.Path) -> None:
    figure.tight_layout()
    # No date and no random ids: equal results give equal files.
    with matplotlib.rc_context({"svg.hashsalt": path.name}):
        figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
