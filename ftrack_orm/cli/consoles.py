"""Edge: the terminals of a command, with colours only where they are wanted."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console


def is_terminal(stream: Any) -> bool:
    """Return whether a stream is a terminal."""
    return bool(getattr(stream, "isatty", bool)())


def console(*, stderr: bool = False, markup: bool = False) -> Console:
    """Return a console for one of the outputs, with colours only on a terminal and without `NO_COLOR`.

    *markup* interprets `[bold]` and the like in texts, which must not come from a server then.
    """
    from rich.console import Console

    system: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Console(stderr=stderr, color_system=system, highlight=False, markup=markup, emoji=False)


def write_error(text: str, documentation: str | None = None) -> None:
    """Write a text to the standard error output. A terminal shows it in red, and the address of a page below it."""
    if is_terminal(sys.stderr):
        print_wrapped(console(stderr=True), text, "red")
        if documentation is not None:
            print_wrapped(console(stderr=True), f"See {documentation}", "dim")
    else:
        click.echo(text, err=True)


def print_wrapped(target: Console, text: str, style: str | None) -> None:
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
