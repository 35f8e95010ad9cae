"""Pure: the requests of a profile as an HTML table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .markup import Markup, table, text


def profile_html(headings: Sequence[str], rows: Sequence[Sequence[str]], notes: Iterable[str]) -> Markup:
    """Return the *rows* of a profile, the last of which are its sums. Columns before the last two are numbers."""
    cells: list[list[object]] = [[*map(_number, row[:-2]), *row[-2:]] for row in rows]
    if cells:
        cells[-1] = [Markup(f"<b>{_number(cell)}</b>") for cell in rows[-1]]
    return table(headings, cells, notes=notes)


def _number(content: str) -> Markup:
    return Markup(f'<span style="white-space:nowrap">{text(content)}</span>')
