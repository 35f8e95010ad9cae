"""Edge: the bytes of an upload: a file, bytes, or a stream, read at any position by several threads."""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import os
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import InvalidValue, StorageError, quoted
from ftrack_orm.files import NotRegularFile, check_regular

from .system_errors import storage_error

if TYPE_CHECKING:
    from .upload import SourceLike

#: Bytes that are read at once.
READ_BYTES = 1 << 18
#: Bytes of a stream without positions that are kept in memory. A longer one is copied to a temporary file.
SPOOLED_BYTES = 8 << 20

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


class Source:
    """The bytes of one file, of a known *size*. Errors call it *name*.

    A subclass reads. Any number of threads may read at the same time.
    """

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to *size* bytes from *offset* on; fewer only at the end. Raises `StorageError`."""
        raise NotImplementedError

    def check_unchanged(self) -> None:
        """Raise `StorageError` if the source was changed since it was opened."""

    def fingerprint(self) -> dict[str, Any]:
        """Return values that identify this source and its content, also in another process."""
        return {"size": self.size, "md5": self.md5().hex()}

    def close(self) -> None:
        """Release the source."""

    def release(self) -> None:
        """Release what can be acquired again by the next read, such as the descriptor of a file."""

    def blocks(self, offset: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from *offset* on, *size* of them or all. Raises `StorageError` if there are fewer."""
        end = self.size if size is None else offset + size
        while offset < end:
            block = self.read_at(offset, min(READ_BYTES, end - offset))
            if not block:
                raise self.ended_early(offset)
            yield block
            offset += len(block)

    def md5(self) -> bytes:
        """Return the MD5 digest of all bytes."""
        digest = hashlib.md5(usedforsecurity=False)
        for block in self.blocks():
            digest.update(block)
        return digest.digest()

    def checksum(self) -> str:
        """Return the MD5 digest in base64, as the header `Content-MD5` has it."""
        return base64.b64encode(self.md5()).decode("ascii")

    def ended_early(self, offset: int) -> StorageError:
        """Return the error for a source that ends at *offset*, before its size."""
        return StorageError(
            f"{self.name} ended after {offset:,} of {self.size:,} bytes: it was shortened while it was uploaded. "
            "Nothing was registered. Upload it again when it is complete.",
            path=self.name,
        )


class FileSource(Source):
    """A regular file. Raises `StorageError` if it cannot be opened.

    It is open while it is read. `release` closes it until the next read, so that one upload may have more files than
    a process may open at the same time. A file that another one has replaced in the meantime counts as changed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._readers = 0
        try:
            check_regular(path, os.stat(path))
            self._descriptor = os.open(path, _FLAGS)
        except (OSError, ValueError) as error:
            raise unreadable(name_of(path), error) from error
        self._status = os.fstat(self._descriptor)
        super().__init__(name_of(path), self._status.st_size)
        if not stat.S_ISREG(self._status.st_mode):  # replaced between the check and the opening
            self.close()
            raise unreadable(self.name, NotRegularFile(errno.EINVAL, "it is not a regular file"))

    def read_at(self, offset: int, size: int) -> bytes:
        try:
            with self._opened() as descriptor:
                if hasattr(os, "pread"):
                    return os.pread(descriptor, size, offset)
                with self._lock:
                    os.lseek(descriptor, offset, os.SEEK_SET)
                    return os.read(descriptor, size)
        except OSError as error:
            raise unreadable(self.name, error) from error

    def check_unchanged(self) -> None:
        try:
            with self._opened() as descriptor:
                self._check(os.fstat(descriptor))
        except OSError as error:
            raise unreadable(self.name, error) from error

    def fingerprint(self) -> dict[str, Any]:
        return {"size": self.size, "modified": self._status.st_mtime_ns}

    def release(self) -> None:
        with self._lock:
            if self._readers == 0 and self._descriptor is not None:
                descriptor, self._descriptor = self._descriptor, None
                os.close(descriptor)

    def close(self) -> None:
        self.release()

    @contextmanager
    def _opened(self) -> Iterator[int]:
        with self._lock:
            descriptor = self._descriptor
            if descriptor is None:
                descriptor = os.open(self._path, _FLAGS)
                try:
                    self._check(os.fstat(descriptor))
                except BaseException:
                    os.close(descriptor)
                    raise
                self._descriptor = descriptor
            self._readers += 1
        try:
            yield descriptor
        finally:
            with self._lock:
                self._readers -= 1

    def _check(self, status: os.stat_result) -> None:
        if _identity(status) != _identity(self._status):
            raise StorageError(
                f"{self.name} was changed while it was uploaded. Nothing was registered. Upload it again when it is "
                "complete.",
                path=self.name,
            )

    def __del__(self) -> None:
        if getattr(self, "_descriptor", None) is not None:
            self.release()


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class BytesSource(Source):
    """Bytes in memory."""

    def __init__(self, content: bytes) -> None:
        super().__init__(f"The content of {len(content):,} bytes", len(content))
        self._content = memoryview(content)

    def read_at(self, offset: int, size: int) -> bytes:
        return bytes(self._content[offset : offset + size])


class StreamSource(Source):
    """A binary stream with positions, from its present one to its end. *is_own* streams are closed with the source."""

    def __init__(self, stream: Any, name: str, *, is_own: bool = False) -> None:
        self._stream = stream
        self._is_own = is_own
        self._lock = threading.Lock()
        try:
            self._start = int(stream.tell())
            end = int(stream.seek(0, io.SEEK_END))
            stream.seek(self._start)
        except (OSError, ValueError) as error:
            raise unreadable(name, error) from error
        super().__init__(name, max(0, end - self._start))

    def read_at(self, offset: int, size: int) -> bytes:
        with self._lock:
            try:
                self._stream.seek(self._start + offset)
            except (OSError, ValueError) as error:
                raise unreadable(self.name, error) from error
            return read_block(self._stream, size, self.name)

    def close(self) -> None:
        if self._is_own:
            self._stream.close()


def open_source(source: SourceLike) -> Source:
    """Return the opened *source*: the path of a regular file, bytes, or a binary stream.

    A stream without positions, such as a pipe, is read to its end into a temporary file, since the size has to be
    known before an upload. Raises `StorageError` if it cannot be read, and `InvalidValue` for anything else.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return BytesSource(bytes(source))
    if isinstance(source, (str, os.PathLike)):
        return FileSource(source)
    if not hasattr(source, "read"):
        raise InvalidValue(f"A file is given as a path, bytes or a binary stream, not as {quoted(source)}.")
    name = name_of(source)
    try:
        has_positions = bool(source.seekable())
    except (AttributeError, ValueError):
        has_positions = False
    if has_positions:
        opened = StreamSource(source, name)
        opened.read_at(0, 1)  # refuses text
        return opened
    return _spooled(source, name)


def _spooled(stream: Any, name: str) -> StreamSource:
    copy = tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES)  # noqa: SIM115 - it is closed with the source
    try:
        while block := read_block(stream, READ_BYTES, name):
            try:
                copy.write(block)
            except OSError as error:
                raise storage_error(error, "copy to a temporary file", name) from error
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return StreamSource(copy, name, is_own=True)


def name_of(path: Any) -> str:
    """Return the name of *path*, which may be a stream, for errors and progress."""
    name = path if isinstance(path, (str, bytes, os.PathLike)) else getattr(path, "name", None)
    return os.fsdecode(name) if isinstance(name, (str, bytes, os.PathLike)) else type(path).__name__


def unreadable(name: str, error: OSError | ValueError) -> StorageError:
    """Return the error for a path or stream that cannot be read."""
    # A closed stream and a path with a null character are no errors of the system.
    system_error = error if isinstance(error, OSError) else OSError(errno.EINVAL, str(error))
    return storage_error(system_error, "read", name)


def read_block(stream: Any, size: int, name: str) -> bytes:
    """Return *size* bytes of a binary stream, fewer only at its end. Raises `StorageError`."""
    blocks: list[bytes] = []
    missing = size
    while missing:
        try:
            block = stream.read(missing)
        except (OSError, ValueError) as error:
            raise unreadable(name, error) from error
        if block is None:
            raise StorageError(f"Cannot read {name!r}: it has no bytes yet. Open it in blocking mode.", path=name)
        if not isinstance(block, (bytes, bytearray, memoryview)):
            raise StorageError(f"Cannot read {name!r}: it returns text. Open it in binary mode.", path=name)
        if not block:
            break
        blocks.append(bytes(block))
        missing -= len(block)
    return blocks[0] if len(blocks) == 1 else b"".join(blocks)
