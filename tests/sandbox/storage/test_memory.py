"""Segments in memory."""

from __future__ import annotations

import hashlib

import pytest

from ftrack_orm.sandbox.storage.memory import MemorySegments


def test_a_segment_is_read_in_pieces() -> None:
    segments = MemorySegments()
    writer = segments.create()
    for data in (b"some ", b"bytes"):
        writer.write(data)
    segment = writer.finish()
    assert (segment.size, segment.md5) == (10, hashlib.md5(b"some bytes").hexdigest())
    assert segments.read(segment.name, 0, 100) == b"some bytes"
    assert segments.read(segment.name, 3, 4) == b"e by"


def test_deleted_and_discarded_segments_are_gone() -> None:
    segments = MemorySegments()
    writer = segments.create()
    writer.write(b"x")
    writer.discard()
    segment = segments.create().finish()
    segments.delete(segment.name)
    segments.delete(segment.name)
    with pytest.raises(OSError, match="was deleted"):
        segments.read(segment.name, 0, 1)
