"""State: the rule for commands that run until they are interrupted: they clean up and end quietly, by one exit code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import click

from .exit_codes import ExitCode

#: The signals that end a command, and its exit codes: 128 and the number of the signal, as shells count.
CODES_OF_SIGNALS: Final = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}

#: The last sentence of the help of such a command.
HELP: Final = (
    f"Ctrl+C ends the command with exit code {ExitCode.INTERRUPTED:d}, the signal SIGTERM with {ExitCode.TERMINATED:d}."
)


class _SignalArrived(KeyboardInterrupt):
    """A signal that ends the command. Only handlers of `KeyboardInterrupt` and `BaseException` see it."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__()
        self.code = code


@contextmanager
def ending_by_signals() -> Iterator[None]:
    """End the command of the current context when a signal arrives, after its blocks are left.

    Nothing is written: the interruption is the usual end of such a command. A second signal does not wait for the
    cleaning up. The signals are handled in the background of a shell too, which makes its jobs ignore SIGINT.
    """
    if threading.current_thread() is not threading.main_thread():  # where Python refuses handlers
        yield
        return
    previous: dict[int, Any] = {number: signal.signal(number, _raise) for number in CODES_OF_SIGNALS}
    try:
        yield
    except _SignalArrived as arrived:
        click.get_current_context().exit(arrived.code)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _raise(number: int, frame: FrameType | None) -> None:
    raise _SignalArrived(CODES_OF_SIGNALS[signal.Signals(number)])
