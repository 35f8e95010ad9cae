"""Draws the requests of a loop with and without peers: `python docs/explanation/n_plus_one.py`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

#: The tasks of the loop in the picture, and those of the loop in the sentence below it.
TASKS, MANY_TASKS = 3, 1000
#: The relations that the loop reads, one after the other, and the colours of their requests.
HOPS = (("parent", "#d08a2e"), ("project", "#5b9a68"))
QUERY_COLOR = "#35618f"
WIDTH, HEIGHT = 880, 310
LEFT, RIGHT = 40, 460
BAR_WIDTH, BAR_HEIGHT, BAR_DISTANCE = 380, 26, 34
TITLE_TOP, BARS_TOP, LINE_HEIGHT = 34, 52, 20

#: A request: its text and its colour.
Bar = tuple[str, str]


def requests_for_each(tasks: int) -> list[Bar]:
    """Return the requests of a loop that makes one for each entity and hop."""
    bars = [(f"{tasks} tasks", QUERY_COLOR)]
    owner = "task"
    for name, color in HOPS:
        bars += [(f"{name} of {owner} {number}", color) for number in range(1, tasks + 1)]
        owner = name
    return bars


def requests_of_peers(tasks: int) -> list[Bar]:
    """Return the requests of a loop that makes one for each hop."""
    bars = [(f"{tasks} tasks", QUERY_COLOR)]
    owner = "tasks"
    for name, color in HOPS:
        bars.append((f"{name}s of all {tasks} {owner}", color))
        owner = f"{name}s"
    return bars


def picture() -> str:
    """Return both columns of requests as SVG."""
    peers = requests_of_peers(TASKS)
    many, few = len(requests_for_each(MANY_TASKS)), len(requests_of_peers(MANY_TASKS))
    note_top = BARS_TOP + len(peers) * BAR_DISTANCE + BAR_HEIGHT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            ' font-family="system-ui, sans-serif" font-size="15">',
            "<title>Requests of a loop over three tasks that reads two hops</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            '<g fill="#1b2733">',
            *column(LEFT, "One request for each entity and hop", requests_for_each(TASKS)),
            *column(RIGHT, "Peers: one request for each hop", peers),
            note(note_top, f"Each bar is a request. With {MANY_TASKS:,} tasks, the left"),
            note(note_top + LINE_HEIGHT, f"column has {many:,} bars, and the right one has {few:,}."),
            "</g>",
            "</svg>",
            "",
        ]
    )


def column(left: int, title: str, bars: Sequence[Bar]) -> list[str]:
    """Return a column of requests below its title."""
    lines = [f'<text x="{left}" y="{TITLE_TOP}" font-weight="600">{title}</text>']
    for number, (text, color) in enumerate(bars):
        top = BARS_TOP + number * BAR_DISTANCE
        lines.append(
            f'<rect x="{left}" y="{top}" width="{BAR_WIDTH}" height="{BAR_HEIGHT}" rx="5" fill="{color}"/>'
            f'<text x="{left + 12}" y="{top + 18}" fill="#ffffff">{text}</text>'
        )
    return lines


def note(top: int, text: str) -> str:
    """Return a line of the note below the column on the right."""
    return f'<text x="{RIGHT}" y="{top}" font-size="14">{text}</text>'


if __name__ == "__main__":
    Path(__file__).with_name("n-plus-one.svg").write_text(picture(), encoding="utf-8")
