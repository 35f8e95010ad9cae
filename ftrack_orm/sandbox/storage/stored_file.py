"""Pure: the description of a stored file, whose bytes are in one segment or, after a multi-part upload, in several."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import attrs


@attrs.frozen
class Segment:
    """Bytes that were stored together: their name in the storage, their number and their MD5 in hexadecimal digits."""

    name: str
    size: int
    md5: str


@attrs.frozen
class StoredFile:
    """A complete file: the component it belongs to, its name and media type, and where its bytes are."""

    component_id: str
    file_name: str
    content_type: str
    segments: tuple[Segment, ...]

    @property
    def size(self) -> int:
        """The number of bytes."""
        return sum(segment.size for segment in self.segments)

    @property
    def etag(self) -> str:
        """The entity tag without quotes: the MD5 of a single part, or that of the parts' MD5s with their number."""
        if len(self.segments) == 1:
            return self.segments[0].md5
        digests = b"".join(bytes.fromhex(segment.md5) for segment in self.segments)
        return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(self.segments)}"

    def pieces(self, start: int, stop: int, piece_size: int) -> Iterator[tuple[str, int, int]]:
        """Yield segment, offset in it and number of bytes for the bytes from *start* to *stop*, in order.

        No piece has more than *piece_size* bytes.
        """
        first = 0  # the position of the segment's first byte in the file
        for segment in self.segments:
            position = max(start, first)
            end = min(stop, first + segment.size)
            while position < end:
                size = min(piece_size, end - position)
                yield segment.name, position - first, size
                position += size
            first += segment.size
