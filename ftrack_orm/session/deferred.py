"""State: a part of a session that is made by its first use, so that the modules it needs are not imported before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Deferred(Generic[T]):
    """Return the part when called; the first call makes it with *make*, once, on whichever thread that is."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.RLock()
        self._part: T | None = None

    def __call__(self) -> T:
        if self._part is None:
            with self._lock:
                if self._part is None:
                    self._part = self._make()
        return self._part
