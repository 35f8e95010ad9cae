"""State: the line of the user's code that is running, read from the interpreter's stack."""

from __future__ import annotations

import os
import sys
from types import FrameType

import attrs

_PACKAGE = __name__.partition(".")[0]


@attrs.frozen(slots=True)
class CallSite:
    """A line of a source file."""

    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file.removeprefix(os.getcwd() + os.sep)}:{self.number}"


def calling_site() -> CallSite | None:
    """Return the innermost line on this thread's stack outside of this library and of Python's standard library.

    Return None on a thread that runs code of these two only, such as a worker of a thread pool.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if module != _PACKAGE and module not in sys.stdlib_module_names:
            return CallSite(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None
