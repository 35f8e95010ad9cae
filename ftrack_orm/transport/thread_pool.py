"""Edge: a pool of a few daemon threads that run work in the background, started when needed and ended when idle.

`concurrent.futures.ThreadPoolExecutor` is not used because the interpreter waits for its threads at exit: a tool
that ends while a page is being fetched ahead would hang until the server responds.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from ftrack_orm.errors import SessionClosed

T = TypeVar("T")


class DaemonThreadPool:
    """At most *max_threads* threads, which end after *idle_seconds* without work."""

    def __init__(self, max_threads: int = 4, idle_seconds: float = 10.0) -> None:
        self._max_threads = max_threads
        self._idle_seconds = idle_seconds
        self._condition = threading.Condition()
        self._queue: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._thread_count = 0
        self._idle_count = 0
        self._is_closed = False
        self._process_id = os.getpid()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run *work* on a thread and return the future of its result. Raises `SessionClosed` after `close()`."""
        future: Future[T] = Future()
        with self._condition:
            if self._is_closed:
                raise SessionClosed("The session is closed and cannot send requests.")
            if self._process_id != os.getpid():
                # Threads stay in the parent when a process forks, and so does the work they have queued.
                self._process_id, self._thread_count, self._idle_count = os.getpid(), 0, 0
                self._queue.clear()
            self._queue.append((future, work))
            if self._idle_count >= len(self._queue):
                self._condition.notify()
            elif self._thread_count < self._max_threads:
                self._thread_count += 1
                threading.Thread(target=self._run, name="ftrack-background", daemon=True).start()
        return future

    def close(self) -> None:
        """Cancel the work that has not begun and accept no more. Work in progress continues. Does not wait."""
        with self._condition:
            self._is_closed = True
            queued = list(self._queue)
            self._queue.clear()
            self._condition.notify_all()
        for future, _ in queued:
            future.cancel()

    def _run(self) -> None:
        while (job := self._next_job()) is not None:
            future, work = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
            # Otherwise they would stay alive while the thread waits for the next job.
            del job, future, work

    def _next_job(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """Return the next job, or None when the thread should end."""
        with self._condition:
            if not self._queue and not self._is_closed:
                self._idle_count += 1
                self._condition.wait(self._idle_seconds)
                self._idle_count -= 1
            if self._queue:
                return self._queue.popleft()
            self._thread_count -= 1
            return None
