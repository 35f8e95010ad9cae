"""Edge: what an embedded server starts with: a fresh ftrack, or a demo studio with productions to work on."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator

import sqlalchemy as sa

from ftrack_orm.errors import SettingsError, suggestion
from ftrack_orm.sandbox import index_statistics
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.sandbox.writing import closure

from . import demo, empty
from .row_writer import RowWriter

#: The seeds there are: what a fresh ftrack has, and a studio at work.
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
    """Fill the empty tables of a new server in the connection's transaction, the same way on every run.

    Arguments:
        name: one of `NAMES`.
        tasks: how many tasks the demo is to have; shots, sequences and versions follow in proportion.
        now: the moment of seeding, aware; only what is going on just then is told in terms of it.
        api_user: the username of the administrator the server is used as.

    What the schema lacks is left out. Raises `SettingsError` for a seed there is not, or a number of tasks that makes
    no sense.
    """
    if name not in NAMES:
        raise SettingsError(f"There is no seed {name!r}; there are {', '.join(NAMES)}.{suggestion(name, NAMES)}")
    if tasks is not None and name != "demo":
        raise SettingsError(f"Only the seed 'demo' has tasks; the seed {name!r} cannot be given a number of them.")
    if tasks is not None and tasks < 0:
        raise SettingsError(f"The demo cannot have {tasks} tasks. Give a number from 0 on.")
    with _without_indexes(connection, tables), RowWriter(connection, tables) as writer:
        empty.plant(writer, api_user)
        if name == "demo":
            demo.plant(writer, tasks=tasks, now=now, api_user=api_user)
    closure.rebuild(connection, tables)
    # Without knowing how much lies where, SQLite walks the wrong index of a large production.
    index_statistics.analyze(connection, tables.metadata)


@contextlib.contextmanager
def _without_indexes(connection: sa.Connection, tables: Tables) -> Iterator[None]:
    """Drop all indexes and make them anew at the end.

    Ids come in no order, so an index that is kept while rows come in is written all over the place; one that is made
    of all of them is sorted once. For 50,000 tasks that is four times faster.
    """
    indexes = [index for table in tables.metadata.sorted_tables for index in table.indexes]
    for index in indexes:
        index.drop(connection)
    yield
    for index in indexes:
        index.create(connection)
