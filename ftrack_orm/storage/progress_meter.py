"""State: counts the bytes and files of a transfer, and reports them to a callback."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .progress import Progress, ProgressCallback

#: Seconds between two reports, except for the last one of each file.
REPORT_SECONDS = 0.1


class ProgressMeter:
    """Adds up the bytes of *files_total* files that several threads transfer, and calls *callback*.

    *bytes_total* is None while the size of a file is not known: `expect` adds the sizes of downloads. When the callback
    raises, *on_error* is called with the exception, and no more is reported.
    """

    def __init__(
        self,
        callback: ProgressCallback | None,
        on_error: Callable[[BaseException], object],
        *,
        files_total: int,
        bytes_total: int | None,
        clock: Callable[[], float],
    ) -> None:
        self._callback = callback
        self._on_error = on_error
        self._clock = clock
        self._lock = threading.Lock()
        self._files_total, self._files_done = files_total, 0
        self._bytes_total, self._bytes_done, self._bytes_shown = bytes_total, 0, 0
        self._expected, self._files_expected = 0, 0
        self._due = clock()

    def expect(self, size: int) -> None:
        """Add the size of a file that was not known. When all are, the total is."""
        with self._lock:
            self._expected += size
            self._files_expected += 1
            if self._files_expected == self._files_total:
                self._bytes_total = self._expected

    def add(self, name: str, count: int) -> None:
        """Add *count* bytes of the file *name*; a negative number takes back those of a part that failed."""
        if self._callback is None:
            return
        with self._lock:
            self._bytes_done += count
            if count > 0 and self._clock() >= self._due:
                self._report(name)

    def finish_file(self, name: str) -> None:
        """Count the file *name* as done."""
        if self._callback is None:
            return
        with self._lock:
            self._files_done += 1
            self._report(name)

    def _report(self, name: str) -> None:
        self._bytes_shown = max(self._bytes_shown, self._bytes_done)
        if self._bytes_total is not None:
            self._bytes_shown = min(self._bytes_shown, self._bytes_total)
        self._due = self._clock() + REPORT_SECONDS
        callback = self._callback
        assert callback is not None
        try:
            callback(Progress(self._bytes_shown, self._bytes_total, self._files_done, self._files_total, name))
        except BaseException as error:
            self._callback = None
            self._on_error(error)
