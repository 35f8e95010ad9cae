"""Edge: reads files that may be damaged, replaced or endless, in bounded time and memory."""

from __future__ import annotations

import errno
import os
import stat

#: Opening never waits for the writer of a FIFO, never takes a terminal over, and never translates line ends.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)

_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotRegularFile(OSError):
    """The path leads to a directory, FIFO, socket or device."""


def read_regular_file(path: str | os.PathLike[str], max_bytes: int) -> bytes:
    """Return the content of a regular file, or of the one that a symbolic link leads to.

    Raises `OSError`, whose `strerror` is for people: `NotRegularFile` for anything else in its place, which is not
    opened, and another one for a file of more than *max_bytes* or a path that cannot exist.
    """
    try:
        # Checked before it is opened too, because opening a device can have effects.
        check_regular(path, os.stat(path))
        descriptor = os.open(path, _FLAGS)
    except ValueError as error:  # a null character or an unpaired surrogate
        raise OSError(errno.EINVAL, f"the path is malformed ({error})", repr(path)) from None
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        check_regular(path, status)
        # The stated size may be wrong: files grow while they are read, and those of /proc state none.
        content = file.read(min(status.st_size, max_bytes) + 1) or b""
        while len(content) <= max_bytes and (more := file.read(max_bytes + 1 - len(content))):
            content += more
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {max_bytes:,} bytes", os.fspath(path))
    return content


def check_regular(path: str | os.PathLike[str], status: os.stat_result) -> None:
    """Raise `NotRegularFile` unless *status* is that of a regular file."""
    if not stat.S_ISREG(status.st_mode):
        kind = next((kind for matches, kind in _KINDS if matches(status.st_mode)), "of another kind")
        raise NotRegularFile(errno.EINVAL, f"it is {kind}, not a regular file", os.fspath(path))
