"""Files in a folder, which outlive the server and survive damage."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from ftrack_orm.errors import SettingsError
from ftrack_orm.sandbox.storage.file_store import FileStore
from ftrack_orm.sandbox.storage.folder import FolderSegments
from ftrack_orm.sandbox.storage.stored_file import Segment, StoredFile


def write(files: FileStore, content: bytes) -> Segment:
    writer = files.create()
    writer.write(content)
    return writer.finish()


def put(files: FileStore, component_id: str, *contents: bytes) -> StoredFile:
    segments = tuple(write(files, content) for content in contents)
    file = StoredFile(component_id, "name", "text/plain", segments)
    files.put(file)
    return file


def reopened(folder: Path) -> FileStore:
    return FileStore(FolderSegments(folder))


def content(files: FileStore, component_id: str) -> bytes | None:
    file = files.find(component_id)
    return None if file is None else files.content(file)


@pytest.mark.parametrize("component_id", ["c", "../../c", "a/b", "CON", "ü" * 300, "\0"])
def test_files_are_found_again_whatever_their_ids(tmp_path: Path, component_id: str) -> None:
    folder = tmp_path / "deep" / "storage"
    put(reopened(folder), component_id, b"one", b"two")
    assert content(reopened(folder), component_id) == b"onetwo"
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


def test_a_removed_file_stays_removed_and_leaves_nothing(tmp_path: Path) -> None:
    files = reopened(tmp_path)
    put(files, "c", b"x")
    assert files.remove("c")
    assert not files.remove("c")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert reopened(tmp_path).find("c") is None


def test_a_replaced_file_leaves_no_segment(tmp_path: Path) -> None:
    files = reopened(tmp_path)
    put(files, "c", b"old", b"older")
    put(files, "c", b"new")
    assert len(list((tmp_path / "segments").iterdir())) == 1
    assert content(reopened(tmp_path), "c") == b"new"


def test_segments_of_unfinished_uploads_are_deleted_when_the_folder_is_opened(tmp_path: Path) -> None:
    files = reopened(tmp_path)
    put(files, "c", b"kept")
    write(files, b"finished, and in no file")
    files.create().write(b"not finished")
    (tmp_path / "files" / "x.1.tmp").write_bytes(b"{")
    assert content(reopened(tmp_path), "c") == b"kept"
    assert len(list((tmp_path / "segments").iterdir())) == 1
    assert len(list((tmp_path / "files").iterdir())) == 1


def test_a_discarded_segment_is_deleted_and_a_finished_one_is_kept(tmp_path: Path) -> None:
    files = reopened(tmp_path)
    discarded, finished = files.create(), files.create()
    discarded.write(b"x")
    discarded.discard()
    discarded.discard()
    segment = finished.finish()
    finished.discard()
    assert [path.name for path in (tmp_path / "segments").iterdir()] == [segment.name]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"[]",
        b'{"segments": 5}',
        b'{"component_id": "c", "file_name": "n", "content_type": "t", "segments": [["../x", 1, "m"]]}',
        b'{"component_id": "other", "file_name": "n", "content_type": "t", "segments": []}',
    ],
)
def test_damaged_descriptions_are_left_out(tmp_path: Path, damage: bytes) -> None:
    put(reopened(tmp_path), "c", b"x")
    put(reopened(tmp_path), "kept", b"kept")
    (tmp_path / "x").write_bytes(b"1")
    damaged = FolderSegments(tmp_path)._description("c")
    damaged.write_bytes(damage)
    files = reopened(tmp_path)
    assert files.find("c") is None
    assert content(files, "kept") == b"kept"
    assert (tmp_path / "x").exists()


def test_a_file_whose_bytes_are_incomplete_is_left_out(tmp_path: Path) -> None:
    file = put(reopened(tmp_path), "c", b"complete")
    (tmp_path / "segments" / file.segments[0].name).write_bytes(b"comp")
    assert reopened(tmp_path).find("c") is None


@pytest.mark.skipif(os.name != "posix", reason="the permissions are those of POSIX")
def test_only_the_owner_may_enter_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "storage"
    FolderSegments(folder)
    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0


def test_a_folder_that_cannot_be_created_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match=r"storage folder .*file.* cannot be created"):
        FolderSegments(tmp_path / "file" / "storage")
    with pytest.raises(SettingsError, match="storage folder"):
        FolderSegments("null\0character")


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is a device of Linux")
def test_a_full_disk_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    files = reopened(tmp_path)
    writer = files.create()
    writer._file.close()  # type: ignore[attr-defined]
    writer._file = open("/dev/full", "wb", buffering=0)  # type: ignore[attr-defined]  # noqa: SIM115
    with pytest.raises(OSError, match="No space left"):
        writer.write(b"x")
    writer.discard()
    assert list((tmp_path / "segments").iterdir()) == []
