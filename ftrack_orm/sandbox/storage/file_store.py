"""State: the files of the embedded server by component, with the segments that hold their bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from .segments import SegmentStore, SegmentWriter
    from .stored_file import Segment, StoredFile

#: The number of bytes that are read or written at a time.
PIECE_BYTES = 512 * 1024


class FileStore:
    """The complete files of a storage. Every method may be called by any thread."""

    def __init__(self, segments: SegmentStore) -> None:
        self._segments = segments
        self._lock = threading.Lock()
        self._files = {file.component_id: file for file in segments.load()}

    def __iter__(self) -> Iterator[StoredFile]:
        with self._lock:
            return iter(list(self._files.values()))

    def find(self, component_id: str) -> StoredFile | None:
        """Return the file of a component, or None."""
        return self._files.get(component_id)

    def create(self) -> SegmentWriter:
        """Return a writer of a new segment, which belongs to no file yet."""
        return self._segments.create()

    def put(self, file: StoredFile) -> None:
        """Make a complete file the one of its component, and delete the bytes of the file it replaces."""
        with self._lock:
            replaced = self._files.get(file.component_id)
            self._segments.save(file)
            self._files[file.component_id] = file
        if replaced is not None:
            kept = {segment.name for segment in file.segments}
            self.delete_segments([segment for segment in replaced.segments if segment.name not in kept])

    def remove(self, component_id: str) -> bool:
        """Delete the file of a component, and return whether there was one."""
        with self._lock:
            file = self._files.pop(component_id, None)
            if file is None:
                return False
            self._segments.forget(component_id)
        self.delete_segments(file.segments)
        return True

    def delete_segments(self, segments: tuple[Segment, ...] | list[Segment]) -> None:
        """Delete bytes that belong to no file."""
        for segment in segments:
            self._segments.delete(segment.name)

    def write(self, stream: IO[bytes]) -> Segment:
        """Return a new segment with the rest of an open file; raises `OSError`, and keeps nothing, when that fails."""
        writer = self.create()
        try:
            while data := stream.read(PIECE_BYTES):
                writer.write(data)
            return writer.finish()
        finally:
            writer.discard()

    def read(self, segment: str, offset: int, size: int) -> bytes:
        """Return up to *size* bytes of a segment; raises `OSError` when it is gone."""
        return self._segments.read(segment, offset, size)

    def content(self, file: StoredFile) -> bytes:
        """Return all bytes of a file; raises `OSError` when it was removed meanwhile."""
        return b"".join(self.read(*piece) for piece in file.pieces(0, file.size, PIECE_BYTES))
