"""Edge: a file of an accessor as a stream that is open only while it is read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from .accessors.base import Accessor


class StoredStream(io.RawIOBase):
    """Reads a file of an accessor. It is opened by the first read and closed again at its end.

    Thousands of them can exist at the same time, as for the frames of a sequence that is copied.
    """

    def __init__(self, accessor: Accessor, identifier: str) -> None:
        super().__init__()
        self.name = identifier
        self._accessor = accessor
        self._size = accessor.size(identifier)
        self._position = 0
        self._stream: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        position = max(0, start + offset)
        if position != self._position and self._stream is not None:
            self._stream.seek(position)
        self._position = position
        return position

    def read(self, size: int | None = -1, /) -> bytes:
        if self._position >= self._size:
            return b""
        if self._stream is None:
            self._stream = self._accessor.open(self.name)
            self._stream.seek(self._position)
        data = self._stream.read(-1 if size is None else size)
        self._position += len(data)
        if not data or self._position >= self._size:
            self.release()
        return data

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # a narrower buffer
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def release(self) -> None:
        """Close the file until the next read."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def close(self) -> None:
        self.release()
        super().close()
