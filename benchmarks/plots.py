"""Pictures of the results: both clients beside each other, and how cost grows with size."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # the backend has to be chosen before this is imported

from .clients import OFFICIAL, OURS
from .frame import Result


def draw(results: Sequence[Result], folder: pathlib.Path) -> None:
    """Write beside.svg and growth.svg into *folder*."""
    _beside(results, folder / "beside.svg")
    _growth(results, folder / "growth.svg")


def _beside(results: Sequence[Result], path: pathlib.Path) -> None:
    """Draw what both clients need for the same, as multiples of what this library needs."""
    medians = {(each.measurement, each.size, each.client): each for each in results if "seconds" in each.figures}
    rows = []
    for measurement, size, client in medians:
        ours = medians.get((measurement, size, OURS))
        official = medians.get((measurement, size, OFFICIAL))
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


def _growth(results: Sequence[Result], path: pathlib.Path) -> None:
    """Draw seconds over size, both on logarithmic axes, where proportion is a straight line."""
    lines: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for each in results:
        if "seconds" in each.figures:
            lines.setdefault((each.measurement, each.client), []).append((each.size, each.median("seconds")))
    figure, axes = plt.subplots(figsize=(8, 5))
    for (measurement, client), points in lines.items():
        if len(points) > 1:
            style = "--" if client == OFFICIAL else "-"
            axes.plot(*zip(*sorted(points), strict=True), style, marker="o", label=f"{measurement}, {client}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("size")
    axes.set_ylabel("seconds")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize="small")
    _save(figure, path)


def _save(figure: plt.Figure, path: pathlib.Path) -> None:
    figure.tight_layout()
    # No date and no random ids: the same results make the same file.
    with matplotlib.rc_context({"svg.hashsalt": path.name}):
        figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
