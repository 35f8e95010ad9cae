"""Pure: a picture of a schema as SVG text.

The lines of a box lead to their types by links, and its relations are emphasized while the pointer is over the box.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

from .drawing import LINE

if TYPE_CHECKING:
    from .drawing import Box, Drawing

_STYLE: Final = """
svg { background: #fff; font: 12px sans-serif }
rect { fill: #f7f7f9; stroke: #8a8fa3 }
text { fill: #222 }
.name { font-weight: bold }
path { fill: none; stroke: #b9bdcb; opacity: .55 }
.base { stroke-dasharray: 5 4; stroke: #6b7aa8 }
.type:hover rect { stroke: #d2691e; stroke-width: 2 }
:target rect { fill: #fff3d6 }
@media (prefers-color-scheme: dark) {
  svg { background: #1e1f26 } rect { fill: #2b2d38; stroke: #7d8299 } text { fill: #e6e6ea }
  path { stroke: #5a5f73 } :target rect { fill: #4d3d1a }
}
"""
#: The lines of a type while the pointer is over its box.
_EMPHASIS: Final = "svg:has(#{name}:hover) .from-{name} path {{ stroke: #d2691e; opacity: 1; stroke-width: 2 }}\n"


def svg(drawing: Drawing, title: str) -> str:
    """Return the text of an SVG file; *title* is its accessible name."""
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    root = ElementTree.Element(
        "svg", xmlns="http://www.w3.org/2000/svg", width=width, height=height, viewBox=f"0 0 {width} {height}"
    )
    _add(root, "title", title)
    boxes = {box.name: box for box in drawing.boxes}
    _add(root, "style", _STYLE + "".join(_EMPHASIS.format(name=name) for name in boxes if name.isidentifier()))
    for box in drawing.boxes:
        # All lines come before the boxes, so that they run behind them.
        lines = _add(root, "g", **{"class": f"from-{box.name}"})
        if box.base in boxes:
            _draw_line(lines, box, LINE, boxes[box.base], **{"class": "base"})
        for number, relation in enumerate(box.relations, 2):
            if relation.box in boxes:
                _draw_line(lines, box, number * LINE - LINE / 4, boxes[relation.box])
    for box in drawing.boxes:
        _draw_box(_add(root, "g", id=box.name, **{"class": "type"}), box)
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _draw_box(group: ElementTree.Element, box: Box) -> None:
    scalars = f": {', '.join(box.scalars)}" if box.scalars else ""
    _add(group, "title", f"{box.title}{scalars}")
    _add(group, "rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=4)
    _add(group, "text", box.title, x=box.x + LINE / 2, y=box.y + LINE, **{"class": "name"})
    for number, relation in enumerate(box.relations, 2):
        link = _add(group, "a", href=f"#{relation.box}")
        _add(link, "text", relation.words, x=box.x + LINE, y=box.y + number * LINE)


def _draw_line(group: ElementTree.Element, box: Box, down: float, target: Box, **attributes: str) -> None:
    """Draw a curve from a line of *box* to the side of *target* that faces it."""
    if box.name == target.name:
        return
    to_the_right = target.x >= box.x + box.width / 2
    x, y = (box.x + box.width if to_the_right else box.x), box.y + down
    end = target.x if to_the_right else target.x + target.width
    bend = max(abs(end - x) / 2, 2.0 * LINE) * (1 if to_the_right else -1)
    end_y = target.y + LINE
    d = f"M{x:g},{y:g} C{x + bend:g},{y:g} {end - bend:g},{end_y:g} {end:g},{end_y:g}"
    _add(group, "path", d=d, **attributes)


def _add(parent: ElementTree.Element, tag: str, text: str | None = None, **attributes: Any) -> ElementTree.Element:
    written = {name: each if isinstance(each, str) else f"{each:g}" for name, each in attributes.items()}
    element = ElementTree.SubElement(parent, tag, written)
    element.text = text
    return element
