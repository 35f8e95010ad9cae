"""Copies between paths, bytes and streams."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.copying import PIECE_BYTES, PushedSource, copy_into, copy_source

DATA = os.urandom(PIECE_BYTES * 2 + 17)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(DATA)
    return path


@pytest.mark.parametrize("kind", ["path", "text", "bytes", "stream", "memoryview"])
def test_every_kind_of_source_is_copied_completely(file: Path, kind: str) -> None:
    stream = io.BytesIO(DATA)
    sources: dict[str, Any] = {
        "path": file,
        "text": str(file),
        "bytes": DATA,
        "stream": stream,
        "memoryview": memoryview(DATA),
    }
    target = io.BytesIO()
    pieces: list[int] = []
    assert copy_source(sources[kind], target, pieces.append) == len(DATA)
    assert target.getvalue() == DATA
    assert sum(pieces) == len(DATA)
    assert max(pieces) <= PIECE_BYTES
    assert not stream.closed


def test_a_stream_is_read_from_its_position() -> None:
    source, target = io.BytesIO(b"abcdef"), io.BytesIO()
    source.seek(2)
    assert copy_source(source, target) == 4
    assert target.getvalue() == b"cdef"


def test_targets_that_take_a_part_at_a_time_receive_everything() -> None:
    class Slow(io.RawIOBase):
        received = b""

        def write(self, data: Any) -> int:
            self.received += bytes(data[:3])
            return min(3, len(data))

    target = Slow()
    copy_source(b"abcdefgh", target)
    assert target.received == b"abcdefgh"


@pytest.mark.parametrize("growth", [b"more", None])
def test_a_file_that_changes_while_it_is_read_is_an_error(file: Path, growth: bytes | None) -> None:
    def change(_: int) -> None:
        if growth is None:
            os.truncate(file, 5)
        else:
            with file.open("ab") as appended:
                appended.write(growth)

    with pytest.raises(errors.StorageError, match="has changed while it was read") as caught:
        copy_source(file, io.BytesIO(), change)
    assert caught.value.path == str(file)


@pytest.mark.parametrize("source", [io.StringIO("text"), 5, None])
def test_other_sources_are_refused(source: Any) -> None:
    with pytest.raises(errors.InvalidValue, match="must"):
        copy_source(source, io.BytesIO())


def test_sources_that_are_no_regular_files_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, Path("/dev/zero")):
        with pytest.raises(errors.ResourceInvalid, match="not a regular file"):
            copy_source(path, io.BytesIO())
    with pytest.raises(errors.ResourceNotFound):
        copy_source(tmp_path / "missing", io.BytesIO())


def test_a_path_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "target"
    seen: list[bool] = []
    assert copy_into(target, io.BytesIO(DATA), progress=lambda _: seen.append(target.exists())) == len(DATA)
    assert seen == [False] * 3
    assert target.read_bytes() == DATA
    with pytest.raises(errors.ResourceExists):
        copy_into(target, io.BytesIO(b"new"))
    copy_into(target, io.BytesIO(b"new"), overwrite=True)
    assert target.read_bytes() == b"new"


def test_a_copy_that_is_stopped_by_its_progress_leaves_nothing(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(_: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        copy_into(tmp_path / "target", io.BytesIO(DATA), progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_other_targets_are_refused() -> None:
    with pytest.raises(errors.InvalidValue, match="must be a path or a binary stream"):
        copy_into(5, io.BytesIO())  # type: ignore[arg-type]


@pytest.mark.parametrize("to_path", [True, False])
def test_a_stream_that_ends_early_is_an_error_and_leaves_nothing(tmp_path: Path, to_path: bool) -> None:
    target: Any = tmp_path / "target" if to_path else io.BytesIO()
    with pytest.raises(errors.StorageError, match="ended after 4 of 5 bytes"):
        copy_into(target, io.BytesIO(b"1234"), size=5)
    assert list(tmp_path.iterdir()) == []


def test_a_source_may_write_its_bytes_itself() -> None:
    target = io.BytesIO()
    pieces: list[int] = []
    source = PushedSource(lambda stream, progress: copy_source(DATA, stream, progress))
    assert copy_source(source, target, pieces.append) == len(DATA)
    assert (target.getvalue(), sum(pieces)) == (DATA, len(DATA))
