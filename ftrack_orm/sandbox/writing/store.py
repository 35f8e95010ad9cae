"""Edge: the rows of the embedded server as one request sees them: read once, written at once, remembered meanwhile."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.reading.from_clause import json_values
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.model import EntityType, Schema

from . import closure
from .change_log import ChangeLog
from .column_values import datetime_text
from .references import References

#: A row, by column name; `ENTITY_TYPE` says what it is.
Row = dict[str, Any]
Key = tuple[Any, ...]


@attrs.frozen
class RequestContext:
    """When a request is handled, and for which user: what the server fills in for the client."""

    moment: datetime.datetime
    user_id: str | None

    @property
    def now(self) -> str:
        """The moment as columns keep it."""
        return datetime_text(self.moment)


class Store:
    """One request's door to the tables.

    Rows found by key are remembered for the length of the request, so that a thousand tasks below one parent read that
    parent once. All writing of entities goes through here, which keeps what is remembered true.
    """

    def __init__(
        self, connection: sa.Connection, tables: Tables, references: References, request: RequestContext
    ) -> None:
        self.connection = connection
        self.tables = tables
        self.references = references
        self.request = request
        #: What the request has changed, to be announced once it is committed.
        self.change_log = ChangeLog()
        #: What the rules look up once for a request, such as the first status of a workflow, by their own keys.
        self.remembered: dict[tuple[Any, ...], Any] = {}
        self._rows: dict[tuple[str, Key], Row] = {}
        self._removed: set[tuple[str, Key]] = set()
        self._unplaced: list[tuple[str, str | None]] = []

    @property
    def schema(self) -> Schema:
        """The schema the tables are made of."""
        return self.tables.schema

    # -- reading --------------------------------------------------------------------------------------------------

    def find(self, entity_type: str, key: Sequence[Any]) -> Row | None:
        """Return the row of the entity with that key if it is an *entity_type*, else None."""
        root, values = self.tables.root(entity_type), tuple(key)
        row = self._rows.get((root, values))
        if row is None:
            table = self.tables.table(entity_type)
            names = tuple(column.name for column in table.primary_key.columns)
            if len(names) != len(values):
                return None
            found = self.connection.execute(_select(table, names), dict(zip(names, values, strict=True))).mappings()
            row = next((dict(each) for each in found), None)
            if row is None:
                return None
            self._rows[root, values] = row
        return row if row[ENTITY_TYPE] in self.tables.concrete(entity_type) else None

    def prefetch(self, entity_type: str, keys: Iterable[Sequence[Any]]) -> None:
        """Read the rows of many entities at once, those that are there, so that finding them asks nothing more."""
        table = self.tables.table(entity_type)
        columns = list(table.primary_key.columns)
        if len(columns) != 1:
            return
        ids = json_values([key[0] for key in keys if len(key) == 1])
        root = self.tables.root(entity_type)
        for found in self.connection.execute(sa.select(table).where(columns[0].in_(ids))).mappings():
            row = dict(found)
            self._rows.setdefault((root, (row[columns[0].name],)), row)

    def get(self, entity_type: str, key: Sequence[Any]) -> Row:
        """Return the row of the entity with that key, or raise the server's refusal of a missing entity."""
        row = self.find(entity_type, key)
        if row is None:
            raise server_errors.missing(entity_type, [str(value) for value in key])
        return row

    def rows(self, entity_type: str, **where: Any) -> list[Row]:
        """Return the rows of *entity_type* whose columns have the given values; None means no value."""
        table = self.tables.table(entity_type)
        found = self.connection.execute(_select(table, tuple(where)), where).mappings()
        kinds = self.tables.concrete(entity_type)
        return [dict(row) for row in found if row[ENTITY_TYPE] in kinds]

    def type_of(self, entity_type: str, row: Row) -> EntityType:
        """Return the type an entity asked for as *entity_type* really is of, by its row."""
        viewed = self.tables.view(entity_type) is not None
        return self.schema.types[entity_type if viewed else row[ENTITY_TYPE]]

    def key_of(self, entity_type: str, row: Mapping[str, Any]) -> Key:
        """Return the primary key values of a row; a number the database has yet to give is None."""
        return tuple(row.get(column.name) for column in self.tables.table(entity_type).primary_key.columns)

    def was_removed(self, entity_type: str, key: Sequence[Any]) -> bool:
        """Whether this request has deleted that entity already, by itself or with something above it."""
        return (self.tables.root(entity_type), tuple(key)) in self._removed

    # -- writing --------------------------------------------------------------------------------------------------

    def insert(self, entity_type: str, row: Row) -> Row:
        """Add a row and return it, with the number the database gave it where the key is a counter.

        Raises the refusal of a duplicate entry when the primary key is taken.
        """
        table = self.tables.table(entity_type)
        row[ENTITY_TYPE] = self.tables.root(entity_type) if self.tables.view(entity_type) else entity_type
        for column in table.columns:
            row.setdefault(column.name, None)  # the same columns every time, so that one statement serves all
        try:
            result = self.connection.execute(table.insert(), row)
        except sa.exc.IntegrityError:
            key = self.key_of(entity_type, row)
            raise server_errors.duplicate(entity_type, ("PRIMARY",), key, named=False) from None
        for column, value in zip(table.primary_key.columns, result.inserted_primary_key or (), strict=False):
            row[column.name] = value
        identity = self.tables.root(entity_type), self.key_of(entity_type, row)
        self._rows[identity] = row
        self._removed.discard(identity)
        self.change_log.added(*identity, row)
        return row

    def change(self, entity_type: str, key: Sequence[Any], changes: Mapping[str, Any]) -> None:
        """Set columns of one row."""
        if not changes:
            return
        table = self.tables.table(entity_type)
        row = self.find(self.tables.root(entity_type), key)
        if row is None:
            return
        self.change_log.changed(table.name, tuple(key), row, changes)
        names = [_key_parameter(column) for column in table.primary_key.columns]
        self.connection.execute(_update(table), {**dict(zip(names, key, strict=True)), **changes})
        row.update(changes)

    def place(self, context_id: str, parent_id: str | None) -> None:
        """Note that a new context hangs below its parent, for `flush` to write down."""
        self._unplaced.append((context_id, parent_id))

    def flush(self) -> None:
        """Write down where new contexts hang, all in one go; due before anything asks who is below whom."""
        closure.insert_many(self.connection, self.tables, self._unplaced)
        self._unplaced = []

    def removed(self, root: str, keys: Iterable[Key]) -> None:
        """Take note of rows that were deleted from the table *root*."""
        for key in keys:
            self._rows.pop((root, key), None)
            self._removed.add((root, key))

    def forget(self) -> None:
        """Drop what is remembered, after statements that changed rows behind its back."""
        self._rows.clear()
        self.remembered.clear()


@functools.lru_cache(maxsize=1024)
def _select(table: sa.Table, names: tuple[str, ...]) -> sa.Select[Any]:
    """Return the statement that reads rows by these columns; made once, so that SQLAlchemy compiles it once."""
    return sa.select(table).where(
        *(
            table.c[name].is_not_distinct_from(sa.bindparam(name, type_=table.c[name].type))
            if name not in table.primary_key.columns
            else table.c[name] == sa.bindparam(name, type_=table.c[name].type)
            for name in names
        )
    )


@functools.lru_cache(maxsize=1024)
def _update(table: sa.Table) -> sa.Update:
    """Return the statement that changes one row by its key; which columns, its parameters tell."""
    return table.update().where(
        *(column == sa.bindparam(_key_parameter(column), type_=column.type) for column in table.primary_key.columns)
    )


def _key_parameter(column: sa.Column[Any]) -> str:
    return f"key {column.name}"  # unlike any column's name
