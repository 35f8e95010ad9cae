"""A file appears when it is complete; one that fails leaves nothing."""

from __future__ import annotations

import errno
import gc
import os
import stat
from pathlib import Path

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.atomic_files import TEMPORARY_NAME, AtomicFile


def test_a_file_appears_when_it_is_closed(tmp_path: Path) -> None:
    target = tmp_path / "plate.exr"
    with AtomicFile(target) as file:
        file.write(b"half")
        file.flush()
        assert not target.exists()
        assert all(TEMPORARY_NAME.fullmatch(each.name) for each in tmp_path.iterdir())
        file.write(b" and half")
    assert target.read_bytes() == b"half and half"
    assert list(tmp_path.iterdir()) == [target]


def test_a_block_that_raises_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), AtomicFile(tmp_path / "a") as file:
        file.write(b"x" * 100_000)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_never_closed_leaves_nothing(tmp_path: Path) -> None:
    file = AtomicFile(tmp_path / "a")
    file.write(b"x")
    del file
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_replaced_only_when_that_is_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    target.chmod(0o640)
    with pytest.raises(errors.ResourceExists, match="overwrite=True"):
        AtomicFile(target)
    assert list(tmp_path.iterdir()) == [target]
    with AtomicFile(target, overwrite=True) as file:
        file.write(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "a"
    file = AtomicFile(target)
    file.write(b"ours")
    target.write_bytes(b"theirs")
    with pytest.raises(errors.ResourceExists):
        file.close()
    file.close()
    assert target.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_file_systems_without_hard_links_get_a_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "a"
    with AtomicFile(target) as file:
        file.write(b"x")
    assert target.read_bytes() == b"x"
    file = AtomicFile(tmp_path / "b")
    (tmp_path / "b").write_bytes(b"theirs")
    with pytest.raises(errors.ResourceExists):
        file.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_is_never_replaced(tmp_path: Path, overwrite: bool) -> None:
    with pytest.raises(errors.ResourceInvalid, match="a folder and not a file"):
        AtomicFile(tmp_path, overwrite=overwrite)


def test_a_symbolic_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"kept")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(errors.ResourceExists):
        AtomicFile(tmp_path / "link")
    with AtomicFile(tmp_path / "link", overwrite=True) as file:
        file.write(b"new")
    assert (tmp_path / "secret").read_bytes() == b"kept"
    assert not (tmp_path / "link").is_symlink()


@pytest.mark.parametrize(("name", "kind"), [("missing/a", errors.ResourceNotFound), ("a\0b", errors.ResourceInvalid)])
def test_paths_that_cannot_exist_are_errors(tmp_path: Path, name: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        AtomicFile(f"{tmp_path}/{name}")


@pytest.mark.usefixtures("limited_file_size")
@pytest.mark.parametrize("piece", [1000, 200_000])
def test_a_write_that_the_system_refuses_leaves_nothing(tmp_path: Path, piece: int) -> None:
    with pytest.raises(errors.StorageError, match="too large for the file system"), AtomicFile(tmp_path / "a") as file:
        for _ in range(200_000 // piece):
            file.write(b"x" * piece)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux")
def test_a_full_disk_is_an_error_for_people(tmp_path: Path) -> None:
    from ftrack_orm.storage.copying import copy_source

    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(errors.StorageError, match="the disk is full"):
        copy_source(b"x" * 10, full)
