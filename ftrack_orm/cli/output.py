"""Edge: the output of commands: tables and texts for people, lines for pipes, JSON for programs.

Results go to the standard output, all else to the standard error output. On a terminal, tables have colours and fit its
width. In a pipe, rows are lines whose values are separated by tabs, without colours, progress or notes.
"""

from __future__ import annotations

import itertools
import os
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from .json_output import to_json
from .plain_text import printable_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

__all__ = ["Output", "printable_text", "write_error"]

#: The rows that a table waits for before it chooses the widths of its columns.
ROWS_PER_TABLE: Final = 100
#: A terminal with fewer columns than this for each value gets a block of lines per row instead of a table.
_LEAST_COLUMN_WIDTH: Final = 8


def is_terminal(stream: Any) -> bool:
    """Return whether a stream is a terminal."""
    return bool(getattr(stream, "isatty", bool)())


def console(*, stderr: bool = False) -> Console:
    """Return a console for one of the outputs, with colours only on a terminal and without `NO_COLOR`."""
    from rich.console import Console

    system: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Console(stderr=stderr, color_system=system, highlight=False, markup=False, emoji=False)


def write_error(text: str, documentation: str | None = None) -> None:
    """Write a text to the standard error output. A terminal shows it in red, and the address of a page below it."""
    if is_terminal(sys.stderr):
        _print(console(stderr=True), text, "red")
        if documentation is not None:
            _print(console(stderr=True), f"See {documentation}", "dim")
    else:
        click.echo(text, err=True)


def _print(target: Console, text: str, style: str | None) -> None:
    """Print a text that is wrapped between words. A long word, such as a URL, stays in one piece for copying."""
    wrapped = [
        part
        for line in text.split("\n")
        for part in (
            [line]
            if len(line) <= target.width
            else textwrap.wrap(line, target.width, break_long_words=False, break_on_hyphens=False)
        )
    ]
    target.print("\n".join(wrapped), style=style, soft_wrap=True)


class Output:
    """The output of a command. *json* says whether its result is JSON."""

    def __init__(self, json: bool = False) -> None:
        self.json = json

    @property
    def is_terminal(self) -> bool:
        """Whether people see the result as it is written."""
        return is_terminal(sys.stdout)

    @property
    def is_talkative(self) -> bool:
        """Whether notes and progress are shown: both outputs are terminals, and the result is not JSON."""
        return self.is_terminal and is_terminal(sys.stderr) and not self.json

    def write(self, text: str, style: str | None = None) -> None:
        """Write a line of the result for people. *style* is one of rich, such as "bold" or "green"."""
        text = printable_text(text, keep_lines=True)
        if self.is_terminal:
            _print(console(), text, style)
        else:
            click.echo(text)

    def write_json(self, value: Any) -> None:
        """Write a value as JSON: indented on a terminal, in one line in a pipe."""
        click.echo(to_json(value, indent=2 if self.is_terminal else None))

    def write_renderable(self, renderable: Any) -> None:
        """Write an object of rich, such as a table, to a terminal."""
        console().print(renderable)

    def write_record(self, values: Mapping[str, Any], title: str = "") -> None:
        """Write names and values: as JSON, as aligned lines on a terminal, or separated by a tab in a pipe."""
        if self.json:
            self.write_json(values)
        elif self.is_terminal:
            _write_block(values, title)
        else:
            for name, value in values.items():
                click.echo(f"{name}\t{printable_text(value)}")

    def write_rows(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> int:
        """Write rows while they arrive, and return their number.

        A cell is a value or a `rich.text.Text` with a colour of its own. JSON is a list of objects. On a terminal the
        first rows decide the widths of the columns. In a pipe the first line has the names of the columns.
        """
        if self.json:
            return _write_list(dict(zip(columns, row, strict=True)) for row in rows)
        if self.is_terminal:
            return _write_tables(columns, rows, title)
        click.echo("\t".join(columns))
        count = 0
        for row in rows:
            click.echo("\t".join(map(printable_text, row)))
            count += 1
        return count

    def write_row(self, values: Iterable[Any]) -> None:
        """Write one row at once, with values that are separated by tabs."""
        click.echo("\t".join(map(printable_text, values)))
        sys.stdout.flush()

    def write_lines(self, values: Iterable[Any]) -> int:
        """Write values while they arrive, each as one line of JSON, and return their number."""
        count = 0
        for value in values:
            click.echo(to_json(value))
            sys.stdout.flush()
            count += 1
        return count

    def note(self, text: str) -> None:
        """Write a note about the work to the standard error output of a terminal. Pipes get no notes."""
        if self.is_talkative:
            _print(console(stderr=True), printable_text(text, keep_lines=True), "dim")

    def warn(self, text: str) -> None:
        """Write a warning to the standard error output, also in a pipe."""
        text = printable_text(text, keep_lines=True)
        if is_terminal(sys.stderr):
            _print(console(stderr=True), text, "yellow")
        else:
            click.echo(text, err=True)

    @contextmanager
    def progress(self, *columns: Any) -> Iterator[Progress | None]:
        """Give a progress display of rich on the standard error output, or None where nothing is to be shown."""
        if not self.is_talkative:
            yield None
            return
        from rich.progress import Progress

        with Progress(*columns, console=console(stderr=True), transient=True) as progress:
            yield progress


def _write_list(items: Iterable[Any]) -> int:
    """Write a list as JSON, with one item a line, without waiting for the last of them."""
    count = 0
    for count, item in enumerate(items, 1):
        click.echo(("[" if count == 1 else ",\n ") + to_json(item), nl=False)
    click.echo("]" if count else "[]")
    return count


def _write_block(values: Mapping[str, Any], title: str) -> None:
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


def _write_tables(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str) -> int:
    """Write tables of the same widths, the first with a head, so that a long result is seen from its beginning."""
    from rich import box
    from rich.table import Table

    target = console()
    iterator, count, widths = iter(rows), 0, None
    if target.width < _LEAST_COLUMN_WIDTH * len(columns):
        for row in iterator:
            _write_block(dict(zip(columns, row, strict=True)), "")
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
    """Return the widths of the columns. Narrow columns keep their width, and wide ones share the rest."""
    wanted = [max([len(name), *(row[index].cell_len for row in rows)]) for index, name in enumerate(columns)]
    left, widths = available - 2 * len(columns), [0] * len(columns)
    open_columns = sorted(range(len(columns)), key=wanted.__getitem__)
    while open_columns:
        index = open_columns.pop(0)
        widths[index] = max(1, min(wanted[index], left // (len(open_columns) + 1)))
        left -= widths[index]
    return widths


def _cell(value: Any) -> Any:
    from rich.text import Text

    return value if isinstance(value, Text) else Text(printable_text(value))
