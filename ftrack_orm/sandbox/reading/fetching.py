"""Edge: fetches the rows of a projection: one statement for the entities, one for each collection on its paths.

References are joined into the statement of the entity they belong to. A collection is fetched for all entities at its
position at once. Their ids are one JSON parameter, so the number of statements depends on the query alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa

from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.schema.attribute import Kind

from .collection_items import collection_items
from .projection import Field, ProjectionTree, system_projections

if TYPE_CHECKING:
    from .from_clause import EntityAlias

Row = Sequence[Any]


@attrs.define
class FetchedItems:
    """The fetched items of one collection, by the id of the entity they belong to."""

    position: RowPosition
    rows: dict[str, list[Row]]


@attrs.define
class RowPosition:
    """The columns of a statement's rows that hold the entities of one projection tree: key, type and attributes."""

    tree: ProjectionTree
    tables: Tables
    key: tuple[int, ...]
    concrete_type: int | None  # None when rows have the type that the query names
    columns: dict[str, int] = attrs.field(factory=dict)
    references: dict[str, RowPosition] = attrs.field(factory=dict)
    collections: dict[str, FetchedItems] = attrs.field(factory=dict)
    fields_of_type: dict[str, list[tuple[str, Field | None]]] = attrs.field(factory=dict)  # a cache of the serializer

    def type_of(self, row: Row) -> str:
        """Return the concrete entity type of the entity in *row*."""
        return self.tree.entity_type if self.concrete_type is None else str(row[self.concrete_type])

    def is_selected(self, entity_type: str, field: Field) -> bool:
        """Whether an attribute is selected of entities of that concrete type, and they have it."""
        schema = self.tables.schema
        attribute = schema.type(entity_type).attributes.get(field.attribute.name)
        if attribute is None:
            return self.concrete_type is None  # a view may show attributes that its subtypes declare
        if attribute.kind is not field.attribute.kind:
            return False  # another attribute of the same name: a project's `status` is text, a task's a Status
        return field.casts is None or any(schema.is_a(entity_type, cast) for cast in field.casts)


def select_columns(entity: EntityAlias, tree: ProjectionTree) -> tuple[RowPosition, list[sa.ColumnElement[Any]]]:
    """Return the columns that a tree selects of *entity* and its references, and the position of each in a row."""
    columns: list[sa.ColumnElement[Any]] = []
    return _add_columns(entity, tree, columns), columns


def _add_columns(entity: EntityAlias, tree: ProjectionTree, columns: list[sa.ColumnElement[Any]]) -> RowPosition:
    def add(column: sa.ColumnElement[Any]) -> int:
        # Without labels, equal columns of several attributes (Schema.type_id) would be one column of the result.
        columns.append(column.label(f"c{len(columns)}"))
        return len(columns) - 1

    tables = entity.tables
    type_column = entity.concrete_type
    position = RowPosition(
        tree, tables, tuple(map(add, entity.key)), add(type_column) if type_column is not None else None
    )
    described = tables.schema.type(tree.entity_type)
    position.columns.update(zip(described.primary_key, position.key, strict=True))
    concrete_types = (tree.entity_type,) if type_column is None else tables.schema.concrete(described.family)
    for concrete_type in concrete_types:
        for name in system_projections(tables, concrete_type):
            if name not in position.columns:
                position.columns[name] = add(entity.value(name, concrete_type))
    for name, field in tree.fields.items():
        if field.attribute.kind is Kind.SCALAR:
            if name not in position.columns:
                position.columns[name] = add(entity.value(name, field.declaring_type))
        elif field.attribute.kind is Kind.REFERENCE and field.subtree is not None:
            related = entity.reference(name, declaring_type=field.declaring_type)
            position.references[name] = _add_columns(related, field.subtree, columns)
    return position


def fetch_collections(connection: sa.Connection, position: RowPosition, rows: Iterable[Row], now: str) -> None:
    """Fetch the selected collections of the entities in *rows* and of the entities they refer to, at any depth."""
    rows = list(rows)
    for name, field in position.tree.fields.items():
        if not field.attribute.is_plural or field.subtree is None:
            continue
        ids = {
            row[position.key[0]]
            for row in rows
            if row[position.key[0]] is not None and position.is_selected(position.type_of(row), field)
        }
        position.collections[name] = _fetch_items(connection, position.tables, field, field.subtree, sorted(ids), now)
    for reference in position.references.values():
        fetch_collections(connection, reference, rows, now)


def _fetch_items(
    connection: sa.Connection, tables: Tables, field: Field, tree: ProjectionTree, ids: Sequence[Any], now: str
) -> FetchedItems:
    owners = sa.func.json_each(json.dumps(ids)).table_valued("value").alias()
    items = collection_items(tables, now, field.declaring_type, field.attribute.name, owners.c.value)
    position, columns = select_columns(items.entity, tree)
    statement = (
        sa.select(*columns, owners.c.value)
        .select_from(owners, items.entity.from_builder.from_clause)
        .where(items.condition)
        .order_by(*items.order)
    )
    rows = connection.execute(statement).all() if ids else []
    by_owner: dict[str, list[Row]] = {}
    for row in rows:
        by_owner.setdefault(row[-1], []).append(row)
    fetch_collections(connection, position, rows, now)
    return FetchedItems(position, by_owner)
