"""Edge: inserts the rows of seeds in batches, leaving out the entity types and attributes that a schema lacks.

Seeds are written for ftrack's own data model and must also work with the schema of a studio. Rows of an entity type
that the schema lacks, and values of attributes that it lacks, are dropped here, so that seeds need not check for them.
"""

from __future__ import annotations

import json
import operator
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.attribute import Kind, ValueType
from ftrack_orm.schema.relations import ForeignKey, HiddenKey, Through

#: Rows that a buffer collects before it inserts them with one statement.
ROWS_PER_INSERT = 5_000

_ID_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "ftrack-orm.sandbox")


def named_id(*names: str) -> str:
    """Return an id derived from names, for entities without a known id in ftrack; it is the same on every server."""
    return str(uuid.uuid5(_ID_NAMESPACE, "/".join(names)))


class RowBuffer:
    """Collects rows of one table with values for the same attributes, and inserts them in batches."""

    def __init__(
        self,
        connection: sa.Connection,
        columns: Sequence[sa.Column[Any] | None],
        constants: Mapping[sa.Column[Any], Any],
    ) -> None:
        """Prepare the insertion of rows.

        Each row has a value for every item of *columns*, which is dropped where the item is None, and the *constants*.
        Without any column no row is inserted.
        """
        self._connection = connection
        self._pending: list[tuple[Any, ...]] = []
        kept = [index for index, column in enumerate(columns) if column is not None]
        self._drops_values = len(kept) < len(columns)
        self._kept_values = (
            operator.itemgetter(*kept) if len(kept) > 1 else lambda values: tuple(values[index] for index in kept)
        )
        stored = [column for column in columns if column is not None]
        self._json_indexes = [index for index, column in enumerate(stored) if isinstance(column.type, sa.JSON)]
        self._constants = tuple(
            json.dumps(value) if isinstance(column.type, sa.JSON) else value for column, value in constants.items()
        )
        self._statement = _insert_statement(connection, [*stored, *constants]) if stored else None

    def add(self, *values: Any) -> None:
        """Add a row with one value for each attribute of the buffer, in their order."""
        if self._statement is not None:
            self._pending.append(values)
            if len(self._pending) >= ROWS_PER_INSERT:
                self.flush()

    def flush(self) -> None:
        """Insert the collected rows."""
        if self._statement is None or not self._pending:
            return
        rows = self._pending
        if self._drops_values:
            rows = [self._kept_values(row) for row in rows]
        for index in self._json_indexes:
            rows = [_with_json(row, index) for row in rows]
        # The DBAPI's executemany takes tuples as they are, which is several times faster than dictionaries.
        self._connection.exec_driver_sql(self._statement, [row + self._constants for row in rows])
        self._pending = []


class RowWriter:
    """Inserts entities by the names of their attributes. It is a context manager, which flushes at its end."""

    def __init__(self, connection: sa.Connection, tables: Tables) -> None:
        self.tables = tables
        self._connection = connection
        self._buffers: list[RowBuffer] = []

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for buffer in self._buffers:
                buffer.flush()

    def has(self, entity_type: str) -> bool:
        """Return whether the schema has an entity type."""
        return entity_type in self.tables.schema.types

    def buffer(self, entity_type: str, attributes: str) -> RowBuffer:
        """Return a buffer for entities of one type; *attributes* names their attributes, separated by spaces.

        The name of a reference takes the id of its target, which fills foreign keys that are not attributes. Other
        attributes get the default of the schema; booleans without a default are false.
        """
        if not self.has(entity_type):
            return self._new_buffer([], {})
        columns: list[sa.Column[Any] | None] = []
        used: set[str] = set()
        for name in attributes.split():
            column = self._column(entity_type, name)
            # Two attributes can be names of one column (`Schema.type_id`); the first one fills it.
            columns.append(None if column is None or column.name in used else column)
            used.update(() if column is None else (column.name,))
        if not used.issuperset(key.name for key in self.tables.table(entity_type).primary_key):
            return self._new_buffer([], {})
        constants = self._constants(entity_type)
        return self._new_buffer(columns, {key: value for key, value in constants.items() if key.name not in used})

    def insert(self, entity_type: str, attributes: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert entities of one type, given as values for *attributes*."""
        buffer = self.buffer(entity_type, attributes)
        for row in rows:
            buffer.add(*row)

    def links(self, entity_type: str, relation: str) -> RowBuffer:
        """Return a buffer for the pairs of a many-to-many collection: the ids of an entity and of a target.

        A collection whose links are entities with ids of their own (`List.items`) is filled by inserting those.
        """
        owner = self.tables.schema.types.get(entity_type)
        if owner is None or relation not in owner.attributes:
            return self._new_buffer([], {})
        key = self.tables.relation(entity_type, relation)
        if not isinstance(key, Through):
            return self._new_buffer([], {})
        if self.has(key.link):
            return self.buffer(key.link, f"{key.near} {key.far}")
        _, near, far = self.tables.link(key)
        return self._new_buffer([near, far], {})

    def _new_buffer(
        self, columns: Sequence[sa.Column[Any] | None], constants: Mapping[sa.Column[Any], Any]
    ) -> RowBuffer:
        buffer = RowBuffer(self._connection, columns, constants)
        self._buffers.append(buffer)
        return buffer

    def _column(self, entity_type: str, name: str) -> sa.Column[Any] | None:
        attribute = self.tables.schema.types[entity_type].attributes.get(name)
        if attribute is None or attribute.is_plural:
            return None
        if attribute.kind is Kind.REFERENCE:
            key = self.tables.relation(entity_type, name)
            return self.tables.key_column(entity_type, key) if isinstance(key, (ForeignKey, HiddenKey)) else None
        return self.tables.column(entity_type, name)

    def _constants(self, entity_type: str) -> dict[sa.Column[Any], Any]:
        """Return the values that are equal in all rows of a type: the type, its classifiers, and the defaults."""
        definition = self.tables.schema.types[entity_type]
        constants: dict[sa.Column[Any], Any] = {
            self.tables.table(entity_type).c[ENTITY_TYPE]: self.tables.concrete(entity_type)[0]
        }
        values: dict[str, Any] = dict(definition.classifiers)
        for attribute in definition.attributes.values():
            if attribute.kind is Kind.SCALAR and not attribute.has_generated_default:
                is_boolean = attribute.value_type is ValueType.BOOLEAN
                default = False if is_boolean and attribute.default is None else attribute.default
                values.setdefault(attribute.name, default)
        for name, value in values.items():
            column = self._column(entity_type, name)
            if column is not None and value is not None:
                constants.setdefault(column, value)
        return constants


def _insert_statement(connection: sa.Connection, columns: Sequence[sa.Column[Any]]) -> str:
    quote = connection.dialect.identifier_preparer
    names = ", ".join(quote.format_column(column) for column in columns)
    placeholders = ", ".join("?" for _ in columns)
    return f"INSERT INTO {quote.format_table(columns[0].table)} ({names}) VALUES ({placeholders})"


def _with_json(row: tuple[Any, ...], index: int) -> tuple[Any, ...]:
    value = row[index]
    return (*row[:index], None if value is None else json.dumps(value), *row[index + 1 :])
