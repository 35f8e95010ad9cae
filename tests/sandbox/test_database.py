"""Database files that are damaged, locked, of other programs, or no files: a clear error, and nothing written."""

from __future__ import annotations

import os
import random
import socket
import sqlite3
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from ftrack_orm.errors import SettingsError
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.sandbox.database import check_content, create_engine, database_errors
from tests.mutations import damage_bytes
from tests.property_settings import examples


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The content of the database of a new server."""
    path = tmp_path_factory.mktemp("seeded") / "box.db"
    with Sandbox(database=path):
        pass
    return path.read_bytes()


def refusal(path: Path) -> str:
    """Return the message with which a server refuses the database."""
    with pytest.raises(SettingsError) as caught:
        Sandbox(database=path).start()
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "box.db"
    path.write_bytes(b"Dear diary, " * 1000)
    path.chmod(0o644)
    assert "it is not an SQLite database. Pass another file" in refusal(path)
    assert path.read_bytes() == b"Dear diary, " * 1000
    assert os.name != "posix" or path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("start", [0.3, 0.9])
def test_a_database_with_damaged_pages_is_refused(tmp_path: Path, seeded: bytes, start: float) -> None:
    path = tmp_path / "box.db"
    first = int(len(seeded) * start)
    path.write_bytes(seeded[:first] + b"\xff" * 20_000 + seeded[first + 20_000 :])
    assert "damaged" in refusal(path)


def test_a_truncated_database_is_refused(tmp_path: Path, seeded: bytes) -> None:
    path = tmp_path / "box.db"
    path.write_bytes(seeded[: len(seeded) // 2])
    assert "damaged" in refusal(path)


def test_a_locked_database_is_refused_in_bounded_time(tmp_path: Path, seeded: bytes) -> None:
    path = tmp_path / "box.db"
    path.write_bytes(seeded)
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        assert "another program has locked it" in refusal(path)
        assert time.monotonic() - started < 10
        other.execute("ROLLBACK")
        with Sandbox(database=path):
            pass
    finally:
        other.close()


def test_the_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "box.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE bookmarks (address TEXT)")
    other.commit()
    assert "has tables of another program, such as 'bookmarks'" in refusal(path)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
    other.close()


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs and devices are files of POSIX systems")
@pytest.mark.parametrize("kind", ["FIFO", "device", "directory", "socket"])
def test_anything_but_a_regular_file_is_refused_without_waiting(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is limited to about 100 characters
    path = Path("box.db")
    server = socket.socket(socket.AF_UNIX)
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "directory":
        path.mkdir()
    else:
        server.bind(str(path))
    started = time.monotonic()
    assert f"it is a {kind}, not a regular file" in refusal(path)
    assert time.monotonic() - started < 5
    server.close()


def test_a_malformed_path_is_refused() -> None:
    with pytest.raises(SettingsError, match="cannot be opened"):
        Sandbox(database="a\0b").start()


def test_mutated_databases_are_refused_or_served(tmp_path: Path, seeded: bytes) -> None:
    """Opening is what can fail here. A server that has started answers each request, if with an error."""
    chance = random.Random(13)
    path = tmp_path / "box.db"
    own_tables = {row[0] for row in _names(tmp_path, seeded)}
    for _ in range(examples(150, 2_000)):
        path.write_bytes(damage_bytes(seeded, chance))
        engine = create_engine(path)
        try:
            with database_errors(path), engine.begin() as connection:
                check_content(connection, path, own_tables)
                connection.execute(sa.text("SELECT id FROM User")).all()
        except SettingsError as error:
            assert str(path) in str(error)
        finally:
            engine.dispose()


def _names(folder: Path, content: bytes) -> list[tuple[str]]:
    (folder / "names.db").write_bytes(content)
    connection = sqlite3.connect(folder / "names.db")
    try:
        return connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    finally:
        connection.close()
