"""Pure: pieces of HTML for notebooks. All text is escaped, and links lead to web pages only."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

#: Characters of a text in a cell.
_TEXT_LENGTH: Final = 200
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")
_ADDRESS: Final = re.compile(r"https?://", re.IGNORECASE)
_PICTURE: Final = re.compile(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]+")
_LEFT: Final = "text-align:left"
_RIGHT: Final = "text-align:right"


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: object, limit: int = _TEXT_LENGTH) -> Markup:
    """Return the beginning of a text, escaped. Characters that cannot be shown are written as in Python's strings."""
    shown = str(value)
    if len(shown) > limit:
        shown = f"{shown[:limit]}…"
    if not shown.isprintable():
        shown = "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in shown)
    return Markup(html.escape(shown))


def link(content: object, url: str | None) -> Markup:
    """Return *content* as a link to *url*, or by itself for anything but the address of a web page."""
    if url is None or not _ADDRESS.match(url):
        return markup_of(content)
    return Markup(f'<a href="{html.escape(url)}" target="_blank" rel="noopener noreferrer">{markup_of(content)}</a>')


def picture(source: str | None) -> Markup:
    """Return the picture of a `data:` address; nothing for any other address, which may need or hold credentials."""
    if source is None or not _PICTURE.fullmatch(source):
        return Markup()
    return Markup(f'<img src="{source}" alt="" style="max-width:96px;max-height:54px">')


def colored(content: object, color: Any) -> Markup:
    """Return *content* behind a dot in *color*, or by itself if that is no color as ftrack writes them."""
    if not isinstance(color, str) or not _COLOR.fullmatch(color):
        return markup_of(content)
    return Markup(f'<span style="color:{color}">●</span>&nbsp;{markup_of(content)}')


def table(
    headings: Sequence[object], rows: Iterable[Sequence[object]], *, caption: object = "", notes: Iterable[object] = ()
) -> Markup:
    """Return an HTML table with a *caption* above and *notes* below. Numbers are aligned to the right."""
    parts = ["<table>"]
    if caption:
        parts.append(f'<caption style="{_LEFT}">{markup_of(caption)}</caption>')
    head = "".join(f'<th style="{_LEFT}">{markup_of(heading)}</th>' for heading in headings)
    parts.append(f"<thead><tr>{head}</tr></thead><tbody>")
    for row in rows:
        cells = "".join(
            f'<td style="{_RIGHT if isinstance(cell, (int, float)) else _LEFT}">{markup_of(cell)}</td>' for cell in row
        )
        parts.append(f"<tr>{cells}</tr>")
    parts.append("</tbody></table>")
    parts += [f"<div><small>{markup_of(note)}</small></div>" for note in notes]
    return Markup("".join(parts))


def markup_of(content: object) -> Markup:
    """Return *content* as HTML: escaped, unless it is HTML already."""
    return content if isinstance(content, Markup) else text(content)
