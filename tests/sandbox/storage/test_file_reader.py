"""Stored files as open files."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox.storage.file_reader import open_file
from ftrack_orm.sandbox.storage.file_store import FileStore
from ftrack_orm.sandbox.storage.memory import MemorySegments
from ftrack_orm.sandbox.storage.stored_file import StoredFile


def opened(*contents: bytes) -> io.BufferedReader:
    files = FileStore(MemorySegments())
    segments = []
    for content in contents:
        writer = files.create()
        writer.write(content)
        segments.append(writer.finish())
    return open_file(files, StoredFile("c", "n", "t", tuple(segments)))


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(-1, 20), st.just(0)),
        st.tuples(st.just("seek"), st.integers(0, 30), st.sampled_from([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END])),
    ),
    max_size=8,
)


@given(st.lists(st.binary(max_size=12), max_size=4), _STEPS)
def test_it_reads_like_a_file_in_memory(contents: list[bytes], steps: list[tuple[str, int, int]]) -> None:
    expected = io.BytesIO(b"".join(contents))
    with opened(*contents) as actual:
        for step, number, whence in steps:
            if step == "read":
                assert actual.read(number) == expected.read(number)
            else:
                assert actual.seek(number, whence) == expected.seek(number, whence)
            assert actual.tell() == expected.tell()


def test_a_position_before_the_start_is_refused() -> None:
    with opened(b"abc") as file, pytest.raises(ValueError, match="before the start"):
        file.seek(-4, os.SEEK_END)
