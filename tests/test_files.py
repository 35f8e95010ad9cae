"""Reading regular files, and nothing else, in bounded time and memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ftrack_orm.files import NotRegularFile, read_regular_file

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="FIFOs and devices are files of POSIX systems")


@pytest.mark.parametrize("size", [0, 1, 9, 10])
def test_a_file_within_the_limit_is_read_completely(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(b"\r\n\x1a"[:1] * size)
    assert read_regular_file(tmp_path / "file", 10) == b"\r" * size


def test_a_file_above_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 11)
    with pytest.raises(OSError, match="it is larger than 10 bytes"):
        read_regular_file(tmp_path / "file", 10)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_a_file_that_states_no_size_is_read_up_to_the_limit() -> None:
    assert b"Pid:" in read_regular_file("/proc/self/status", 100_000)
    with pytest.raises(OSError, match="larger than"):
        read_regular_file("/proc/self/status", 10)


@POSIX
def test_a_fifo_without_a_writer_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    for name in ("fifo", "link"):
        with pytest.raises(NotRegularFile, match="it is a FIFO, not a regular file"):
            read_regular_file(tmp_path / name, 10)


@POSIX
@pytest.mark.parametrize(("path", "kind"), [("/dev/zero", "a device"), ("/", "a directory")])
def test_devices_and_directories_are_refused(path: str, kind: str) -> None:
    with pytest.raises(NotRegularFile, match=f"it is {kind}, not a regular file"):
        read_regular_file(path, 10)


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_malformed_path_is_an_error_of_the_system(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match="malformed"):
        read_regular_file(tmp_path / name, 10)
