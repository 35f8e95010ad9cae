"""Edge: the rows of the embedded server during one request: read once, cached, and written immediately."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa

from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.reading.from_clause import json_values
from ftrack_orm.sandbox.storage.storage import Storage
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables

from . import closure
from .change_log import ChangeLog
from .column_values import datetime_text

if TYPE_CHECKING:
    from ftrack_orm.sandbox.invitations import Invitation
    from ftrack_orm.schema.model import EntityType, Schema

    from .references import References

#: A row by column name; the column `ENTITY_TYPE` holds its concrete type.
Row = dict[str, Any]
Key = tuple[Any, ...]

#: Runs outside of any transaction, and returns the function that records the result in one.
BackgroundWork = Callable[[], Callable[["Store"], None]]


@attrs.frozen
class RequestContext:
    """The time and the user of a request, which the server fills in for the client, and where its files are.

    *base_url* is the URL under which the client has reached the server.
    """

    received_at: datetime.datetime
    user_id: str | None
    storage: Storage | None = None
    base_url: str = ""

    @property
    def now(self) -> str:
        """The time of the request as columns store it."""
        return datetime_text(self.received_at)


@attrs.define
class Incomplete:
    """The values that an entity still needs before the end of the request."""

    entity_type: str
    required: set[str] = attrs.field(factory=set)  # the attributes without a value
    has_open_defaults: bool = False  # those that depend on an owner it does not have yet


class Store:
    """The unit of work of one request.

    Rows that are found by key are cached for the length of the request, so that a thousand tasks below one parent read
    it once. All entities are written through the store, which keeps the cache up to date.
    """

    def __init__(
        self, connection: sa.Connection, tables: Tables, references: References, request: RequestContext
    ) -> None:
        self.connection = connection
        self.tables = tables
        self.references = references
        self.request = request
        #: The changes of the request, for the `ftrack.update` event that is published after the commit.
        self.change_log = ChangeLog()
        #: Results that are looked up once a request, such as the initial status of a workflow, by keys of their own.
        self.lookup_cache: dict[tuple[Any, ...], Any] = {}
        #: Work that begins after the commit of the request.
        self.background_work: list[BackgroundWork] = []
        #: The invitations of the request, which count as sent when it is committed.
        self.invitations: list[Invitation] = []
        #: (table, key) -> the values that an entity lacks, which a later operation of the request may set.
        self.incomplete: dict[tuple[str, Key], Incomplete] = {}
        self._cached_rows: dict[tuple[str, Key], Row] = {}
        self._deleted: set[tuple[str, Key]] = set()
        self._new_contexts: list[tuple[str, str | None]] = []

    @property
    def schema(self) -> Schema:
        """The schema that the tables were made for."""
        return self.tables.schema

    def start_after_commit(self, work: BackgroundWork) -> None:
        """Call *work* after the commit, in another thread, and the function it returns in a transaction of its own."""
        self.background_work.append(work)

    # -- reading --------------------------------------------------------------------------------------------------

    def find(self, entity_type: str, key: Sequence[Any]) -> Row | None:
        """Return the row of the entity with that key if it is an *entity_type*, else None."""
        root, values = self.tables.root(entity_type), tuple(key)
        row = self._cached_rows.get((root, values))
        if row is None:
            table = self.tables.table(entity_type)
            names = tuple(column.name for column in table.primary_key.columns)
            if len(names) != len(values):
                return None
            rows = self.connection.execute(_select_by(table, names), dict(zip(names, values, strict=True))).mappings()
            row = next((dict(each) for each in rows), None)
            if row is None:
                return None
            self._cached_rows[root, values] = row
        return row if row[ENTITY_TYPE] in self.tables.concrete(entity_type) else None

    def prefetch(self, entity_type: str, keys: Iterable[Sequence[Any]]) -> set[Any]:
        """Read the rows of many entities with one statement, for `find`, and return the ids of those that exist.

        Types with a composite key are not prefetched.
        """
        table = self.tables.table(entity_type)
        columns = list(table.primary_key.columns)
        if len(columns) != 1:
            return set()
        ids = json_values([key[0] for key in keys if len(key) == 1])
        root = self.tables.root(entity_type)
        existing = set()
        for mapping in self.connection.execute(sa.select(table).where(columns[0].in_(ids))).mappings():
            row = dict(mapping)
            existing.add(row[columns[0].name])
            self._cached_rows.setdefault((root, (row[columns[0].name],)), row)
        return existing

    def get(self, entity_type: str, key: Sequence[Any]) -> Row:
        """Return the row of the entity with that key; raises the server's error if it does not exist."""
        row = self.find(entity_type, key)
        if row is None:
            raise server_errors.entity_not_found(entity_type, [str(value) for value in key])
        return row

    def rows(self, entity_type: str, **where: Any) -> list[Row]:
        """Return the rows of *entity_type* whose columns have the given values; None matches null."""
        table = self.tables.table(entity_type)
        rows = self.connection.execute(_select_by(table, tuple(where)), where).mappings()
        concrete_types = self.tables.concrete(entity_type)
        return [dict(row) for row in rows if row[ENTITY_TYPE] in concrete_types]

    def type_of(self, entity_type: str, row: Row) -> EntityType:
        """Return the concrete type of an entity that was requested as *entity_type*, from its row."""
        is_view = self.tables.view(entity_type) is not None
        return self.schema.types[entity_type if is_view else row[ENTITY_TYPE]]

    def key_of(self, entity_type: str, row: Mapping[str, Any]) -> Key:
        """Return the primary key values of a row; None stands for a number that the database will generate."""
        return tuple(row.get(column.name) for column in self.tables.table(entity_type).primary_key.columns)

    def was_deleted(self, entity_type: str, key: Sequence[Any]) -> bool:
        """Whether this request has deleted that entity, directly or by a cascade."""
        return (self.tables.root(entity_type), tuple(key)) in self._deleted

    # -- writing --------------------------------------------------------------------------------------------------

    def insert(self, entity_type: str, row: Row) -> Row:
        """Insert a row and return it, with the generated number where the primary key is a counter.

        Raises the server's error for a duplicate entry when the primary key is in use.
        """
        table = self.tables.table(entity_type)
        row[ENTITY_TYPE] = self.tables.root(entity_type) if self.tables.view(entity_type) else entity_type
        for column in table.columns:
            row.setdefault(column.name, None)  # the same columns every time, so that one statement serves all rows
        try:
            result = self.connection.execute(table.insert(), row)
        except sa.exc.IntegrityError:
            key = self.key_of(entity_type, row)
            raise server_errors.duplicate_entry(entity_type, ("PRIMARY",), key, names_error=False) from None
        for column, value in zip(table.primary_key.columns, result.inserted_primary_key or (), strict=False):
            row[column.name] = value
        identity = self.tables.root(entity_type), self.key_of(entity_type, row)
        self._cached_rows[identity] = row
        self._deleted.discard(identity)
        self.change_log.record_insert(*identity, row)
        return row

    def update(self, entity_type: str, key: Sequence[Any], changes: Mapping[str, Any]) -> None:
        """Set columns of one row."""
        if not changes:
            return
        table = self.tables.table(entity_type)
        row = self.find(self.tables.root(entity_type), key)
        if row is None:
            return
        self.change_log.record_update(table.name, tuple(key), row, changes)
        names = [_key_parameter(column) for column in table.primary_key.columns]
        self.connection.execute(_update_by_key(table), {**dict(zip(names, key, strict=True)), **changes})
        row.update(changes)

    def postpone(
        self, entity_type: str, key: Sequence[Any], required: Iterable[str], *, has_open_defaults: bool
    ) -> None:
        """Remember that an entity needs values for the attributes *required*, or an owner, until the request ends."""
        identity = self.tables.root(entity_type), tuple(key)
        incomplete = self.incomplete.setdefault(identity, Incomplete(entity_type))
        incomplete.required.update(required)
        incomplete.has_open_defaults = incomplete.has_open_defaults or has_open_defaults

    def add_context(self, context_id: str, parent_id: str | None) -> None:
        """Add a new context below its parent; `flush` writes it to the closure table."""
        self._new_contexts.append((context_id, parent_id))

    def flush(self) -> None:
        """Write the new contexts to the closure table at once; required before it is read."""
        closure.insert_many(self.connection, self.tables, self._new_contexts)
        self._new_contexts = []

    def mark_deleted(self, root: str, keys: Iterable[Key]) -> None:
        """Drop rows from the cache that were deleted from the table *root*, and remember their keys."""
        for key in keys:
            self._cached_rows.pop((root, key), None)
            self._deleted.add((root, key))

    def expire_all(self) -> None:
        """Drop all cached rows and lookups, after statements that changed rows without the store."""
        self._cached_rows.clear()
        self.lookup_cache.clear()


@functools.lru_cache(maxsize=1024)
def _select_by(table: sa.Table, names: tuple[str, ...]) -> sa.Select[Any]:
    """Return the statement that reads rows by these columns; cached, so that SQLAlchemy compiles it once."""
    return sa.select(table).where(
        *(
            table.c[name].is_not_distinct_from(sa.bindparam(name, type_=table.c[name].type))
            if name not in table.primary_key.columns
            else table.c[name] == sa.bindparam(name, type_=table.c[name].type)
            for name in names
        )
    )


@functools.lru_cache(maxsize=1024)
def _update_by_key(table: sa.Table) -> sa.Update:
    """Return the statement that updates one row by its key; its parameters determine the columns."""
    return table.update().where(
        *(column == sa.bindparam(_key_parameter(column), type_=column.type) for column in table.primary_key.columns)
    )


def _key_parameter(column: sa.Column[Any]) -> str:
    return f"key {column.name}"  # the space keeps it apart from the names of columns
