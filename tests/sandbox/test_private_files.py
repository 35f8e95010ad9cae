"""The permissions of database files."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_orm.sandbox import Sandbox
from ftrack_orm.sandbox.private_files import make_private

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no modes of files.")


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_a_new_database_is_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    with Sandbox(database=tmp_path / "studio.db"):
        assert modes(tmp_path) == {"studio.db": 0o600}


def test_the_files_of_an_existing_database_become_private(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, umask: int
) -> None:
    file = tmp_path / "studio.db"
    make_private(file)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (x)")
    names = {"studio.db", "studio.db-wal", "studio.db-shm"}
    assert modes(tmp_path) == dict.fromkeys(names, 0o600)  # SQLite's files have the mode of the database
    for name in names:
        (tmp_path / name).chmod(0o664)
    link = tmp_path / "link.db"
    link.symlink_to(file)
    make_private(link)
    assert {name: modes(tmp_path)[name] for name in names} == dict.fromkeys(names, 0o600)
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 3
    assert "Other users could access the database file" in caplog.text
    connection.execute("INSERT INTO t VALUES (1)")
    connection.close()


def test_an_old_database_of_a_sandbox_is_tightened_when_it_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "studio.db"
    with Sandbox(database=file):
        pass
    file.chmod(0o644)
    with Sandbox(database=file):
        assert modes(tmp_path) == {"studio.db": 0o600}


def test_a_private_file_stays_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "studio.db"
    file.write_bytes(b"content")
    file.chmod(0o400)
    make_private(file)
    assert (modes(tmp_path), file.read_bytes(), caplog.records) == ({"studio.db": 0o400}, b"content", [])


def test_a_folder_that_is_missing_is_left_to_the_database(tmp_path: Path) -> None:
    make_private(tmp_path / "missing" / "studio.db")
    assert modes(tmp_path) == {}
