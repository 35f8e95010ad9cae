"""State: a request to cancel, shared by the code that cancels and the code that is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Cancellation:
    """Pass it to one or several requests, and call `cancel()` from any thread to end them at once.

    It works once: requests that are given a cancelled one end before they are sent.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"<Cancellation {'cancelled' if self.cancelled else 'not cancelled'}>"

    @property
    def cancelled(self) -> bool:
        """Whether `cancel()` was called."""
        return self._event.is_set()

    def cancel(self) -> None:
        """End every request that was given this cancellation. Calling it again does nothing."""
        with self._lock:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until cancelled, at most *timeout* seconds; return whether it is cancelled."""
        return self._event.wait(timeout)

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call *callback* when cancelled, or now if that has happened. Return a function that removes the callback.

        The callback runs on the thread that cancels, and must neither block nor raise.
        """
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return lambda: self._remove(callback)
        callback()
        return lambda: None

    def _remove(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
