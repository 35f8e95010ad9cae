"""State: the requests that the storage has answered, for tests."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

#: The requests that are kept; older ones are dropped.
REQUESTS_KEPT = 20_000


@attrs.frozen
class StorageRequest:
    """A finished request: *part* is 0 for a file in one part, *size* the number of bytes of its body or response.

    *status* is None when the connection was closed before the response was complete.
    """

    method: str
    path: str
    component_id: str
    part: int
    status: int | None
    size: int


class Traffic:
    """The last requests and the number of those in progress. Any thread may read and wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._finished: deque[StorageRequest] = deque(maxlen=REQUESTS_KEPT)
        self._change_count = 0
        self.in_progress = 0
        #: The work of requests that is left for later and not finished, such as encoding.
        self.unfinished_work = 0
        #: The number of requests that a fault stalls.
        self.stalled = 0
        #: The largest number of requests in progress at the same time.
        self.most_in_progress = 0

    @property
    def requests(self) -> tuple[StorageRequest, ...]:
        """The finished requests, oldest first."""
        with self._changed:
            return tuple(self._finished)

    def clear(self) -> None:
        """Forget the finished requests and the largest number of those in progress."""
        with self._changed:
            self._finished.clear()
            self.most_in_progress = self.in_progress

    def begin(self) -> None:
        """Count a request that begins."""
        with self._changed:
            self.in_progress += 1
            self.most_in_progress = max(self.most_in_progress, self.in_progress)
            self._notify()

    def finish(self, request: StorageRequest) -> None:
        """Record a request that has ended."""
        with self._changed:
            self.in_progress -= 1
            self._finished.append(request)
            self._notify()

    def count_work(self, difference: int) -> None:
        """Change the number of unfinished pieces of work."""
        with self._changed:
            self.unfinished_work += difference
            self._notify()

    @contextmanager
    def stalling(self) -> Iterator[None]:
        """Count a request as stalled during the block."""
        self._count_stalled(1)
        try:
            yield
        finally:
            self._count_stalled(-1)

    def _count_stalled(self, difference: int) -> None:
        with self._changed:
            self.stalled += difference
            self._notify()

    def wait_for(self, condition: Callable[[], bool], timeout: float) -> None:
        """Wait until *condition* returns true; it is called at once and after every change.

        Raises `TimeoutError` if it still returns false after *timeout* seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            checked_at = self._change_count
            if condition():
                return
            with self._changed:
                while self._change_count == checked_at:
                    if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                        raise TimeoutError(f"The condition has not become true within {timeout:g} seconds.")

    def _notify(self) -> None:
        self._change_count += 1
        self._changed.notify_all()
