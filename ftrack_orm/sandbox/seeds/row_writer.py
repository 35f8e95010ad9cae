"""Edge: puts the seeds' rows into the tables, many at a time, leaving out what a schema does not have.

Seeds are written for ftrack's own data model and must be of use on a studio's: rows of an entity type the schema lacks
and values of attributes it lacks are dropped here, so that nobody who writes a seed has to ask.
"""

from __future__ import annotations

import json
import operator
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ftrack_orm.sandbox.relations import ForeignKey, HiddenKey, Through
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.attribute import Kind, ValueType

#: How many rows of one kind are held before they are written: enough to make a statement worth its while.
CHUNK = 5_000

#: What ids made from names are made in.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "ftrack-orm.sandbox")


def named_id(*names: str) -> str:
    """Return the id of what has no known id in ftrack, made from its name and so the same everywhere."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(names)))


class RowBuffer:
    """Rows of one table that are told by the same attributes: collects values, writes them in chunks."""

    def __init__(
        self,
        connection: sa.Connection,
        columns: Sequence[sa.Column[Any] | None],
        constants: Mapping[sa.Column[Any], Any],
    ) -> None:
        """Prepare rows of one value for each of *columns*, None where the value is dropped, plus the *constants*.

        Without any column nothing is ever written.
        """
        self._connection = connection
        self._pending: list[tuple[Any, ...]] = []
        kept = [at for at, column in enumerate(columns) if column is not None]
        self._drops = len(kept) < len(columns)
        self._keep = operator.itemgetter(*kept) if len(kept) > 1 else lambda values: tuple(values[at] for at in kept)
        stored = [column for column in columns if column is not None]
        self._json = [at for at, column in enumerate(stored) if isinstance(column.type, sa.JSON)]
        self._constants = tuple(
            json.dumps(value) if isinstance(column.type, sa.JSON) else value for column, value in constants.items()
        )
        self._statement = _insert(connection, [*stored, *constants]) if stored else None

    def add(self, *values: Any) -> None:
        """Add one row: the values in the order in which they were named."""
        if self._statement is not None:
            self._pending.append(values)
            if len(self._pending) >= CHUNK:
                self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._statement is None or not self._pending:
            return
        rows = self._pending
        if self._drops:
            rows = [self._keep(row) for row in rows]
        for position in self._json:
            rows = [_with_json(row, position) for row in rows]
        # The DBAPI's executemany takes the tuples as they are, which is several times faster than dictionaries.
        self._connection.exec_driver_sql(self._statement, [row + self._constants for row in rows])
        self._pending = []


class RowWriter:
    """Writes entities by the names of their attributes; a context manager, at whose end everything is written."""

    def __init__(self, connection: sa.Connection, tables: Tables) -> None:
        self.tables = tables
        self._connection = connection
        self._all: list[RowBuffer] = []

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for rows in self._all:
                rows.flush()

    def has(self, entity_type: str) -> bool:
        """Whether the schema has an entity type."""
        return entity_type in self.tables.schema.types

    def rows(self, entity_type: str, attributes: str) -> RowBuffer:
        """Return where to add entities of one type; *attributes* names what the added values are, by spaces.

        A reference may be named too and takes the id of its target, which is how keys that no attribute shows
        are filled. Attributes not named get the schema's defaults, and booleans without one are false.
        """
        if not self.has(entity_type):
            return self._collected([], {})
        columns: list[sa.Column[Any] | None] = []
        told: set[str] = set()
        for name in attributes.split():
            column = self._column(entity_type, name)
            # Two attributes can be names of one column (`Schema.type_id`); the first one named fills it.
            columns.append(None if column is None or column.name in told else column)
            told.update(() if column is None else (column.name,))
        if not told.issuperset(key.name for key in self.tables.table(entity_type).primary_key):
            return self._collected([], {})
        constants = self._constants(entity_type)
        return self._collected(columns, {key: value for key, value in constants.items() if key.name not in told})

    def insert(self, entity_type: str, attributes: str, values: Iterable[Sequence[Any]]) -> None:
        """Add some entities of one type at once."""
        rows = self.rows(entity_type, attributes)
        for row in values:
            rows.add(*row)

    def links(self, entity_type: str, relation: str) -> RowBuffer:
        """Return where to add pairs of a many-to-many collection: an entity's id and that of a target.

        A collection whose links are entities with ids of their own (`List.items`) is filled by adding those.
        """
        described = self.tables.schema.types.get(entity_type)
        if described is None or relation not in described.attributes:
            return self._collected([], {})
        key = self.tables.relation(entity_type, relation)
        if not isinstance(key, Through):
            return self._collected([], {})
        if self.has(key.link):
            return self.rows(key.link, f"{key.near} {key.far}")
        _, near, far = self.tables.link(key)
        return self._collected([near, far], {})

    def _collected(
        self, columns: Sequence[sa.Column[Any] | None], constants: Mapping[sa.Column[Any], Any]
    ) -> RowBuffer:
        rows = RowBuffer(self._connection, columns, constants)
        self._all.append(rows)
        return rows

    def _column(self, entity_type: str, name: str) -> sa.Column[Any] | None:
        attribute = self.tables.schema.types[entity_type].attributes.get(name)
        if attribute is None or attribute.is_plural:
            return None
        if attribute.kind is Kind.REFERENCE:
            key = self.tables.relation(entity_type, name)
            return self.tables.key_column(entity_type, key) if isinstance(key, (ForeignKey, HiddenKey)) else None
        return self.tables.column(entity_type, name)

    def _constants(self, entity_type: str) -> dict[sa.Column[Any], Any]:
        """Return what all rows of a type hold alike: their type, what makes them of that type, and defaults."""
        described = self.tables.schema.types[entity_type]
        found: dict[sa.Column[Any], Any] = {
            self.tables.table(entity_type).c[ENTITY_TYPE]: self.tables.concrete(entity_type)[0]
        }
        values: dict[str, Any] = dict(described.classifiers)
        for attribute in described.attributes.values():
            if attribute.kind is Kind.SCALAR and not attribute.has_generated_default:
                is_boolean = attribute.value_type is ValueType.BOOLEAN
                default = False if is_boolean and attribute.default is None else attribute.default
                values.setdefault(attribute.name, default)
        for name, value in values.items():
            column = self._column(entity_type, name)
            if column is not None and value is not None:
                found.setdefault(column, value)
        return found


def _insert(connection: sa.Connection, columns: Sequence[sa.Column[Any]]) -> str:
    quote = connection.dialect.identifier_preparer
    names = ", ".join(quote.format_column(column) for column in columns)
    marks = ", ".join("?" for _ in columns)
    return f"INSERT INTO {quote.format_table(columns[0].table)} ({names}) VALUES ({marks})"


def _with_json(row: tuple[Any, ...], position: int) -> tuple[Any, ...]:
    value = row[position]
    return (*row[:position], None if value is None else json.dumps(value), *row[position + 1 :])
