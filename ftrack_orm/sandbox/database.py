"""Edge: opens the database of an embedded server; refuses files that are damaged, locked or hold something else."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from ftrack_orm.errors import SettingsError
from ftrack_orm.files import NotRegularFile, check_regular

from .private_files import make_private

#: Milliseconds for which opening a database, and a request later, wait for the lock of another program.
OPENING_WAIT_MILLISECONDS = 1000
REQUEST_WAIT_MILLISECONDS = 5000

#: The names of the causes that people know, by a part of SQLite's message.
_CAUSES = {
    "locked": "another program has locked it, perhaps another embedded server. Stop that one, or pass another file",
    "not a database": "it is not an SQLite database. Pass another file",
    "encrypted": "it is not an SQLite database. Pass another file",
    "malformed": "it is damaged. Restore or delete it, or pass another file",
    "decode": "it is damaged. Restore or delete it, or pass another file",
}


#: The names of databases without a file.
_IN_MEMORY = ("", ":memory:")


@contextmanager
def database_errors(database: str | os.PathLike[str]) -> Iterator[None]:
    """Raise `SettingsError`, which names the file and the cause, for errors of the database in the block."""
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error, UnicodeDecodeError) as error:
        # Python's module decodes SQLite's messages, which quote damaged text.
        original = str(getattr(error, "orig", error))
        cause = next((text for part, text in _CAUSES.items() if part in original.lower()), original)
        raise SettingsError(f"{_label(database)} cannot be opened or written: {cause}.") from error


def create_engine(database: str | os.PathLike[str]) -> sa.Engine:
    """Return an engine with one connection, which is opened here and used by the worker thread later.

    A new file is accessible to its owner only.

    Raises `SettingsError` for a path that leads to a FIFO, device, socket or directory: SQLite would wait for them or
    write to them.
    """
    if os.fspath(database) not in _IN_MEMORY:
        try:
            check_regular(database, os.stat(database))
        except FileNotFoundError:
            make_private(database)
        except NotRegularFile as error:
            raise SettingsError(f"{_label(database)} cannot be opened: {error.strerror}.") from None
        except (OSError, ValueError) as error:
            raise SettingsError(f"{_label(database)} cannot be opened: {error}.") from None
    url = sa.URL.create("sqlite", database=os.fspath(database))
    engine = sa.create_engine(url, poolclass=sa.StaticPool, connect_args={"check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        connection.execute(f"PRAGMA busy_timeout = {OPENING_WAIT_MILLISECONDS}")
        # The data is for development: speed matters more than surviving a power failure.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")

    return engine


def check_content(connection: sa.Connection, database: str | os.PathLike[str], own_tables: set[str]) -> int:
    """Return the version that marks a seeded database, 0 for a new one.

    Raises `SettingsError` for damaged pages, and for a database without a version that has other tables than
    *own_tables*: it belongs to another program.
    """
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar() or 0)
    # Reads each page once, which takes a tenth of a second for 10,000 tasks.
    problem = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if problem != "ok":
        raise SettingsError(f"{_label(database)} is damaged: {problem!r:.200}. Restore or delete it.")
    if version == 0:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
        others = sorted(name for name in names if name not in own_tables and not name.startswith("sqlite_"))
        if others:
            raise SettingsError(
                f"{_label(database)} has tables of another program, such as {others[0]!r:.80}. Pass another file."
            )
    return version


def protect(database: str | os.PathLike[str]) -> None:
    """Make the files of an existing database accessible to their owner only."""
    if os.fspath(database) not in _IN_MEMORY:
        make_private(database)


def end_opening(connection: sa.Connection) -> None:
    """Let requests wait longer for a lock than opening the database."""
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {REQUEST_WAIT_MILLISECONDS}")


def _label(database: str | os.PathLike[str]) -> str:
    return f"The database {database}"
