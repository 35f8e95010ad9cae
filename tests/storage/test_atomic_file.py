"""A file appears under its name when it is complete, and replaces nothing unless asked to."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.errors import StorageError
from ftrack_orm.storage.atomic_file import AtomicFile

from .permissions import without_permissions


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with AtomicFile(path) as file:
        file.write(b"half")
        assert not path.exists()
        file.restart()
        file.write(b"whole")
    assert path.read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["a"]


def test_permissions_are_those_of_new_files(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        with AtomicFile(tmp_path / "a"):
            pass
        with AtomicFile(tmp_path / "b", mode=0o600):
            pass
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600


def test_nothing_stays_after_an_exception(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), AtomicFile(tmp_path / "a") as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []
    file.abandon()


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir, lambda path: path.symlink_to("nowhere")])
def test_a_target_that_exists_is_an_error(make: Callable[[Path], object], tmp_path: Path) -> None:
    make(tmp_path / "a")
    with pytest.raises(StorageError, match=r"/a (exists|cannot be written: Is a directory)"):
        AtomicFile(tmp_path / "a")
    assert os.listdir(tmp_path) == ["a"]


def test_a_target_that_appears_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with pytest.raises(StorageError, match="/a exists"), AtomicFile(path) as file:
        file.write(b"ours")
        path.write_bytes(b"theirs")
    assert path.read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["a"]


def test_a_file_is_replaced_when_asked_to(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with AtomicFile(path, overwrite=True) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_file_systems_without_hard_links_are_supported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(old: Any, new: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "a"
    with AtomicFile(path) as file:
        file.write(b"ours")
    assert path.read_bytes() == b"ours"
    with pytest.raises(StorageError, match="/b exists"), AtomicFile(tmp_path / "b"):
        (tmp_path / "b").touch()
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("none/a", "No such file or directory"), ("a\0b", "null"), ("x" * 300, "File name too long"), ("", "Is a dir")],
)
def test_impossible_paths_are_storage_errors(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=message), AtomicFile(f"{tmp_path}/{name}"):
        pass
    assert os.listdir(tmp_path) == []


def test_long_names_leave_no_space_for_an_ending(tmp_path: Path) -> None:
    with AtomicFile(tmp_path / ("x" * 255)) as file:
        file.write(b"a")
    assert os.listdir(tmp_path) == ["x" * 255]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the device that is always full is Linux's")
def test_a_full_disk_is_a_storage_error(tmp_path: Path) -> None:
    file = AtomicFile(tmp_path / "a")
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, file._file.fileno())
    os.close(full)
    with pytest.raises(StorageError, match=r"/a cannot be written: No space left on device. Free space"):
        file.write(b"a")
    file.abandon()
    assert os.listdir(tmp_path) == []


def test_a_folder_without_permission_is_a_storage_error(tmp_path: Path) -> None:
    with without_permissions(tmp_path), pytest.raises(StorageError, match="Permission denied"):
        AtomicFile(tmp_path / "a")
    assert os.listdir(tmp_path) == []
