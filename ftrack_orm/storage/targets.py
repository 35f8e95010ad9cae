"""Edge: where the bytes of a download go: a file that is written atomically, or a binary stream."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Union

from ftrack_orm.errors import InvalidValue, quoted

from .atomic_file import AtomicFile
from .file_errors import file_error, shown_path

if TYPE_CHECKING:
    from collections.abc import Callable

#: Where the bytes of a download go: a path, which is written atomically, or a binary stream.
TargetLike = Union[str, os.PathLike[str], BinaryIO]


class Target(Protocol):
    """Receives the bytes of a download in their order. Its methods raise `StorageError`."""

    name: str

    def write(self, block: bytes) -> None:
        """Write all of *block*."""

    def restart(self) -> bool:
        """Discard all that was written, and return whether that is possible."""

    def finish(self) -> None:
        """Make the file complete."""

    def abandon(self) -> None:
        """Remove what was written, as far as that is possible."""


class FileTarget:
    """A file, which appears at *path* when it is complete."""

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool) -> None:
        self.name = shown_path(path)
        self._file = AtomicFile(path, overwrite=overwrite)
        self.write, self.finish, self.abandon = self._file.write, self._file.finish, self._file.abandon

    write: Callable[[bytes], None]
    finish: Callable[[], None]
    abandon: Callable[[], None]

    def restart(self) -> bool:
        """Discard all that was written."""
        self._file.restart()
        return True


class StreamTarget:
    """A binary stream, which is written from its position on, and stays open."""

    def __init__(self, stream: Any) -> None:
        self.name = f"The stream {shown_path(getattr(stream, 'name', None) or type(stream).__name__)}"
        self._stream = stream

    def write(self, block: bytes) -> None:
        """Write all of *block*."""
        view = memoryview(block)
        try:
            while view:
                count = self._stream.write(view)
                # Streams that do not return a number have written everything.
                view = view[len(view) if count is None else count :]
        except (OSError, ValueError, TypeError) as error:
            raise file_error("written", self.name, error) from error

    def restart(self) -> bool:
        """Return False: its reader may have taken the bytes."""
        return False

    def finish(self) -> None:
        """Do nothing."""

    def abandon(self) -> None:
        """Do nothing."""


def open_target(target: TargetLike, *, overwrite: bool) -> Target:
    """Return the opened *target*.

    Raises `StorageError` if it cannot be written, and `InvalidValue` for anything but a path or a stream.
    """
    if isinstance(target, (str, os.PathLike)):
        return FileTarget(target, overwrite=overwrite)
    if not hasattr(target, "write"):
        raise InvalidValue(f"A download goes to a path or a binary stream, not to {quoted(target)}.")
    return StreamTarget(target)
