"""Edge: blocks of work that a job shows to users: running, done, or failed with the reason, however the block ends."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from ftrack_orm.errors import FtrackError, printable

from .jobs import end_job

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity

    from .services import Services

logger = logging.getLogger("ftrack_orm.jobs")

#: The characters of the reason for a failure that a job shows.
_REASON_LENGTH = 500
_ENDED = ("done", "failed")


class Terminated(SystemExit):
    """Raised in the main thread by the signal that asks the process to end, so that blocks are left in order."""


@contextlib.contextmanager
def job_block(services: Services, description: str, user: Entity | None, data: dict[str, Any]) -> Iterator[Entity]:
    """Run the block as a job, see `Session.job`."""
    details = {"description": description, "title": description, **data}
    with services.apart():
        job = services.create(
            "Job", {"status": "running", "user": user or services.current_user(), "data": json.dumps(details)}
        )
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
        return "the process was terminated"
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, GeneratorExit):
        return "the block was abandoned"
    return printable(f"{type(error).__name__}: {error}")[:_REASON_LENGTH]


@contextlib.contextmanager
def _termination_as_exception() -> Iterator[None]:
    """Let SIGTERM raise `Terminated` in the block, and end the process by that signal afterwards.

    That is so in the main thread, and if the program does not handle the signal itself.
    """

    def terminate(number: int, frame: object) -> NoReturn:
        raise Terminated(128 + number)

    if not _handles_termination(terminate):
        yield
        return
    try:
        yield
    except Terminated:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
        raise
    finally:
        if signal.getsignal(signal.SIGTERM) is terminate:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _handles_termination(handler: Callable[[int, Any], NoReturn]) -> bool:
    """Let *handler* handle SIGTERM if the program leaves that to the system, and return whether it does now."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return False
    try:
        signal.signal(signal.SIGTERM, handler)
    except ValueError:  # an interpreter inside another program, whose main thread is not Python's
        return False
    return True
