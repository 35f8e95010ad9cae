"""Files whose bytes are in one segment or several."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox.storage.stored_file import Segment, StoredFile


def file_of(*contents: bytes) -> StoredFile:
    segments = (Segment(str(i), len(data), hashlib.md5(data).hexdigest()) for i, data in enumerate(contents))
    return StoredFile("c", "name", "text/plain", tuple(segments))


@given(st.lists(st.binary(max_size=9), max_size=5), st.integers(0, 40), st.integers(0, 40), st.integers(1, 5))
def test_pieces_are_the_bytes_of_a_range(contents: list[bytes], start: int, stop: int, piece_size: int) -> None:
    pieces = list(file_of(*contents).pieces(start, stop, piece_size))
    read = [contents[int(segment)][offset : offset + size] for segment, offset, size in pieces]
    assert b"".join(read) == b"".join(contents)[start:stop]
    assert all(1 <= len(data) <= piece_size for data in read)


def test_the_tag_of_one_segment_is_its_md5() -> None:
    assert file_of(b"abc").etag == hashlib.md5(b"abc").hexdigest()


def test_the_tag_of_several_segments_depends_on_all_of_them() -> None:
    tag = file_of(b"abc", b"def").etag
    assert tag.endswith("-2")
    assert tag != file_of(b"abc", b"deg").etag != file_of(b"abc", b"def", b"").etag
