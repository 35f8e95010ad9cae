"""Edge: files on fsspec's file systems that appear when they are complete."""

from __future__ import annotations

import io
import logging
import secrets
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.errors import ResourceExists, StorageError, quoted

from .fsspec_errors import RemoteCalls, without_secrets

if TYPE_CHECKING:
    import threading

_logger = logging.getLogger(__name__)

#: File systems whose files appear when they are committed, and with `xb` only if there is no file yet.
COMMITTING_PROTOCOLS: Final = frozenset(["s3", "s3a"])
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
    """A binary file for writing on *filesystem* that appears at *path* when it is closed.

    Where the file system cannot commit a file, it has a temporary name until then. `discard()` removes it instead, and
    so does a `with` block that raises, and the end of the object before it was closed. With the lock *publishing*, one
    of several writers of a file in this process succeeds.
    """

    def __init__(
        self,
        filesystem: Any,
        path: str,
        resource_identifier: str,
        calls: RemoteCalls,
        *,
        overwrite: bool,
        commits: bool,
        publishing: threading.Lock,
        size: int | None = None,
    ) -> None:
        self._filesystem = filesystem
        self._path = path
        self._identifier = resource_identifier
        self._calls = calls
        self._overwrite = overwrite
        self._publishing = publishing
        self._file: Any = None
        folder, _, _ = path.rpartition("/")
        self._temporary = None if commits else f"{folder}/.{secrets.token_hex(8)}.part"
        with self._calls("write", resource_identifier):
            if commits:
                mode = "wb" if overwrite else "xb"
                self._file = filesystem.open(path, mode, autocommit=False, block_size=part_bytes(size))
            else:
                self._file = filesystem.open(self._temporary, "wb")

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        """Write *data* and return its length."""
        if self._file is None:
            raise ValueError("the file is closed")
        with self._calls("write", self._identifier):
            self._file.write(data)
        return memoryview(data).nbytes

    def close(self) -> None:
        """Complete the file and give it its name; later calls do nothing."""
        if self._file is None:
            return
        try:
            with self._calls("write", self._identifier):
                self._file.close()
                with self._publishing:
                    self._publish()
        except BaseException:
            self.discard()
            raise
        self._file = None
        super().close()

    def _publish(self) -> None:
        if not self._overwrite and self._filesystem.exists(self._path):
            raise ResourceExists(
                f"Cannot write {quoted(self._identifier)}: it exists already. Pass overwrite=True to replace it, or use"
                " another name.",
                resource_identifier=self._identifier,
            )
        if self._temporary is None:
            self._file.commit()
        else:
            rename(self._filesystem, self._temporary, self._path)

    def discard(self) -> None:
        """Remove the incomplete file; after `close()` this does nothing."""
        file, self._file = self._file, None
        if file is None:
            return
        super().close()
        try:
            with self._calls("remove the incomplete file of", self._identifier):
                if self._temporary is None:
                    file.discard()
                    file.closed = True  # its end would send the rest of the data otherwise
                else:
                    file.close()
                    self._filesystem.rm_file(self._temporary)
        except StorageError as error:
            _logger.warning("%s Remove it by hand: %s", error, without_secrets(self._temporary or self._path))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self.discard()


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
