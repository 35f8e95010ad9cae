"""A file of an accessor as a stream: opened by the first read, closed at the end, read from any position."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import pytest

from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.storage.stored_stream import StoredStream


class Counting(DiskAccessor):
    """A disk that counts the streams it has opened."""

    opened = 0

    def open(self, resource_identifier: str, mode: str = "rb") -> BinaryIO:
        self.opened += 1
        return super().open(resource_identifier, mode)


@pytest.fixture
def accessor(tmp_path: Path) -> Counting:
    (tmp_path / "digits").write_bytes(b"0123456789")
    return Counting(tmp_path)


def test_it_reads_like_a_file(accessor: Counting) -> None:
    stream = StoredStream(accessor, "digits")
    assert stream.readable()
    assert stream.seekable()
    assert accessor.opened == 0
    assert stream.read(3) == b"012"
    assert stream.tell() == 3
    assert stream.seek(-2, io.SEEK_END) == 8
    assert stream.read() == b"89"
    assert stream.read() == b""
    assert stream.seek(-9, io.SEEK_CUR) == 1
    assert stream.read(2) == b"12"
    stream.close()
    assert accessor.opened == 2


def test_it_is_closed_while_it_is_not_read(accessor: Counting) -> None:
    streams = [StoredStream(accessor, "digits") for _ in range(100)]
    for stream in streams:
        stream.seek(0, io.SEEK_END)
        stream.seek(4)
    assert accessor.opened == 0
    stream = streams[0]
    assert stream.read(1) == b"4"
    stream.release()
    assert stream.read(1) == b"5"
    buffer = bytearray(3)
    assert stream.readinto(buffer) == 3
    assert bytes(buffer) == b"678"
    assert accessor.opened == 2
