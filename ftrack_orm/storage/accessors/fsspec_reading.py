"""Edge: files on fsspec's file systems for reading."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fsspec_errors import RemoteCalls


class RemoteStream(io.RawIOBase):
    """A binary file for reading, whose errors are `StorageError`s."""

    def __init__(self, file: Any, calls: RemoteCalls, resource_identifier: str) -> None:
        self._file = file
        self._calls = calls
        self._identifier = resource_identifier

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def read(self, size: int | None = -1, /) -> bytes:
        with self._calls("read", self._identifier):
            return bytes(self._file.read(-1 if size is None else size))

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: Any, /) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        with self._calls("read", self._identifier):
            self._file.seek(offset, whence)
            return int(self._file.tell())

    def close(self) -> None:
        if not self.closed:
            super().close()
            with self._calls("read", self._identifier):
                self._file.close()
