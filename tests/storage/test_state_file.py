"""The state of an upload survives the process, and damage at its end."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import attrs
import pytest

from ftrack_orm.errors import StorageError
from ftrack_orm.storage.state_file import StateFile, UploadState

from .permissions import without_permissions

STATE = UploadState(
    "http://ftrack.test", "c1", "/a.mov", {"size": 3}, "u", {1: "http://s3/1?signature=s", 2: "http://s3/2"}, {1: "e"}
)


@pytest.fixture
def file(tmp_path: Path) -> StateFile:
    return StateFile(tmp_path / "a.upload")


def test_a_state_is_read_as_it_was_written(file: StateFile) -> None:
    assert file.read() is None
    file.write(STATE)
    file.add_part(2, "f")
    assert file.read() == attrs.evolve(STATE, e_tags={1: "e", 2: "f"})
    assert "signature" not in repr(STATE)
    file.remove()
    file.remove()
    assert file.read() is None


def test_only_the_owner_can_read_the_signed_urls(file: StateFile) -> None:
    file.write(STATE)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert os.listdir(file.path.parent) == ["a.upload"]


@pytest.mark.parametrize("cut", range(1, 24))
def test_a_row_that_was_cut_is_a_part_that_is_missing(file: StateFile, cut: int) -> None:
    file.write(STATE)
    file.add_part(2, "f")
    content = file.path.read_bytes()
    file.path.write_bytes(content[:-cut])
    state = file.read()
    assert state is not None
    assert state.e_tags in ({1: "e"}, {1: "e", 2: "f"})


@pytest.mark.parametrize("content", [b"", b"my movie\xff", b"{}", b"[]", b'{"format": "ftrack_orm upload 1"}', b"5"])
def test_a_file_that_is_no_state_stays_as_it_is(file: StateFile, content: bytes) -> None:
    file.path.write_bytes(content)
    with pytest.raises(StorageError, match="is not the state of an upload, and was left as it is"):
        file.read_for("/a.mov")
    assert file.path.read_bytes() == content


def test_the_state_of_another_source_is_refused(file: StateFile) -> None:
    file.write(STATE)
    assert file.read_for("/a.mov") == STATE
    with pytest.raises(StorageError, match=r"is the state of the upload of /a\.mov"):
        file.read_for("/b.mov")


def test_states_match_their_server_and_source() -> None:
    assert STATE.matches("http://ftrack.test", {"size": 3})
    assert not STATE.matches("http://other.test", {"size": 3})
    assert not STATE.matches("http://ftrack.test", {"size": 4})


def test_files_that_cannot_be_used_are_storage_errors(tmp_path: Path) -> None:
    for file in (StateFile(tmp_path), StateFile(tmp_path / "none" / "a")):
        with pytest.raises(StorageError):
            file.write(STATE)
        with pytest.raises(StorageError):
            file.add_part(1, "e")
    with pytest.raises(StorageError):
        StateFile(tmp_path).read()
    file = StateFile(tmp_path / "a")
    file.write(STATE)
    with without_permissions(tmp_path), pytest.raises(StorageError, match=r"Cannot remove .*: permission is missing"):
        file.remove()
