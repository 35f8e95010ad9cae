"""Downloads go to files and streams."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, cast

import pytest

from ftrack_orm.errors import InvalidValue, StorageError
from ftrack_orm.storage.atomic_files import AtomicFile
from ftrack_orm.storage.targets import open_target


def test_a_file_can_be_restarted_and_is_complete_at_its_end(tmp_path: Path) -> None:
    target = open_target(str(tmp_path / "a"), overwrite=False)
    target.write(b"half")
    assert target.can_restart
    target.restart()
    target.write(b"whole")
    target.finish()
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert target.name == str(tmp_path / "a")


def test_an_abandoned_file_is_removed(tmp_path: Path) -> None:
    target = open_target(tmp_path / "a", overwrite=False)
    target.write(b"half")
    target.abandon()
    assert list(tmp_path.iterdir()) == []


def test_an_open_file_can_be_restarted_and_is_left_to_its_owner(tmp_path: Path) -> None:
    with AtomicFile(tmp_path / "a") as file:
        target = open_target(file, overwrite=False)
        assert (target.can_restart, target.name) == (True, str(tmp_path / "a"))
        target.write(b"a long half")
        target.restart()
        target.write(b"whole")
        target.finish()
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"whole"
    with pytest.raises(ValueError, match="no"), AtomicFile(tmp_path / "b") as file:
        open_target(file, overwrite=False).abandon()
        raise ValueError("no")
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


class FewAtOnce(io.RawIOBase):
    """A stream that takes few bytes at once."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, block: Any, /) -> int:
        self.content += bytes(block[:3])
        return len(block[:3])


def test_a_stream_takes_all_bytes_and_stays_open() -> None:
    stream = FewAtOnce()
    target = open_target(cast("Any", stream), overwrite=False)
    target.write(b"all of the bytes")
    assert not target.can_restart
    target.restart()
    target.finish()
    target.abandon()
    assert stream.content == b"all of the bytes"
    assert not stream.closed
    assert target.name == "FewAtOnce"


@pytest.mark.parametrize("stream", [io.StringIO(), io.BufferedReader(io.BytesIO())])
def test_streams_that_cannot_be_written_are_storage_errors(stream: Any) -> None:
    with pytest.raises(StorageError, match=r"Cannot write .*"):
        open_target(stream, overwrite=False).write(b"a")


def test_other_types_are_refused() -> None:
    with pytest.raises(InvalidValue, match="a path or a binary stream, not to 5"):
        open_target(5, overwrite=False)  # type: ignore[arg-type]
