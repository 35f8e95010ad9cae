"""Bytes of uploads are read from files, bytes and streams of any kind."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.errors import InvalidValue, StorageError
from ftrack_orm.storage.sources import SPOOLED_BYTES, Source, StreamSource, open_source

from .contents import content_of
from .permissions import without_permissions

CONTENT = content_of(100_000)


class OneByOne(io.RawIOBase):
    """A stream without positions that returns few bytes at once."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        block = self._content.read(min(len(buffer), 997))
        buffer[: len(block)] = block
        return len(block)


def from_path(folder: Path) -> Any:
    path = folder / "a"
    path.write_bytes(CONTENT)
    return path


SOURCES: dict[str, Callable[[Path], Any]] = {
    "path": from_path,
    "text path": lambda folder: str(from_path(folder)),
    "bytes": lambda folder: CONTENT,
    "bytearray": lambda folder: bytearray(CONTENT),
    "file": lambda folder: from_path(folder).open("rb"),
    "memory": lambda folder: io.BytesIO(CONTENT),
    "without positions": lambda folder: OneByOne(CONTENT),
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_a_source_has_its_size_and_its_bytes_at_any_position(make: Callable[[Path], Any], tmp_path: Path) -> None:
    source = open_source(make(tmp_path))
    assert source.size == len(CONTENT)
    assert source.read_at(50_000, 10) == CONTENT[50_000:50_010]
    assert source.read_at(len(CONTENT) - 3, 10) == CONTENT[-3:]
    assert b"".join(source.blocks()) == CONTENT
    assert b"".join(source.blocks(7, 20)) == CONTENT[7:27]
    source.check_unchanged()
    source.close()


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_several_threads_read_at_the_same_time(make: Callable[[Path], Any], tmp_path: Path) -> None:
    source = open_source(make(tmp_path))
    parts: dict[int, bytes] = {}

    def read(index: int) -> None:
        parts[index] = b"".join(source.blocks(index * 25_000, 25_000))

    threads = [threading.Thread(target=read, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert b"".join(parts[index] for index in range(4)) == CONTENT


def test_a_stream_is_read_from_its_position_on() -> None:
    stream = io.BytesIO(CONTENT)
    stream.seek(10)
    source = open_source(stream)
    assert source.size == len(CONTENT) - 10
    assert source.read_at(0, 5) == CONTENT[10:15]
    source.close()
    assert not stream.closed


def test_fingerprints_tell_contents_apart(tmp_path: Path) -> None:
    path = from_path(tmp_path)
    first = open_source(path).fingerprint()
    assert first == open_source(path).fingerprint()
    os.utime(path, ns=(1, 1))
    assert first != open_source(path).fingerprint()
    assert open_source(b"ab").fingerprint() == open_source(io.BytesIO(b"ab")).fingerprint()
    assert open_source(b"ab").fingerprint() != open_source(b"ba").fingerprint()


def test_a_file_that_changes_is_noticed(tmp_path: Path) -> None:
    path = from_path(tmp_path)
    source = open_source(path)
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(StorageError, match="/a was changed while it was uploaded"):
        source.check_unchanged()
    with path.open("r+b") as file:
        file.truncate(10)
    with pytest.raises(StorageError, match="/a ended after 10 of 100,000 bytes"):
        list(source.blocks())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder, "it is a directory, not a regular file"),
        (lambda folder: folder / "missing", "it does not exist"),
        (lambda folder: "a\0b", "null"),
        (lambda folder: io.StringIO("text"), "it returns text. Open it in binary mode"),
    ],
)
def test_other_things_are_storage_errors(make: Callable[[Path], Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=message):
        open_source(make(tmp_path))


def test_a_released_file_is_opened_again_unless_it_was_replaced(tmp_path: Path) -> None:
    path, before = tmp_path / "file", len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    path.write_bytes(b"0123456789")
    source = open_source(path)
    source.release()
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) == before
    assert source.read_at(2, 3) == b"234"
    source.check_unchanged()
    source.release()
    other = tmp_path / "other"
    other.write_bytes(b"9876543210")
    os.utime(other, ns=(source.fingerprint()["modified"],) * 2)
    os.replace(other, path)
    for _ in range(2):
        with pytest.raises(StorageError, match="was changed"):
            source.read_at(2, 3)
    source.close()


def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(StorageError, match="it is a FIFO"):
        open_source(tmp_path / "fifo")


def test_a_file_without_permission_is_a_storage_error(tmp_path: Path) -> None:
    path = from_path(tmp_path)
    with without_permissions(tmp_path), pytest.raises(StorageError, match="permission is missing"):
        open_source(path)


def test_other_types_are_refused() -> None:
    with pytest.raises(InvalidValue, match="as a path, bytes or a binary stream, not as 5"):
        open_source(5)  # type: ignore[arg-type]


class Broken(OneByOne):
    def readinto(self, buffer: Any, /) -> int:
        raise OSError(5, "Input/output error")


class NotReady(OneByOne):
    def read(self, size: int = -1, /) -> Any:
        return None


@pytest.mark.parametrize(
    ("stream", "message"), [(Broken(b""), "Input/output error"), (NotReady(b""), "Open it in blocking mode")]
)
def test_streams_that_fail_are_storage_errors(stream: Any, message: str) -> None:
    with pytest.raises(StorageError, match=message):
        open_source(stream)


def test_a_closed_stream_is_a_storage_error() -> None:
    stream = io.BytesIO(b"a")
    source = StreamSource(stream, "The stream")
    stream.close()
    with pytest.raises(StorageError, match=r"Cannot read 'The stream': .*closed"):
        source.read_at(0, 1)
    with pytest.raises(StorageError):
        open_source(stream)


def test_a_long_pipe_is_not_kept_in_memory() -> None:
    stream: Any = OneByOne(bytes(SPOOLED_BYTES + 1))
    source = open_source(stream)
    assert source.size == SPOOLED_BYTES + 1
    assert source.read_at(SPOOLED_BYTES, 2) == b"\0"
    source.close()


def test_the_base_class_reads_nothing() -> None:
    with pytest.raises(NotImplementedError):
        Source("nothing", 1).read_at(0, 1)
