"""Edge: files on fsspec's file systems that appear when they are complete."""

from __future__ import annotations

import errno
import hashlib
import io
import logging
import secrets
from abc import abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.errors import StorageError

from .fsspec_errors import RemoteCalls, without_secrets

if TYPE_CHECKING:
    import threading

logger = logging.getLogger(__name__)

#: File systems whose files appear when they are committed, and that can refuse to overwrite in the same request.
COMMITTING_PROTOCOLS: Final = frozenset(["s3", "s3a", "gs", "gcs"])
#: The bytes that a file of unknown size sends at a time. Storages accept 10,000 parts.
_PART_BYTES: Final = 32 * 1024 * 1024
_SMALLEST_PART_BYTES: Final = 8 * 1024 * 1024
_MAX_PARTS: Final = 9_000


def part_bytes(size: int | None) -> int:
    """Return the bytes to send at a time for a file of *size* bytes, or of unknown size."""
    if size is None:
        return _PART_BYTES
    part = _SMALLEST_PART_BYTES
    while size > part * _MAX_PARTS:
        part *= 2
    return part


class RemoteFile(io.RawIOBase):
    """A binary file for writing that appears at *path* of *filesystem* when it is closed.

    `discard()` removes it instead, and so does a `with` block that raises, and the end of the object before it was
    closed. Errors are `StorageError`s; `ResourceExists` if there is a file, unless *overwrite* is true.
    """

    def __init__(
        self, filesystem: Any, path: str, resource_identifier: str, calls: RemoteCalls, *, overwrite: bool
    ) -> None:
        self._filesystem = filesystem
        self._path = path
        self._identifier = resource_identifier
        self._calls = calls
        self._overwrite = overwrite
        self._is_open = True

    @abstractmethod
    def _send(self, data: Any) -> None:
        """Write *data* to where it is not seen yet."""

    @abstractmethod
    def _publish(self) -> None:
        """Let the file appear."""

    @abstractmethod
    def _remove(self) -> None:
        """Remove everything that was written."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        """Write *data* and return its length."""
        if not self._is_open:
            raise ValueError("the file is closed")
        with self._calls("write", self._identifier):
            self._send(data)
        return memoryview(data).nbytes

    def close(self) -> None:
        """Complete the file and give it its name; later calls do nothing."""
        if not self._is_open:
            return
        try:
            with self._calls("write", self._identifier):
                self._publish()
        except BaseException:
            self.discard()
            raise
        self._is_open = False
        super().close()

    def discard(self) -> None:
        """Remove the incomplete file; after `close()` this does nothing."""
        if not self._is_open:
            return
        self._is_open = False
        super().close()
        try:
            with self._calls("remove the incomplete file of", self._identifier):
                self._remove()
        except StorageError as error:
            logger.warning("%s Remove it by hand, below %s.", error, without_secrets(self._path))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        if getattr(self, "_is_open", False):
            self.discard()


class CommittedFile(RemoteFile):
    """A file on a storage that shows it when all of its parts are committed. A small one is sent in one request."""

    def __init__(self, *arguments: Any, size: int | None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._part_bytes = part_bytes(size)
        self._start = bytearray()
        self._file: Any = None

    def _send(self, data: Any) -> None:
        if self._file is None and len(self._start) + len(data) <= _SMALLEST_PART_BYTES:
            self._start += data
            return
        if self._file is None:
            mode = "wb" if self._overwrite else "xb"
            self._file = self._filesystem.open(self._path, mode, autocommit=False, block_size=self._part_bytes)
            self._file.write(self._start)
            self._start = bytearray()
        self._file.write(data)

    def _publish(self) -> None:
        try:
            self._commit()
        except Exception:
            # When its response was lost, the request was sent again and refused because of the first one.
            if not self._has_arrived():
                raise

    def _commit(self) -> None:
        if self._file is None:
            mode = "overwrite" if self._overwrite else "create"
            self._filesystem.pipe_file(self._path, bytes(self._start), mode=mode)
        else:
            self._file.close()
            self._file.commit()

    def _has_arrived(self) -> bool:
        """Return whether the storage has exactly this file, by its `ETag`, as S3 forms it of MD5 sums."""
        if self._file is None:
            tag = hashlib.md5(self._start, usedforsecurity=False).hexdigest()
        else:
            parts = [bytes.fromhex(part["ETag"].strip('"')) for part in self._file.parts]
            tag = f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"
        try:
            self._filesystem.invalidate_cache(self._path)
            return bool(self._filesystem.info(self._path).get("ETag", "").strip('"') == tag)
        except Exception:
            return False

    def _remove(self) -> None:
        if self._file is not None:
            self._file.discard()
            self._file.closed = True  # its end would send the rest of the data otherwise


class RenamedFile(RemoteFile):
    """A file that has a temporary name until it is complete.

    With the lock *publishing*, one of several writers of a file in this process succeeds.
    """

    def __init__(self, *arguments: Any, publishing: threading.Lock, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._publishing = publishing
        self._file: Any = None
        self._temporary = f"{self._path.rpartition('/')[0]}/.{secrets.token_hex(8)}.part"
        with self._calls("write", self._identifier):
            self._file = self._filesystem.open(self._temporary, "wb")

    def _send(self, data: Any) -> None:
        self._file.write(data)

    def _publish(self) -> None:
        self._file.close()
        with self._publishing:
            if not self._overwrite and self._filesystem.exists(self._path):
                raise FileExistsError(errno.EEXIST, "")
            rename(self._filesystem, self._temporary, self._path)

    def _remove(self) -> None:
        if self._file is not None:
            self._file.close()
            self._filesystem.rm_file(self._temporary)


def rename(filesystem: Any, old: str, new: str) -> None:
    """Give a file another name, over an existing one."""
    from fsspec.spec import AbstractFileSystem

    if type(filesystem).mv is AbstractFileSystem.mv:
        # The general method would take `[` and `*` in names for patterns.
        filesystem.cp_file(old, new)
        filesystem.rm_file(old)
        return
    try:
        filesystem.mv(old, new)
    except OSError:
        if not filesystem.exists(new):
            raise
        filesystem.rm_file(new)  # SFTP has no rename over an existing file
        filesystem.mv(old, new)
