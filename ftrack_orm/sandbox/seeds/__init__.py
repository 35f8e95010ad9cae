"""Edge: fills the database of a new embedded server: with a fresh ftrack, or with a demo studio and its productions."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ftrack_orm.errors import SettingsError, suggestion
from ftrack_orm.sandbox import index_statistics
from ftrack_orm.sandbox.writing import closure

from . import demo, empty
from .row_writer import RowWriter

if TYPE_CHECKING:
    import sqlalchemy as sa

    from ftrack_orm.sandbox.tables import Tables

#: The names of the seeds: a fresh ftrack server, and a studio with productions.
NAMES = ("empty", "demo")


def seed(
    connection: sa.Connection,
    tables: Tables,
    name: str,
    *,
    tasks: int | None = None,
    now: datetime.datetime,
    api_user: str,
) -> None:
    """Insert the rows of a seed into empty tables, in the transaction of the connection; every run inserts the same.

    Arguments:
        name: one of `NAMES`.
        tasks: the number of tasks of the demo. The numbers of shots, sequences and versions are in proportion to it.
        now: the current time, aware. Only the running timer and the job of the demo depend on it.
        api_user: the username of the administrator whose API key the server accepts.

    Entity types and attributes that the schema lacks are left out. Raises `SettingsError` for an unknown seed, a
    negative number of tasks, and a number of tasks for a seed without tasks.
    """
    if name not in NAMES:
        raise SettingsError(f"There is no seed {name!r}; there are {', '.join(NAMES)}.{suggestion(name, NAMES)}")
    if tasks is not None and name != "demo":
        raise SettingsError(f"Only the seed 'demo' has tasks; the seed {name!r} cannot be given a number of them.")
    if tasks is not None and tasks < 0:
        raise SettingsError(f"The demo cannot have {tasks} tasks. Give a number from 0 on.")
    with RowWriter(connection, tables) as writer:
        empty.insert_rows(writer, api_user)
    if name == "demo":
        with _without_indexes(connection, tables), RowWriter(connection, tables) as writer:
            demo.insert_rows(writer, tasks=tasks, now=now, api_user=api_user)
    closure.rebuild(connection, tables)
    # Without statistics of the rows, SQLite chooses the wrong index in a large production.
    index_statistics.analyze(connection, tables.metadata)


@contextlib.contextmanager
def _without_indexes(connection: sa.Connection, tables: Tables) -> Iterator[None]:
    """Drop all indexes and create them again at the end.

    Ids come in random order, so maintaining an index during the inserts writes all over it, while creating it from all
    rows sorts them once. For 50,000 tasks this is four times faster.
    """
    indexes = [index for table in tables.metadata.sorted_tables for index in table.indexes]
    for index in indexes:
        index.drop(connection)
    yield
    for index in indexes:
        index.create(connection)
