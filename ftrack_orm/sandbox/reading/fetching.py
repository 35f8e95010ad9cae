"""Edge: fetches what a projection asks for: one statement for the entities, one for each collection on its paths.

References are joined in the statement of the entity they belong to. A collection is fetched for all entities of its
place at once, their ids given as one JSON parameter, so the number of statements depends on the query alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.schema.attribute import Kind

from .collection_items import items
from .from_clause import EntityAlias
from .projection import Branch, Field, always_told

Row = Sequence[Any]


@attrs.define
class Members:
    """The fetched items of one collection, by the id of the entity they belong to."""

    place: RowPosition
    rows: dict[str, list[Row]]


@attrs.define
class RowPosition:
    """Where in a statement's rows the entities of one branch are: the columns of their key, type and attributes."""

    branch: Branch
    tables: Tables
    key: tuple[int, ...]
    concrete_type: int | None  # None when rows have the type they are asked by
    columns: dict[str, int] = attrs.field(factory=dict)
    references: dict[str, RowPosition] = attrs.field(factory=dict)
    collections: dict[str, Members] = attrs.field(factory=dict)
    asked_of: dict[str, list[tuple[str, Field | None]]] = attrs.field(factory=dict)  # by concrete type, as met

    def type_of(self, row: Row) -> str:
        """Return the concrete entity type of the entity in *row*."""
        return self.branch.entity_type if self.concrete_type is None else str(row[self.concrete_type])

    def asked(self, entity_type: str, field: Field) -> bool:
        """Whether an attribute is asked of entities of that concrete type, and they have it."""
        schema = self.tables.schema
        attribute = schema.type(entity_type).attributes.get(field.attribute.name)
        if attribute is None:
            return self.concrete_type is None  # a view may show attributes that its subtypes describe
        if attribute.kind is not field.attribute.kind:
            return False  # another attribute of the same name: a project's `status` is a word, a task's a Status
        return field.casts is None or any(schema.is_a(entity_type, cast) for cast in field.casts)


def columns(entity: EntityAlias, branch: Branch) -> tuple[RowPosition, list[sa.ColumnElement[Any]]]:
    """Return the columns a branch needs of *entity* and everything it joins, and where each of them is."""
    wanted: list[sa.ColumnElement[Any]] = []
    return _place(entity, branch, wanted), wanted


def _place(entity: EntityAlias, branch: Branch, wanted: list[sa.ColumnElement[Any]]) -> RowPosition:
    def add(column: sa.ColumnElement[Any]) -> int:
        # Equal columns of several attributes (Schema.type_id) would otherwise be one column of the result.
        wanted.append(column.label(f"c{len(wanted)}"))
        return len(wanted) - 1

    tables = entity.tables
    kind = entity.concrete_type
    place = RowPosition(branch, tables, tuple(map(add, entity.key)), add(kind) if kind is not None else None)
    described = tables.schema.type(branch.entity_type)
    place.columns.update(zip(described.primary_key, place.key, strict=True))
    family = (branch.entity_type,) if kind is None else tables.schema.concrete(described.family)
    for concrete in family:
        for name in always_told(tables, concrete):
            if name not in place.columns:
                place.columns[name] = add(entity.value(name, concrete))
    for name, field in branch.fields.items():
        if field.attribute.kind is Kind.SCALAR:
            if name not in place.columns:
                place.columns[name] = add(entity.value(name, field.owner))
        elif field.attribute.kind is Kind.REFERENCE and field.branch is not None:
            place.references[name] = _place(entity.reference(name, owner=field.owner), field.branch, wanted)
    return place


def fetch_collections(connection: sa.Connection, place: RowPosition, rows: Iterable[Row], now: str) -> None:
    """Fetch every collection asked of the entities in *rows*, and of the entities they refer to, into their places."""
    rows = list(rows)
    for name, field in place.branch.fields.items():
        if not field.attribute.is_plural or field.branch is None:
            continue
        ids = {
            row[place.key[0]]
            for row in rows
            if row[place.key[0]] is not None and place.asked(place.type_of(row), field)
        }
        place.collections[name] = _fetch(connection, place.tables, field, field.branch, sorted(ids), now)
    for reference in place.references.values():
        fetch_collections(connection, reference, rows, now)


def _fetch(
    connection: sa.Connection, tables: Tables, field: Field, branch: Branch, ids: Sequence[Any], now: str
) -> Members:
    owners = sa.func.json_each(json.dumps(ids)).table_valued("value").alias()
    found = items(tables, now, field.owner, field.attribute.name, owners.c.value)
    place, wanted = columns(found.entity, branch)
    statement = (
        sa.select(*wanted, owners.c.value)
        .select_from(owners, found.entity.from_builder.from_clause)
        .where(found.condition)
        .order_by(*found.order)
    )
    rows = connection.execute(statement).all() if ids else []
    by_owner: dict[str, list[Row]] = {}
    for row in rows:
        by_owner.setdefault(row[-1], []).append(row)
    fetch_collections(connection, place, rows, now)
    return Members(place, by_owner)
