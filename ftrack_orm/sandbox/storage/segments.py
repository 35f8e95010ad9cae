"""Pure: the interface between the storage and the place of its bytes, a folder or memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .stored_file import Segment, StoredFile


class SegmentWriter(Protocol):
    """Receives the bytes of a new segment. It is used by one thread at a time."""

    def write(self, data: bytes) -> None:
        """Append bytes; raises `OSError` when they cannot be stored."""

    def finish(self) -> Segment:
        """Return the segment with all bytes written."""

    def discard(self) -> None:
        """Remove the bytes written. Repeated calls, and calls after `finish`, have no effect."""


class SegmentStore(Protocol):
    """Stores segments, and the descriptions of files that consist of them. Every method may be called by any thread."""

    def create(self) -> SegmentWriter:
        """Return a writer of a new segment."""

    def read(self, segment: str, offset: int, size: int) -> bytes:
        """Return up to *size* bytes of a segment; raises `OSError` when it is gone."""

    def delete(self, segment: str) -> None:
        """Delete a segment, if it exists."""

    def save(self, file: StoredFile) -> None:
        """Keep the description of a file, instead of an earlier one of the same component."""

    def forget(self, component_id: str) -> None:
        """Drop the description of a file, if there is one."""

    def load(self) -> Iterable[StoredFile]:
        """Return the descriptions that are kept, and delete segments that none of them names."""
