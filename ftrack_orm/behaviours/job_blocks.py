"""Edge: blocks of work that a job shows to users: running, done, or failed with the reason, however the block ends."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from ftrack_orm.errors import FtrackError, printable

from .jobs import data_text, end_job

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity

    from .services import Services

logger = logging.getLogger("ftrack_orm.jobs")

#: The characters of the reason for a failure that a job shows.
_REASON_LENGTH = 500
_ENDED = ("done", "failed")
#: The signals that ask a process to end: from a scheduler, a closed terminal, and the same on Windows.
_TERMINATING = ("SIGTERM", "SIGHUP", "SIGBREAK")


class Terminated(SystemExit):
    """Raised in the main thread by a signal that asks the process to end, so that blocks are left in order."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


@contextlib.contextmanager
def job_block(services: Services, description: str, user: Entity | None, data: dict[str, Any]) -> Iterator[Entity]:
    """Run the block as a job, see `Session.job`."""
    details = {"description": description, "title": description, **data}
    text = data_text(details, "the job")
    with services.apart():
        job = services.create("Job", {"status": "running", "user": user or services.current_user(), "data": text})
    ending = _Ending(job)
    atexit.register(ending.fail, "the process ended")
    try:
        with _termination_as_exception():
            try:
                yield job
            except BaseException as error:
                ending.fail(_reason(error), error)
                raise
            ending.succeed()
    finally:
        atexit.unregister(ending.fail)


class _Ending:
    """Ends a job once, in the process that started it: a forked child inherits the block, and its end is not the job's.

    A status with which the block itself has ended the job stays.
    """

    def __init__(self, job: Entity) -> None:
        self._job = job
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._has_ended = False

    def succeed(self) -> None:
        """Set the status to done. Raises the error of the commit."""
        if self._is_first() and self._job.status not in _ENDED:
            end_job(self._job, "done")

    def fail(self, reason: str, error: BaseException | None = None) -> None:
        """Set the status to failed. If that fails too, it is logged and noted on *error*, which is raised anyway."""
        if not self._is_first():
            return
        try:
            if self._job.status not in _ENDED:
                end_job(self._job, "failed", reason)
        except FtrackError as failure:
            logger.warning("%r could not be marked as failed: %s", self._job, failure)
            if error is not None and hasattr(error, "add_note"):
                error.add_note(f"{self._job!r} could not be marked as failed: {failure}")

    def _is_first(self) -> bool:
        with self._lock:
            is_first = not self._has_ended and os.getpid() == self._process
            self._has_ended = True
            return is_first


def _reason(error: BaseException) -> str:
    if isinstance(error, Terminated):
        return f"the process was terminated by {signal.Signals(error.number).name}"
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, GeneratorExit):
        return "the block was abandoned"
    return printable(f"{type(error).__name__}: {error}")[:_REASON_LENGTH]


@contextlib.contextmanager
def _termination_as_exception() -> Iterator[None]:
    """Let signals that ask the process to end raise `Terminated` in the block, and end it by that signal afterwards.

    That is so in the main thread, for the signals that the program does not handle or ignore itself.
    """

    def terminate(number: int, frame: object) -> NoReturn:
        raise Terminated(number)

    handled = _handle(terminate)
    try:
        yield
    except Terminated as error:
        if error.number in handled:
            _restore(handled, terminate)
            os.kill(os.getpid(), error.number)
        raise
    finally:
        _restore(handled, terminate)


def _handle(handler: Callable[[int, Any], NoReturn]) -> list[int]:
    """Let *handler* handle the signals that the program leaves to the system, and return their numbers."""
    handled: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        return handled
    for number in (getattr(signal, name, None) for name in _TERMINATING):
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            # An interpreter inside another program may have a main thread that cannot handle signals.
            with contextlib.suppress(ValueError):
                signal.signal(number, handler)
                handled.append(number)
    return handled


def _restore(handled: list[int], handler: Callable[[int, Any], NoReturn]) -> None:
    for number in handled:
        if signal.getsignal(number) is handler:
            signal.signal(number, signal.SIG_DFL)
