"""Edge: the output of commands: tables and texts for people, lines for pipes, JSON for programs.

Results go to the standard output, all else to the standard error output. On a terminal, tables have colours and fit its
width. In a pipe, rows are lines whose values are separated by tabs, without colours, progress or notes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from .consoles import console, is_terminal, print_wrapped
from .json_output import to_json
from .plain_text import printable_text
from .tables import write_block, write_tables

if TYPE_CHECKING:
    from rich.progress import Progress


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
            print_wrapped(console(), text, style)
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
            write_block(values, title)
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
            return write_tables(columns, rows, title)
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
            print_wrapped(console(stderr=True), printable_text(text, keep_lines=True), "dim")

    def warn(self, text: str) -> None:
        """Write a warning to the standard error output, also in a pipe."""
        text = printable_text(text, keep_lines=True)
        if is_terminal(sys.stderr):
            print_wrapped(console(stderr=True), text, "yellow")
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
