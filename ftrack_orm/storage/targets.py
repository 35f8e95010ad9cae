"""Edge: where the bytes of a download go: a file that is written atomically, or a binary stream."""

from __future__ import annotations

import os
from typing import Any, BinaryIO, Protocol, Union

from ftrack_orm.errors import InvalidValue, StorageError, quoted

from .atomic_files import AtomicFile
from .copying import write_all
from .sources import name_of
from .system_errors import storage_errors

#: Where the bytes of a download go: a path, which is written atomically, or a binary stream.
TargetLike = Union[str, os.PathLike[str], BinaryIO]


class Target(Protocol):
    """Receives the bytes of a download in their order. Its methods raise `StorageError`."""

    name: str
    #: Whether what was written can be discarded, to begin again.
    can_restart: bool

    def write(self, block: bytes) -> None:
        """Write all of *block*."""

    def restart(self) -> None:
        """Discard all that was written."""

    def finish(self) -> None:
        """Make the file complete."""

    def abandon(self) -> None:
        """Remove what was written, as far as that is possible."""


class FileTarget:
    """A file, which appears at *path* when it is complete."""

    can_restart = True

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool) -> None:
        self.name = name_of(path)
        self._file = AtomicFile(path, overwrite=overwrite)

    def write(self, block: bytes) -> None:
        """Write all of *block*."""
        self._file.write(block)

    def restart(self) -> None:
        """Discard all that was written."""
        with storage_errors("write", self.name):
            self._file.seek(0)
            self._file.truncate()

    def finish(self) -> None:
        """Give the file its name."""
        self._file.close()

    def abandon(self) -> None:
        """Remove the incomplete file."""
        self._file.discard()


class OpenFileTarget(FileTarget):
    """An incomplete file of an accessor, which completes or discards it afterwards."""

    def __init__(self, file: AtomicFile) -> None:
        self.name = file.path
        self._file = file

    def finish(self) -> None:
        """Do nothing."""

    def abandon(self) -> None:
        """Do nothing."""


class StreamTarget:
    """A binary stream, which is written from its position on, and stays open."""

    can_restart = False  # its reader may have taken the bytes

    def __init__(self, stream: Any) -> None:
        self.name = name_of(stream)
        self._stream = stream

    def write(self, block: bytes) -> None:
        """Write all of *block*."""
        try:
            with storage_errors("write", self.name):
                write_all(self._stream, block)
        except (ValueError, TypeError) as error:
            reason = "it takes text. Open it in binary mode" if isinstance(error, TypeError) else str(error)
            raise StorageError(f"Cannot write {self.name!r}: {reason}.", path=self.name) from error

    def restart(self) -> None:
        """Do nothing."""

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
    if isinstance(target, AtomicFile):
        return OpenFileTarget(target)
    if not hasattr(target, "write"):
        raise InvalidValue(f"A download goes to a path or a binary stream, not to {quoted(target)}.")
    return StreamTarget(target)
