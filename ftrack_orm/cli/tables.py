"""Edge: rows as tables, and names with values as blocks, within the width of a terminal."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .consoles import console
from .plain_text import printable_text

#: The rows that a table waits for before it chooses the widths of its columns.
ROWS_PER_TABLE: Final = 100
#: A terminal with fewer columns than this for each value gets a block of lines per row instead of a table.
_LEAST_COLUMN_WIDTH: Final = 8


def write_block(values: Mapping[str, Any], title: str) -> None:
    """Write names and values below each other. Long values are wrapped."""
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), title=title or None, title_justify="left"
    )
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in values.items():
        table.add_row(Text(printable_text(name)), _cell(value))
    console().print(table)


def write_tables(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str) -> int:
    """Write tables of the same widths, the first with a head, so that a long result is seen from its beginning."""
    from rich import box
    from rich.table import Table

    target = console()
    iterator, count, widths = iter(rows), 0, None
    if target.width < _LEAST_COLUMN_WIDTH * len(columns):
        for row in iterator:
            write_block(dict(zip(columns, row, strict=True)), "")
            target.print()
            count += 1
        return count
    while True:
        batch = list(itertools.islice(iterator, ROWS_PER_TABLE))
        if not batch and count:
            return count
        table = Table(
            box=box.SIMPLE_HEAD,
            show_header=not count,
            pad_edge=False,
            show_edge=False,
            title=title or None,
            padding=(0, 1, 0, 0),
        )
        cells = [[_cell(value) for value in row] for row in batch]
        widths = widths or _widths(columns, cells, target.width)
        for name, width in zip(columns, widths, strict=True):
            table.add_column(name, width=width, overflow="fold")
        for row in cells:
            table.add_row(*row)
        target.print(table)
        count += len(batch)
        title = ""
        if len(batch) < ROWS_PER_TABLE:
            return count


def _widths(columns: Sequence[str], rows: Sequence[Sequence[Any]], available: int) -> list[int]:
    """Return the widths of the columns. Narrow columns keep their width, and wide ones share the rest.

    Where the terminal is wide enough, no column is narrower than its longest word, so that names stay in one piece.
    """
    from rich.cells import cell_len

    wanted = [max([len(name), *(row[index].cell_len for row in rows)]) for index, name in enumerate(columns)]
    left = available - 2 * (len(columns) - 1)
    widths = [
        max(cell_len(word) for text in (name, *(row[index].plain for row in rows)) for word in text.split() or [" "])
        for index, name in enumerate(columns)
    ]
    if sum(widths) > left:
        widths = [1] * len(columns)
    left -= sum(widths)
    open_columns = sorted(range(len(columns)), key=lambda index: wanted[index] - widths[index])
    while open_columns:
        index = open_columns.pop(0)
        added = max(0, min(wanted[index] - widths[index], left // (len(open_columns) + 1)))
        widths[index] += added
        left -= added
    return widths


def _cell(value: Any) -> Any:
    from rich.text import Text

    return value if isinstance(value, Text) else Text(printable_text(value))
