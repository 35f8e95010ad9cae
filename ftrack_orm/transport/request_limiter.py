"""State: limits the requests of a session: their number in each second, and their number at the same time.

A request beyond a limit waits, in the order of arrival. None is dropped.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ftrack_orm.errors import RequestCancelled

if TYPE_CHECKING:
    from .cancellation import Cancellation

#: Waits the seconds, or until cancelled.
Wait = Callable[[float, "Cancellation | None"], object]


class RequestLimiter:
    """Lets at most *per_second* requests begin in any second, and at most *in_flight* be under way at the same time.

    None sets no limit. *clock* is in seconds, and *wait* waits; tests replace both. Any number of threads may use it.
    """

    def __init__(
        self,
        per_second: float | None,
        in_flight: int | None,
        *,
        wait: Wait,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # Of two and a half requests in a second, or half a one, each begins some time after the one before it: several
        # at once would exceed the number in some second.
        self._burst = int(per_second) if per_second is not None and per_second == int(per_second) else 1
        self._period = None if per_second is None else self._burst / per_second
        self._in_flight_limit = in_flight
        self._wait = wait
        self._clock = clock
        self._lock = threading.Lock()
        self._starts: deque[float] = deque(maxlen=self._burst)
        self._in_flight = 0
        self._waiting: deque[threading.Event] = deque()
        self._process_id = os.getpid()

    @contextmanager
    def request(self, cancellation: Cancellation | None = None) -> Iterator[None]:
        """Wait until a request may begin, and count it as under way until the block ends.

        Raises `RequestCancelled` when it is cancelled while it waits.
        """
        is_counted = self._enter(cancellation)
        try:
            self._pace(cancellation)
            yield
        finally:
            if is_counted:
                self._leave()

    def _pace(self, cancellation: Cancellation | None) -> None:
        """Wait until the rate allows another request."""
        if self._period is None:
            return
        with self._lock:
            start = now = self._clock()
            if len(self._starts) == self._burst:
                start = max(now, self._starts[0] + self._period)
            # Later requests are counted from the time at which this one will begin.
            self._starts.append(start)
        if start > now:
            self._wait(start - now, cancellation)
            _check(cancellation)

    def _enter(self, cancellation: Cancellation | None) -> bool:
        """Wait until fewer requests than the limit are under way, and return whether this one is counted."""
        if self._in_flight_limit is None:
            return False
        with self._lock:
            if self._process_id != os.getpid():
                # The requests of the other threads stay in the parent when a process forks.
                self._process_id, self._in_flight = os.getpid(), 0
                self._waiting.clear()
            if self._in_flight < self._in_flight_limit:
                self._in_flight += 1
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        stop: Callable[[], object] | None = None
        try:
            if cancellation is not None:
                stop = cancellation.on_cancel(turn.set)
            turn.wait()
            _check(cancellation)
        except BaseException:
            self._give_up(turn)
            raise
        finally:
            if stop is not None:
                stop()
        return True

    def _give_up(self, turn: threading.Event) -> None:
        """Leave the queue, or pass the turn on that came in the meantime."""
        with self._lock:
            try:
                self._waiting.remove(turn)
                return
            except ValueError:
                pass
        self._leave()

    def _leave(self) -> None:
        """End a request: the one that has waited longest takes its place."""
        with self._lock:
            if self._process_id != os.getpid():
                return
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._in_flight -= 1


def _check(cancellation: Cancellation | None) -> None:
    if cancellation is not None and cancellation.cancelled:
        raise RequestCancelled("The request was cancelled before it was sent.", safe_to_retry=True)
