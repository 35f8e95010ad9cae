"""Edge: a few daemon threads that do work for later, made when there is work and gone when there was none for a while.

`concurrent.futures.ThreadPoolExecutor` is not used because the interpreter waits for its threads at exit: a tool
that ends while a page is being fetched ahead would hang until the server answers.
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
    """At most *limit* threads, which end after *idle* seconds without work."""

    def __init__(self, limit: int = 4, idle: float = 10.0) -> None:
        self._limit = limit
        self._idle = idle
        self._condition = threading.Condition()
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._threads = 0
        self._free = 0
        self._closed = False
        self._process = os.getpid()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Have *work* done on a thread; return the future of its result. Raises `SessionClosed` after `close()`."""
        future: Future[T] = Future()
        with self._condition:
            if self._closed:
                raise SessionClosed("The session is closed; it cannot ask the server any more.")
            if self._process != os.getpid():
                # Threads stay behind in the parent when a process forks, and so does what they were to do.
                self._process, self._threads, self._free = os.getpid(), 0, 0
                self._waiting.clear()
            self._waiting.append((future, work))
            if self._free >= len(self._waiting):
                self._condition.notify()
            elif self._threads < self._limit:
                self._threads += 1
                threading.Thread(target=self._run, name="ftrack-background", daemon=True).start()
        return future

    def close(self) -> None:
        """Cancel what has not begun and take nothing more; what has begun ends by itself. Does not wait."""
        with self._condition:
            self._closed = True
            waiting = list(self._waiting)
            self._waiting.clear()
            self._condition.notify_all()
        for future, _ in waiting:
            future.cancel()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            future, work = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
            # Not kept alive while the thread waits for more.
            del job, future, work

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """Return the next job, or None when the thread should end."""
        with self._condition:
            if not self._waiting and not self._closed:
                self._free += 1
                self._condition.wait(self._idle)
                self._free -= 1
            if self._waiting:
                return self._waiting.popleft()
            self._threads -= 1
            return None
