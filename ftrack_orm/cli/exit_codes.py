"""Edge: the exit codes of the command line as a table, and the end of a command by an error."""

from __future__ import annotations

import enum
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import click

from ftrack_orm import errors
from ftrack_orm.errors import FtrackError

#: The key of a context that says whether a command writes JSON, its errors included.
JSON_KEY: Final = "ftrack_orm.json"


class ExitCode(enum.IntEnum):
    """The exit codes. `meaning` is a sentence for people."""

    meaning: str

    def __new__(cls, number: int, meaning: str) -> ExitCode:
        """Make a code with its meaning."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.meaning = meaning
        return member

    SUCCESS = 0, "The command has done its work."
    FAILED = 1, "The operation has failed, for a reason without a code of its own."
    USAGE = 2, "The arguments do not fit: an unknown option, name or expression, or a question without a terminal."
    DIFFERENT = 3, "A check has found differences or problems; they are printed."
    NOT_FOUND = 4, "The entity, the component or the file does not exist, or a name fits more than one."
    DENIED = 5, "The credentials are missing or refused, or the user lacks a permission."
    UNREACHABLE = 6, "The server cannot be reached or does not answer in time. Trying again is harmless."
    CONFLICT = 7, "Another user has changed a value that the command would overwrite. Nothing was saved."
    UNKNOWN_OUTCOME = 8, "The connection broke during a commit, and whether the server saved it could not be found out."
    INTERRUPTED = 130, "The command was interrupted, as by Ctrl+C."
    PIPE_CLOSED = 141, "The program that reads the output has ended, as `head` does."
    TERMINATED = 143, "The command was ended by the signal SIGTERM, as `kill` and service managers send it."


#: The code of each kind of error. The first row that an error is an instance of applies.
CODES_OF_ERRORS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], ExitCode], ...]] = (
    (errors.AuthenticationError, ExitCode.DENIED),
    (errors.PermissionDenied, ExitCode.DENIED),
    (errors.ResourceAccessDenied, ExitCode.DENIED),
    (errors.NoResult, ExitCode.NOT_FOUND),
    (errors.MultipleResults, ExitCode.NOT_FOUND),
    (errors.EntityNotFound, ExitCode.NOT_FOUND),
    (errors.EntityDeleted, ExitCode.NOT_FOUND),
    (errors.ResourceNotFound, ExitCode.NOT_FOUND),
    (errors.ComponentNotInLocation, ExitCode.NOT_FOUND),
    (errors.UsageError, ExitCode.USAGE),
    (errors.CommitConflict, ExitCode.CONFLICT),
    (errors.CommitOutcomeUnknown, ExitCode.UNKNOWN_OUTCOME),
    (errors.TransportError, ExitCode.UNREACHABLE),
    (FileNotFoundError, ExitCode.NOT_FOUND),
    (PermissionError, ExitCode.DENIED),
)


def code_of(error: BaseException) -> ExitCode:
    """Return the exit code of an error."""
    if isinstance(error, errors.SettingsError) and error.missing:
        return ExitCode.DENIED
    return next((code for kinds, code in CODES_OF_ERRORS if isinstance(error, kinds)), ExitCode.FAILED)


@contextmanager
def exit_on_errors(ctx: click.Context) -> Iterator[None]:
    """End the command with the message and the code of an error that people can solve.

    Errors of click keep its messages. All other exceptions are bugs and are raised with their traceback.
    """
    try:
        yield
        sys.stdout.flush()
    except FtrackError as error:
        end_with_error(ctx, type(error).__name__, str(error), code_of(error), documentation=error.documentation)
    except (KeyboardInterrupt, click.Abort):
        end_with_error(ctx, "Interrupted", "The command was interrupted.", ExitCode.INTERRUPTED)
    except click.ClickException as error:
        if not ctx.meta.get(JSON_KEY):
            raise
        end_with_error(ctx, type(error).__name__, error.format_message(), error.exit_code)
    except BrokenPipeError:
        # Python flushes the output once more when it ends, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        ctx.exit(ExitCode.PIPE_CLOSED)
    except OSError as error:
        end_with_error(ctx, type(error).__name__, text_of_system_error(error), code_of(error))


def text_of_system_error(error: OSError) -> str:
    """Return the text of an error of the operating system with its file, and without its number."""
    if error.filename is None:
        return error.strerror or str(error)
    return f"{error.strerror}: {os.fsdecode(error.filename)}"


def end_with_error(
    ctx: click.Context,
    kind: str,
    message: str,
    code: ExitCode | int,
    *,
    names_kind: bool = True,
    documentation: str | None = None,
) -> NoReturn:
    """End a command with a message on the standard error output, as JSON if the command writes JSON, and a code.

    With *names_kind* False, the message is printed without the *kind* of the error, which is part of it.
    *documentation* is the address of the page with the cause and the cure. Pipes get it with JSON only.
    """
    from .consoles import write_error
    from .plain_text import printable_text

    if ctx.meta.get(JSON_KEY):
        record: dict[str, Any] = {"error": kind, "message": message, "exit_code": int(code)}
        if documentation is not None:
            record["documentation"] = documentation
        click.echo(json.dumps(record), err=True)
    else:
        text = f"{kind}: {message}" if names_kind else message
        write_error(printable_text(text, keep_lines=True), documentation)
    ctx.exit(code)
