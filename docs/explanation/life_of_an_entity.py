"""Draws the states of an entity from the table of the code: `python docs/explanation/life_of_an_entity.py`."""

from __future__ import annotations

import html
from pathlib import Path

from ftrack_orm.entities.lifecycle import TRANSITIONS, Lifecycle

#: The centres of the states. None is the beginning of a life.
POSITIONS = {
    None: (60, 210),
    Lifecycle.PENDING: (310, 70),
    Lifecycle.PERSISTENT: (310, 350),
    Lifecycle.TRANSIENT: (790, 70),
    Lifecycle.DELETED: (790, 350),
    Lifecycle.DETACHED: (550, 210),
}
WIDTH, HEIGHT = 900, 460
BOX_WIDTH, BOX_HEIGHT, CIRCLE_RADIUS = 150, 46, 9
#: The height at which an arrow runs that would cross states on its straight way.
DETOUR = 430
STYLE = """
    text { font: 14px system-ui, sans-serif; fill: #1b2733 }
    .cause { font-size: 12.5px; paint-order: stroke; stroke: #ffffff; stroke-width: 9px }
    rect { fill: #e8f0f8; stroke: #35618f; stroke-width: 1.5 }
    path { fill: none; stroke: #35618f; stroke-width: 1.5 }
    circle, marker path { fill: #35618f; stroke: none }
"""


def picture() -> str:
    """Return the picture of `TRANSITIONS` as SVG."""
    arrows = [
        arrow(before, transition.after, transition.cause)
        for transition in TRANSITIONS
        for before in transition.before or (None,)
    ]
    x, y = POSITIONS[None]
    states = [f'<circle cx="{x}" cy="{y}" r="{CIRCLE_RADIUS}"/>', *(box(state) for state in Lifecycle)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            "<title>The states of an entity and the causes of their changes</title>",
            f"<style>{STYLE}</style>",
            '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"'
            ' orient="auto"><path d="M0 0 L10 5 L0 10 z"/></marker></defs>',
            f'<rect x="0" y="0" width="{WIDTH}" height="{HEIGHT}" style="fill: #ffffff; stroke: none"/>',
            *(line for line, _ in arrows),
            *states,
            *(label for _, label in arrows),
            "</svg>",
            "",
        ]
    )


def box(state: Lifecycle) -> str:
    """Return the box of *state* with its name."""
    x, y = POSITIONS[state]
    left, top = x - BOX_WIDTH // 2, y - BOX_HEIGHT // 2
    return (
        f'<rect x="{left}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8"/>'
        f'<text x="{x}" y="{y + 5}" text-anchor="middle">{state.name}</text>'
    )


def arrow(before: Lifecycle | None, after: Lifecycle, cause: str) -> tuple[str, str]:
    """Return the line of a transition, and its label."""
    start, end = POSITIONS[before], POSITIONS[after]
    if before is None and end[0] > WIDTH // 2:
        way = [start, (start[0], DETOUR), (end[0], DETOUR), edge(after, (end[0], DETOUR))]
        middle = ((start[0] + end[0]) // 2, DETOUR)
    else:
        way = [edge(before, end), edge(after, start)]
        middle = ((way[0][0] + way[1][0]) // 2, (way[0][1] + way[1][1]) // 2)
    steps = " L".join(f"{x} {y}" for x, y in way)
    label = f'<text class="cause" x="{middle[0]}" y="{middle[1] + 4}" text-anchor="middle">{html.escape(cause)}</text>'
    return f'<path d="M{steps}" marker-end="url(#head)"/>', label


def edge(state: Lifecycle | None, towards: tuple[int, int]) -> tuple[int, int]:
    """Return the point at which the line from the centre of *state* to *towards* leaves its box."""
    x, y = POSITIONS[state]
    dx, dy = towards[0] - x, towards[1] - y
    half_width, half_height = (BOX_WIDTH // 2, BOX_HEIGHT // 2) if state else (CIRCLE_RADIUS, CIRCLE_RADIUS)
    share = min(half_width / abs(dx) if dx else 1.0, half_height / abs(dy) if dy else 1.0)
    return round(x + dx * share), round(y + dy * share)


if __name__ == "__main__":
    Path(__file__).with_name("life-of-an-entity.svg").write_text(picture(), encoding="utf-8")
