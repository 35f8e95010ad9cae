"""State: the bytes of the embedded server's storage in memory, which end with it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable

from .stored_file import Segment, StoredFile


class MemorySegments:
    """Segments as byte arrays, by name."""

    def __init__(self) -> None:
        self._segments: dict[str, bytearray] = {}

    def create(self) -> MemorySegmentWriter:
        """Return a writer of a new segment."""
        return MemorySegmentWriter(self._segments)

    def read(self, segment: str, offset: int, size: int) -> bytes:
        """Return up to *size* bytes of a segment."""
        data = self._segments.get(segment)
        if data is None:
            raise FileNotFoundError(f"The segment {segment} was deleted.")
        with memoryview(data) as view:
            return bytes(view[offset : offset + size])

    def delete(self, segment: str) -> None:
        """Delete a segment, if it exists."""
        self._segments.pop(segment, None)

    def save(self, file: StoredFile) -> None:
        """Do nothing: the storage itself keeps the descriptions in memory."""

    def forget(self, component_id: str) -> None:
        """Do nothing, like `save`."""

    def load(self) -> Iterable[StoredFile]:
        """Return no file: the memory of a new server is empty."""
        return ()


class MemorySegmentWriter:
    """Collects the bytes of a segment, which is readable after `finish`."""

    def __init__(self, segments: dict[str, bytearray]) -> None:
        self._segments = segments
        self._data = bytearray()
        self._md5 = hashlib.md5(usedforsecurity=False)

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._data += data
        self._md5.update(data)

    def finish(self) -> Segment:
        """Return the segment with all bytes written."""
        segment = Segment(uuid.uuid4().hex, len(self._data), self._md5.hexdigest())
        self._segments[segment.name], self._data = self._data, bytearray()
        return segment

    def discard(self) -> None:
        """Drop the bytes written."""
        self._data = bytearray()
