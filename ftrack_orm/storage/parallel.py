"""Edge: runs the jobs of one transfer on several threads, until all are done or one fails."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ftrack_orm.errors import RequestCancelled
from ftrack_orm.transport.cancellation import Cancellation

if TYPE_CHECKING:
    from types import TracebackType

    from ftrack_orm.transport.channel import BackgroundWorker


class JobGroup:
    """Runs jobs on up to *max_threads* threads, one of which is that of the caller.

    *stop* is cancelled when a job fails, when *cancellation* is cancelled, or when the caller is interrupted: jobs pass
    it to their requests and delays. Use it as a context manager, which releases *cancellation* again.
    """

    def __init__(self, pool: BackgroundWorker, max_threads: int, cancellation: Cancellation | None = None) -> None:
        self.stop = Cancellation()
        self._pool = pool
        self._max_threads = max_threads
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._release = cancellation.on_cancel(self.stop.cancel) if cancellation is not None else lambda: None

    def __enter__(self) -> JobGroup:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def fail(self, error: BaseException) -> None:
        """Stop all jobs because of *error*. The first error is the one that `run` raises."""
        with self._lock:
            if self._error is None:
                self._error = error
        self.stop.cancel()

    def run(self, jobs: Sequence[Callable[[], object]]) -> None:
        """Run *jobs* in their order, and return when all have ended. Raises the error of the first that failed.

        Raises `RequestCancelled` when cancelled. Jobs that have begun are ended before it returns, so that nothing uses
        their files any more.
        """
        remaining = iter(jobs)

        def work() -> None:
            while not self.stop.cancelled:
                with self._lock:
                    job = next(remaining, None)
                if job is None:
                    return
                try:
                    job()
                except BaseException as error:
                    self.fail(error)

        others: list[concurrent.futures.Future[None]] = []
        try:
            # A list that grows one by one: when one is refused, those before it run.
            others.extend(self._pool.submit(work) for _ in range(min(self._max_threads, len(jobs)) - 1))
            work()
        except BaseException as error:  # the session was closed, or an interrupt from the keyboard
            self.fail(error)
        self._end(others)
        if self._error is not None and not isinstance(self._error, RequestCancelled):
            raise self._error
        if self._error is not None or next(remaining, None) is not None:
            raise RequestCancelled("The transfer was cancelled.", safe_to_retry=True)

    def _end(self, others: list[concurrent.futures.Future[None]]) -> None:
        """Wait until the other threads have ended. An interrupt of the caller stops them."""
        running = [future for future in others if not future.cancel()]
        while running:
            try:
                concurrent.futures.wait(running)
                return
            except BaseException as error:  # an interrupt from the keyboard
                self.fail(error)
