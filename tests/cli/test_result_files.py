"""Files with results."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from ftrack_orm.cli.result_files import opened
from ftrack_orm.errors import StorageError


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    with opened(str(file)) as stream:
        stream.write("Ünï")
        stream.flush()
        assert not file.exists()
        stream.write("code\ud800\n")
    assert file.read_bytes() == "Ünïcode\\ud800\n".encode()


def test_an_error_keeps_the_earlier_file(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("before")
    with contextlib.suppress(KeyError), opened(str(file)) as stream:
        stream.write("after")
        stream.flush()
        raise KeyError
    assert file.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_the_standard_output_is_written_to(capsys: pytest.CaptureFixture[str]) -> None:
    with opened("-") as stream:
        stream.write("text")
    assert capsys.readouterr().out == "text"


def test_a_file_in_a_missing_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "a.txt"
    with pytest.raises((StorageError, OSError), match="missing"), opened(str(file)) as stream:
        stream.write("x")
