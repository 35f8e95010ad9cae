"""Edge: reads a stored file like an open file, for libraries that expect one, without holding it in memory."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from .file_store import FileStore
    from .stored_file import StoredFile

#: The bytes that are read ahead.
_BUFFER_BYTES = 256 * 1024


def open_file(files: FileStore, file: StoredFile) -> io.BufferedReader:
    """Return an open file with the bytes of *file*, positioned at its start."""
    return io.BufferedReader(_FileReader(files, file), _BUFFER_BYTES)


class _FileReader(io.RawIOBase):
    def __init__(self, files: FileStore, file: StoredFile) -> None:
        super().__init__()
        self._files = files
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._file.size}[whence]
        if origin + offset < 0:
            raise ValueError("The position is before the start of the file.")
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: Buffer, /) -> int:
        with memoryview(buffer).cast("B") as view:
            stop = min(self._file.size, self._position + len(view))
            for segment, offset, size in self._file.pieces(self._position, stop, len(view)):
                data = self._files.read(segment, offset, size)
                view[: len(data)] = data
                self._position += len(data)
                return len(data)  # fewer bytes than requested are allowed at the end of a segment
        return 0
