"""Edge: the decorators that make a function a command: its examples, `--json`, and the session it works with."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, overload

import click

from .exit_codes import JSON_KEY
from .interrupts import HELP, ending_by_signals
from .output import Output

if TYPE_CHECKING:
    from ftrack_orm.session.session import Session


class WithExamples(click.Command):
    """A command or a group of commands whose help ends with examples."""

    def __init__(self, *arguments: Any, examples: Sequence[str] = (), **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, which are wrapped as a shell accepts them."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(_wrapped(f"$ {example}", formatter.width - 2))


class Command(WithExamples):
    """A command that does something."""

    #: Whether the command runs until it is interrupted.
    until_interrupted = False


class Group(WithExamples, click.Group):
    """A group of commands."""


def command(
    *examples: str, until_interrupted: bool = False, **attributes: Any
) -> Callable[[Callable[..., None]], Command]:
    """Return a decorator that makes a command with an option `--json`.

    The function is called with an `Output` before its other arguments. *examples* are command lines that the help
    shows; each begins with "ftrack-orm". A command that runs *until_interrupted* ends by the rule of `interrupts`,
    which its help names. *attributes* are those of `click.command`.
    """

    def decorate(function: Callable[..., None]) -> Command:
        @click.option("--json", "as_json", is_flag=True, help="Write JSON to the standard output, and errors as JSON.")
        @functools.wraps(function)
        def run(*arguments: Any, as_json: bool, **options: Any) -> None:
            click.get_current_context().meta[JSON_KEY] = as_json
            with ending_by_signals() if until_interrupted else contextlib.nullcontext():
                function(Output(as_json), *arguments, **options)

        made = click.command(cls=Command, examples=examples, **attributes)(run)
        made.until_interrupted = until_interrupted
        if until_interrupted:
            made.help = f"{inspect.cleandoc(made.help or '')}\n\n{HELP}"
        return made

    return decorate


@overload
def connected(function: Callable[..., None]) -> Callable[..., None]: ...
@overload
def connected(function: None = None, **settings: Any) -> Callable[[Callable[..., None]], Callable[..., None]]: ...
def connected(function: Callable[..., None] | None = None, **settings: Any) -> Any:
    """Call a function with a `session`, which is closed afterwards, and give its command options for the server.

    The decorator stands below `command`, with or without *settings* of the session. There is no option for the key:
    other users of a machine can read the arguments of processes.
    """
    if function is None:
        return functools.partial(connected, **settings)

    @functools.wraps(function)
    def run(*arguments: Any, connect: Callable[[], Session], **options: Any) -> None:
        function(*arguments, session=connect(), **options)

    return connectable(run, **settings)


def connectable(function: Callable[..., None], **settings: Any) -> Callable[..., None]:
    """Call a function with `connect`, which returns the session when a command needs one; else like `connected`."""

    @click.option("--server", metavar="URL", help="The server, in place of FTRACK_SERVER.")
    @click.option("--user", metavar="NAME", help="The user, in place of FTRACK_API_USER.")
    @functools.wraps(function)
    def run(*arguments: Any, server: str | None, user: str | None, **options: Any) -> None:
        with contextlib.ExitStack() as stack:

            @functools.cache
            def connect() -> Session:
                from ftrack_orm.session.session import Session

                return stack.enter_context(Session(server or None, None, user or None, **settings))

            function(*arguments, connect=connect, **options)

    return run


def _wrapped(line: str, width: int) -> str:
    """Return a command line that is wrapped at its spaces outside quotes, indented by two spaces."""
    lines = [""]
    for word in _words(line):
        if lines[-1] and len(lines[-1]) + len(word) + 3 > width:
            lines.append("    ")
        lines[-1] += f" {word}" if lines[-1].strip() else word
    return "".join(f"  {text} \\\n" for text in lines[:-1]) + f"  {lines[-1]}\n"


def _words(line: str) -> list[str]:
    """Return the words of a command line with their quotes."""
    words, quote = [""], ""
    for character in line:
        if character == " " and not quote:
            words.append("")
            continue
        if character in "'\"" and quote in ("", character):
            quote = "" if quote else character
        words[-1] += character
    return words
