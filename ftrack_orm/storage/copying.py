"""Edge: copies data between paths, bytes and binary streams, in pieces."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import attrs

from ftrack_orm.errors import InvalidValue, StorageError, quoted
from ftrack_orm.files import check_regular

from .atomic_files import AtomicFile
from .system_errors import storage_errors

if TYPE_CHECKING:
    from .accessors.base import PieceProgress, Target
    from .upload import SourceLike

#: The bytes that are in memory at a time.
PIECE_BYTES: Final = 1024 * 1024


@attrs.frozen
class PushedSource:
    """A source that writes its bytes itself: *push* is called with a stream and a progress, and returns their number.

    The files of another storage arrive in the stream directly, without a temporary file.
    """

    push: Callable[[Any, Callable[[int], object] | None], int]


def copy_source(source: SourceLike | PushedSource, stream: Any, progress: PieceProgress | None = None) -> int:
    """Write all bytes of *source* to *stream* and return their number.

    Raises `StorageError` for a path that is no regular file, and for a file that changes meanwhile.
    """
    if isinstance(source, PushedSource):
        return source.push(stream, progress)
    with opened_source(source) as opened:
        return copy_pieces(opened, stream, progress)


def copy_into(
    target: Target,
    stream: BinaryIO,
    *,
    overwrite: bool = False,
    progress: PieceProgress | None = None,
    size: int | None = None,
) -> int:
    """Write the rest of *stream* to *target* and return the number of bytes; a path is written atomically.

    Raises `StorageError` if they are not *size* bytes, where that is known.
    """
    if hasattr(target, "write"):
        return _checked(copy_pieces(stream, target, progress), size, stream)
    if not isinstance(target, (str, os.PathLike)):
        raise InvalidValue(f"The target must be a path or a binary stream, not {quoted(target)}.")
    with AtomicFile(target, overwrite=overwrite) as file:
        return _checked(copy_pieces(stream, file, progress), size, stream)


def _checked(copied: int, size: int | None, stream: BinaryIO) -> int:
    if size is not None and copied != size:
        raise StorageError(
            f"{_name_of(stream)} has ended after {copied:,} of {size:,} bytes. Check that it is complete and try again."
        )
    return copied


def copy_pieces(reader: Any, writer: Any, progress: PieceProgress | None = None) -> int:
    """Copy the rest of one binary stream to another and return the number of bytes."""
    total = 0
    while True:
        with storage_errors("read", _name_of(reader)):
            piece = reader.read(PIECE_BYTES)
        if not piece and piece is not None:
            return total
        if not isinstance(piece, (bytes, bytearray, memoryview)):
            raise InvalidValue(f"A binary stream must return bytes, but {quoted(reader)} returned {quoted(piece)}.")
        with storage_errors("write", _name_of(writer)):
            write_all(writer, piece)
        total += len(piece)
        if progress is not None:
            progress(len(piece))


def write_all(writer: Any, piece: bytes | bytearray | memoryview) -> None:
    """Write all of *piece*; streams without a buffer may take a part at a time."""
    rest = memoryview(piece)
    while rest:
        written = writer.write(rest)
        if written is None:  # a stream that does not count, as those of many wrappers
            return
        if written <= 0:
            raise StorageError(f"{quoted(writer)} accepts no more bytes.")
        rest = rest[written:]


@contextmanager
def opened_source(source: SourceLike) -> Iterator[BinaryIO]:
    """Open *source* for reading; a stream is used as it is and stays open.

    Raises `StorageError` at the end of the block when the file of a path has changed meanwhile.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield io.BytesIO(source)
    elif isinstance(source, (str, os.PathLike)):
        with _open_file(os.fspath(source)) as file:
            yield file
            file.check_unchanged()
    elif hasattr(source, "read"):
        yield source
    else:
        raise InvalidValue(f"The source must be a path, bytes or a binary stream, not {quoted(source)}.")


class _SourceFile(io.FileIO):
    """A file that must not change while it is read."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "rb")
        self._path = path
        self._before = os.fstat(self.fileno())

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        # Checked now, because there may never be an end to a file that grows.
        if self.tell() > self._before.st_size:
            raise self._changed()
        return data

    def check_unchanged(self) -> None:
        """Raise `StorageError` unless the file has been read to its end and is as it was when it was opened."""
        before, after = self._before, os.fstat(self.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or self.tell() != after.st_size:
            raise self._changed()

    def _changed(self) -> StorageError:
        return StorageError(
            f"{quoted(self._path)} has changed while it was read. Wait until it is complete.", path=self._path
        )


def _open_file(path: str) -> _SourceFile:
    with storage_errors("read", path):
        check_regular(path, os.stat(path))  # opening a FIFO would wait for its writer
        return _SourceFile(path)


def _name_of(stream: Any) -> str:
    name = getattr(stream, "name", None)
    return name if isinstance(name, str) else type(stream).__name__
