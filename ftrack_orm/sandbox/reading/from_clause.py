"""Pure: the FROM clause of one SQL statement: the table of an entity, and those of related entities, joined on demand.

An `EntityAlias` stands for one entity in a statement. It gives the SQL expression of each of its attributes, and for a
reference the alias of the related entity, which is joined once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported, UnknownAttribute
from ftrack_orm.sandbox.relations import Derived, ForeignKey, HiddenKey
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.attribute import Attribute

from . import computed


def json_values(values: Iterable[Any]) -> sa.Select[Any]:
    """Return a subselect of plain *values*, sent as one JSON parameter so that their number does not matter."""
    return sa.select(sa.func.json_each(json.dumps(list(values))).table_valued("value").c.value)


def find_attribute(tables: Tables, entity_type: str, name: str) -> tuple[str, Attribute]:
    """Return the type an attribute is described by, and the attribute; raises `UnknownAttribute`.

    Where a type lacks it, the most general of its subtypes that has it describes it: the rows of a family lie in one
    table, and rows of other subtypes have nothing there (`assignments any (resource.username is "x")`).
    """
    described = tables.schema.type(entity_type)
    attribute = described.attributes.get(name)
    if attribute is not None:
        return entity_type, attribute
    types, subtypes = tables.schema.types, tables.schema.subtypes
    owners = [subtype for subtype in subtypes[entity_type] if name in types[subtype].attributes]
    if owners:
        owner = max(owners, key=lambda subtype: len(subtypes[subtype]))
        return owner, types[owner].attributes[name]
    return entity_type, described.attribute(name)  # raises, with near names


class FromBuilder:
    """The FROM clause of one statement, growing as scopes join what they refer to."""

    def __init__(self, tables: Tables, now: str) -> None:
        self.tables = tables
        self.now = now
        self._joined: sa.FromClause | None = None

    def start(self, entity_type: str) -> EntityAlias:
        """Begin with the rows of *entity_type*'s table, not yet narrowed to that type."""
        alias = self.tables.table(entity_type).alias()
        self._joined = alias
        return EntityAlias(self, entity_type, alias)

    def join(self, target: sa.FromClause, condition: sa.ColumnElement[bool], *, outer: bool = True) -> None:
        """Add a table to what was joined so far."""
        assert self._joined is not None, "a FROM clause starts with an entity"
        self._joined = self._joined.join(target, condition, isouter=outer)

    @property
    def from_clause(self) -> sa.FromClause:
        """Everything joined so far."""
        assert self._joined is not None, "a FROM clause starts with an entity"
        return self._joined


class EntityAlias:
    """One entity of a statement: where its values are, and the way to what it refers to."""

    def __init__(self, from_builder: FromBuilder, entity_type: str, alias: sa.FromClause) -> None:
        self.from_builder = from_builder
        self.entity_type = entity_type
        self.table = alias
        self.is_item = False  # whether its rows are found as the items of a collection
        self._references: dict[tuple[str, str | None], EntityAlias] = {}

    @property
    def tables(self) -> Tables:
        """The layout the statement is made for."""
        return self.from_builder.tables

    @property
    def key(self) -> tuple[sa.ColumnElement[Any], ...]:
        """The values of the primary key, in its order."""
        return tuple(self.value(name) for name in self.tables.schema.type(self.entity_type).primary_key)

    @property
    def id(self) -> sa.ColumnElement[Any]:
        """The only value of the primary key; raises `SandboxUnsupported` for a type with a longer one."""
        if len(self.key) != 1:
            raise SandboxUnsupported(
                f"The embedded server relates entities by one id; {self.entity_type} has {len(self.key)} of them.",
                entity_type=self.entity_type,
            )
        return self.key[0]

    @property
    def concrete_type(self) -> sa.ColumnElement[str] | None:
        """The concrete entity type of the row, or None when the rows have the type they are asked by."""
        if self.tables.view(self.entity_type) is not None:
            return None
        return self.table.c[ENTITY_TYPE]

    def value(self, name: str, owner: str | None = None) -> sa.ColumnElement[Any]:
        """Return the value of a scalar attribute; *owner* is the type that describes it, by default the alias' own.

        Raises `UnknownAttribute`, and `SandboxUnsupported` for a derived value without a rule.
        """
        owner = owner or self.entity_type
        column = self.tables.column(owner, name)
        if column is not None:
            return self.table.c[column.name]
        return computed.expression(self, owner, name)

    def stored(self, owner: str, key: ForeignKey | HiddenKey) -> sa.ColumnElement[Any]:
        """Return the value a reference is kept in, an attribute's or a hidden column's.

        For a subtype's reference only rows of that subtype have it: a project has a `project_id` but no `project`.
        """
        if isinstance(key, ForeignKey) and key.attribute in self.tables.schema.type(owner).attributes:
            value = self.value(key.attribute, owner)
        else:
            value = self.table.c[self.tables.key_column(owner, key).name]
        if self.tables.schema.is_a(self.entity_type, owner):
            return value
        narrowed = of_type(self.tables, self.table, owner)
        return value if narrowed is None else sa.case((narrowed, value))

    def reference(self, name: str, cast: str | None = None, owner: str | None = None) -> EntityAlias:
        """Return the entity of the one entity a reference leads to; all its values are null when there is none.

        With *cast* there is none either when the entity is not of that type.
        """
        known = self._references.get((name, cast))
        if known is None:
            known = self._join_reference(name, cast, owner)
            self._references[name, cast] = known
        return known

    def _join_reference(self, name: str, cast: str | None, owner: str | None) -> EntityAlias:
        found, attribute = find_attribute(self.tables, owner or self.entity_type, name)
        assert attribute.target is not None, f"{name} is a relation"
        target = self.tables.table(attribute.target).alias()
        condition = reference_condition(self, found, name, target)
        narrowed = of_type(self.tables, target, cast) if cast is not None else None
        if narrowed is not None:
            condition = sa.and_(condition, narrowed)
        self.from_builder.join(target, condition)
        return EntityAlias(self.from_builder, cast or attribute.target, target)


def reference_condition(entity: EntityAlias, owner: str, name: str, target: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return what makes a row of *target* the one that the reference *name* of *entity* leads to."""
    tables = entity.tables
    key = tables.relation(owner, name)
    if isinstance(key, (ForeignKey, HiddenKey)):
        related = tables.schema.type(owner).attribute(name).target
        assert related is not None, f"{name} is a relation"
        only = tables.schema.type(related).primary_key[0]
        return target.c[only] == entity.stored(owner, key)
    if isinstance(key, Derived):
        return computed.reference(entity, owner, name, key.rule, target)
    raise UnknownAttribute(f"{owner}.{name} leads to many entities, not to one.", entity_type=owner, attribute=name)


def of_type(tables: Tables, alias: sa.FromClause, entity_type: str) -> sa.ColumnElement[bool] | None:
    """Return what narrows the rows of a family's table to *entity_type*, or None when all of them are."""
    view = tables.view(entity_type)
    if view is not None:
        if view.column is None or view.target is None:
            return None
        target = tables.table(view.target).alias()
        only = tables.schema.type(view.target).primary_key[0]
        conditions = [target.c[only] == alias.c[view.column]]
        narrowed = of_type(tables, target, view.target)
        if narrowed is not None:
            conditions.append(narrowed)
        return sa.exists(sa.select(sa.literal(1)).select_from(target).where(*conditions).correlate(alias))
    names = tables.concrete(entity_type)
    if len(names) == len(tables.schema.concrete(tables.root(entity_type))):
        return None
    column = alias.c[ENTITY_TYPE]
    if len(names) == 1:
        return column == names[0]
    # `likely` keeps SQLite from walking the index of types for what is most of the table, which would have to be
    # sorted as a whole before the first page could be answered.
    return sa.func.likely(column.in_(names), type_=sa.Boolean)
