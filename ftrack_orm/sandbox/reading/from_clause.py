"""Pure: the FROM clause of one SQL statement: the table of an entity, and those of related entities, joined on demand.

An `EntityAlias` stands for one entity in a statement. It gives the SQL expression of each of its attributes, and for a
reference the alias of the related entity, which is joined once.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported, UnknownAttribute
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.relations import Derived, ForeignKey, HiddenKey

from . import computed

if TYPE_CHECKING:
    from ftrack_orm.schema.attribute import Attribute


def json_values(values: Iterable[Any]) -> sa.Select[Any]:
    """Return a subselect of plain *values*; they are one JSON parameter, so there is no limit on their number."""
    return sa.select(sa.func.json_each(json.dumps(list(values))).table_valued("value").c.value)


def find_attribute(tables: Tables, entity_type: str, name: str) -> tuple[str, Attribute]:
    """Return the type that declares an attribute, and the attribute; raises `UnknownAttribute`.

    Where a type lacks the attribute, the most general of its subtypes that has it declares it. The rows of a family
    share one table, and rows of other subtypes hold null there (`assignments any (resource.username is "x")`).
    """
    described = tables.schema.type(entity_type)
    attribute = described.attributes.get(name)
    if attribute is not None:
        return entity_type, attribute
    types, subtypes = tables.schema.types, tables.schema.subtypes
    candidates = [subtype for subtype in subtypes[entity_type] if name in types[subtype].attributes]
    if candidates:
        declaring_type = max(candidates, key=lambda subtype: len(subtypes[subtype]))
        return declaring_type, types[declaring_type].attributes[name]
    return entity_type, described.attribute(name)  # raises, with near names


#: How many references away from the entity of a statement tables have aliases that are used again.
_DEPTH_OF_REUSED_ALIASES = 2


class ReusedAlias:
    """The alias of a table at one position of a statement, and those of the entities that its references lead to.

    SQLAlchemy copies all columns of a table for each new alias, which is the larger part of the time that a short query
    takes. A position (the entity that a statement selects, its status) occurs once in a statement, so the alias at this
    position can serve every statement.
    """

    def __init__(self, table: sa.Table, depth: int = 0) -> None:
        self.table = table.alias()
        self._depth = depth
        self._references: dict[tuple[str, str | None, sa.Table], ReusedAlias] = {}

    def reference(self, name: str, cast: str | None, table: sa.Table) -> ReusedAlias | None:
        """Return the alias of the *table* that a reference leads to, or None beyond the depth that is kept."""
        if self._depth == _DEPTH_OF_REUSED_ALIASES:
            return None
        position = name, cast, table  # subtypes may have references of one name to different types
        known = self._references.get(position)
        # Two threads must get the same alias.
        return known or self._references.setdefault(position, ReusedAlias(table, self._depth + 1))


@functools.lru_cache(maxsize=1024)
def outermost_alias(table: sa.Table) -> ReusedAlias:
    """Return the alias of *table* for the entity that a statement selects; each statement may use it once."""
    return ReusedAlias(table)


class FromBuilder:
    """Builds the FROM clause of one statement; aliases add a join for each reference that is used."""

    def __init__(self, tables: Tables, now: str) -> None:
        self.tables = tables
        self.now = now
        self._joined: sa.FromClause | None = None

    def start(self, entity_type: str, reused: ReusedAlias | None = None) -> EntityAlias:
        """Begin with the table of *entity_type*, not yet restricted to rows of that type.

        Only the outermost FROM clause of a statement may begin with a *reused* alias of that table.
        """
        table = self.tables.table(entity_type).alias() if reused is None else reused.table
        self._joined = table
        return EntityAlias(self, entity_type, table, reused)

    def join(self, target: sa.FromClause, condition: sa.ColumnElement[bool], *, outer: bool = True) -> None:
        """Join a table to the clause."""
        self._joined = self.from_clause.join(target, condition, isouter=outer)

    @property
    def from_clause(self) -> sa.FromClause:
        """The clause with everything joined so far."""
        assert self._joined is not None, "a FROM clause starts with an entity"
        return self._joined


class EntityAlias:
    """One entity in a statement: the expressions of its values, and the aliases of the entities it refers to."""

    def __init__(
        self, from_builder: FromBuilder, entity_type: str, table: sa.FromClause, reused: ReusedAlias | None = None
    ) -> None:
        self.from_builder = from_builder
        self.entity_type = entity_type
        self.table = table
        self.is_item = False  # whether its rows are found as the items of a collection
        self._reused = reused
        self._references: dict[tuple[str, str | None], EntityAlias] = {}

    @property
    def tables(self) -> Tables:
        """The tables that the statement reads from."""
        return self.from_builder.tables

    @property
    def key(self) -> tuple[sa.ColumnElement[Any], ...]:
        """The values of the primary key, in its order."""
        return tuple(self.value(name) for name in self.tables.schema.type(self.entity_type).primary_key)

    @property
    def id(self) -> sa.ColumnElement[Any]:
        """The only value of the primary key; raises `SandboxUnsupported` for a composite key."""
        if len(self.key) != 1:
            raise SandboxUnsupported(
                f"The embedded server relates entities by one id; {self.entity_type} has {len(self.key)} of them.",
                entity_type=self.entity_type,
            )
        return self.key[0]

    @property
    def concrete_type(self) -> sa.ColumnElement[str] | None:
        """The concrete entity type of the row, or None when rows have the type that the query names."""
        if self.tables.view(self.entity_type) is not None:
            return None
        return self.table.c[ENTITY_TYPE]

    def value(self, name: str, declaring_type: str | None = None) -> sa.ColumnElement[Any]:
        """Return the value of a scalar attribute; *declaring_type* is given for an attribute that a subtype declares.

        Raises `UnknownAttribute`, and `SandboxUnsupported` for a derived value without a rule.
        """
        declaring_type = declaring_type or self.entity_type
        column = self.tables.column(declaring_type, name)
        if column is not None:
            return self.table.c[column.name]
        return computed.expression(self, declaring_type, name)

    def foreign_key(self, declaring_type: str, key: ForeignKey | HiddenKey) -> sa.ColumnElement[Any]:
        """Return the id that a reference is stored as, in an attribute or in a hidden column.

        The reference of a subtype is null in rows of other types: a project has a `project_id` but no `project`.
        """
        if isinstance(key, ForeignKey) and key.attribute in self.tables.schema.type(declaring_type).attributes:
            value = self.value(key.attribute, declaring_type)
        else:
            value = self.table.c[self.tables.key_column(declaring_type, key).name]
        if self.tables.schema.is_a(self.entity_type, declaring_type):
            return value
        is_declaring_type = type_condition(self.tables, self.table, declaring_type)
        return value if is_declaring_type is None else sa.case((is_declaring_type, value))

    def reference(self, name: str, cast: str | None = None, declaring_type: str | None = None) -> EntityAlias:
        """Return the alias of the entity that a reference leads to; its values are null where there is no entity.

        With *cast* they are also null where the entity is not of that type.
        """
        known = self._references.get((name, cast))
        if known is None:
            known = self._join_reference(name, cast, declaring_type)
            self._references[name, cast] = known
        return known

    def _join_reference(self, name: str, cast: str | None, declaring_type: str | None) -> EntityAlias:
        declaring_type, attribute = find_attribute(self.tables, declaring_type or self.entity_type, name)
        assert attribute.target is not None, f"{name} is a relation"
        table = self.tables.table(attribute.target)
        reused = self._reused.reference(name, cast, table) if self._reused is not None else None
        target = table.alias() if reused is None else reused.table
        condition = reference_condition(self, declaring_type, name, target)
        is_cast_type = type_condition(self.tables, target, cast) if cast is not None else None
        if is_cast_type is not None:
            condition = sa.and_(condition, is_cast_type)
        self.from_builder.join(target, condition)
        return EntityAlias(self.from_builder, cast or attribute.target, target, reused)


def reference_condition(
    entity: EntityAlias, declaring_type: str, name: str, target: sa.FromClause
) -> sa.ColumnElement[bool]:
    """Return the condition that a row of *target* is the one that the reference *name* of *entity* leads to."""
    tables = entity.tables
    key = tables.relation(declaring_type, name)
    if isinstance(key, (ForeignKey, HiddenKey)):
        related = tables.schema.type(declaring_type).attribute(name).target
        assert related is not None, f"{name} is a relation"
        id_column = tables.schema.type(related).primary_key[0]
        return target.c[id_column] == entity.foreign_key(declaring_type, key)
    if isinstance(key, Derived):
        return computed.reference(entity, declaring_type, name, key.rule, target)
    raise UnknownAttribute(
        f"{declaring_type}.{name} leads to many entities, not to one.", entity_type=declaring_type, attribute=name
    )


def type_condition(tables: Tables, table: sa.FromClause, entity_type: str) -> sa.ColumnElement[bool] | None:
    """Return the condition that a row of a family's table is an *entity_type*, or None when all rows are."""
    view = tables.view(entity_type)
    if view is not None:
        if view.column is None or view.target is None:
            return None
        target = tables.table(view.target).alias()
        id_column = tables.schema.type(view.target).primary_key[0]
        conditions = [target.c[id_column] == table.c[view.column]]
        is_target_type = type_condition(tables, target, view.target)
        if is_target_type is not None:
            conditions.append(is_target_type)
        return sa.exists(sa.select(sa.literal(1)).select_from(target).where(*conditions).correlate(table))
    names = tables.concrete(entity_type)
    if len(names) == len(tables.schema.concrete(tables.root(entity_type))):
        return None
    column = table.c[ENTITY_TYPE]
    if len(names) == 1:
        return column == names[0]
    # `likely` keeps SQLite from using the index of types for most of the table, which would then be sorted as a whole
    # before the first page could be returned.
    return sa.func.likely(column.in_(names), type_=sa.Boolean)
