"""State: requests in progress whose response several threads wait for: equal requests are sent once at a time."""

from __future__ import annotations

import copy
import itertools
import os
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import TYPE_CHECKING, NoReturn

from ftrack_orm.errors import FtrackError, RequestCancelled

if TYPE_CHECKING:
    from .cancellation import Cancellation

#: A status and a body, which each thread reads for itself.
SharedResponse = tuple[int, bytes]


class Writes:
    """Counts the finished requests of a process that may have changed something on a server.

    The response to a read that was sent before one of them ended may lack its effects.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.last = 0

    def note(self) -> None:
        """Note the end of a request."""
        # Each number is assigned once, so that no other thread can restore one that was seen before.
        self.last = next(self._numbers)


#: All sessions of a process count together: one of them may read the effects of a write by another.
PROCESS_WRITES = Writes()


class _InProgress:
    """A request that the thread *sender* has sent, and the future of its response."""

    def __init__(self) -> None:
        self.sender = threading.get_ident()
        #: None stands for a request that ended without an outcome for others.
        self.outcome: Future[SharedResponse | None] = Future()

    def wait(self, cancellation: Cancellation | None) -> SharedResponse | None:
        """Wait for the response. Raises the error of the request, and `RequestCancelled` for a cancelled wait."""
        if cancellation is not None:
            ended = threading.Event()
            self.outcome.add_done_callback(lambda _: ended.set())
            remove = cancellation.on_cancel(ended.set)
            ended.wait()
            remove()
            if not self.outcome.done():
                raise RequestCancelled("The request was cancelled.", safe_to_retry=True)
        try:
            return self.outcome.result()
        except FtrackError as error:
            _raise_copy(error)


def _raise_copy(error: FtrackError) -> NoReturn:
    """Raise an error of another thread. Each thread needs an object of its own, which gets its traceback."""
    cause = error.__cause__
    raise copy.copy(error) from cause


class SharedRequests:
    """Lets threads that send equal requests at the same time share one.

    *revision* returns a value that changes whenever the session learns of a change on the server. A request is not
    shared with a thread that sends it after such a change, or after a write of this process: its response may be older.
    """

    def __init__(self, revision: Callable[[], Hashable | None] = lambda: None, writes: Writes = PROCESS_WRITES) -> None:
        self.revision = revision
        self._writes = writes
        self._lock = threading.Lock()
        self._in_progress: dict[Hashable, _InProgress] = {}

    def send_or_join(
        self,
        request_key: Hashable,
        send: Callable[[], SharedResponse],
        *,
        cancellation: Cancellation | None = None,
        on_joined: Callable[[], object] | None = None,
    ) -> SharedResponse:
        """Return the response to a request, by calling *send* or from the thread that is sending an equal one already.

        Requests with the same *request_key* are equal.

        An error of the library is raised in every waiting thread. When the sending thread is cancelled or interrupted,
        one of the waiting threads sends the request. *on_joined* is called before waiting for another thread.
        """
        while True:
            # The process is part of the key, since a fork leaves the sending threads behind.
            key = (os.getpid(), self.revision(), self._writes.last, request_key)
            with self._lock:
                current = self._in_progress.get(key)
                if current is None:
                    own = self._in_progress[key] = _InProgress()
            if current is None:
                return self._send(key, own, send)
            if current.sender == threading.get_ident():
                return send()  # by an observer of that request
            if on_joined is not None:
                on_joined()
            response = current.wait(cancellation)
            if response is not None:
                return response

    def _send(self, key: Hashable, own: _InProgress, send: Callable[[], SharedResponse]) -> SharedResponse:
        try:
            response = send()
        except BaseException as error:
            self._end(key)
            if isinstance(error, FtrackError) and not isinstance(error, RequestCancelled):
                own.outcome.set_exception(error)
            else:
                own.outcome.set_result(None)
            raise
        # Later threads send a request of their own: this response may have been made before they began.
        self._end(key)
        own.outcome.set_result(response)
        return response

    def _end(self, key: Hashable) -> None:
        with self._lock:
            self._in_progress.pop(key, None)
