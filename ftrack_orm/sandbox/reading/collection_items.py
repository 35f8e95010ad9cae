"""Pure: the items of a collection as rows of a statement of their own, tied to the entity they belong to."""

from __future__ import annotations

from typing import Any

import attrs
import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox.relations import Derived, ForeignKey, Inverse, Through
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.schema.attribute import Attribute, Kind

from . import custom_attribute_values
from .from_clause import EntityAlias, FromBuilder, find_attribute, of_type


@attrs.frozen
class Items:
    """The items of one collection: their entity, what ties them to their entity, and the order they are told in."""

    entity: EntityAlias
    condition: sa.ColumnElement[bool]
    order: tuple[sa.ColumnElement[Any], ...]


def items(tables: Tables, now: str, owner: str, name: str, source_id: sa.ColumnElement[Any]) -> Items:
    """Return the items that the collection *name* of the entity with *source_id* holds.

    Raises `SandboxUnsupported` for a collection nobody taught the server.
    """
    owner, attribute = find_attribute(tables, owner, name)
    assert attribute.target is not None, f"{name} is a relation"
    if attribute.kind is Kind.MAPPING and tables.root(attribute.target) == custom_attribute_values.VALUES:
        entity, condition = custom_attribute_values.values(tables, now, owner, attribute.target, source_id)
        return Items(entity, condition, entity.key)
    from_builder = FromBuilder(tables, now)
    entity = from_builder.start(attribute.target)
    condition, order = _tie(entity, owner, attribute, source_id)
    narrowed = _narrowed(entity)
    if narrowed is not None:
        condition = sa.and_(condition, narrowed)
    return Items(entity, condition, (*order, *entity.key))


def _tie(
    entity: EntityAlias, owner: str, attribute: Attribute, source_id: sa.ColumnElement[Any]
) -> tuple[sa.ColumnElement[bool], tuple[sa.ColumnElement[Any], ...]]:
    tables = entity.tables
    key = tables.relation(owner, attribute.name)
    if isinstance(key, Inverse):
        conditions = [entity.table.c[tables.key_column(entity.entity_type, key).name] == source_id]
        conditions.extend(entity.value(name) == value for name, value in key.only)
        return sa.and_(*conditions), ()
    if isinstance(key, Through):
        table, near, far = tables.link(key)
        link = table.alias()
        entity.from_builder.join(link, link.c[far.name] == entity.id, outer=False)
        return link.c[near.name] == source_id, ()
    if isinstance(key, Derived) and key.rule in ("ancestors", "descendants"):
        closure = tables.closure.alias()
        above, below = closure.c.ancestor_id, closure.c.descendant_id
        item, source = (above, below) if key.rule == "ancestors" else (below, above)
        entity.from_builder.join(closure, item == entity.id, outer=False)
        return sa.and_(source == source_id, closure.c.depth > 0), (closure.c.depth,)
    if isinstance(key, Derived) and key.rule == "parents_ancestors":
        # An asset's ancestors are its context and all above it.
        closure, parent = tables.closure.alias(), tables.relation(owner, "parent")
        assert isinstance(parent, ForeignKey), f"{owner}.parent is kept in a foreign key"
        holder = EntityAlias(entity.from_builder, owner, tables.table(owner).alias())
        entity.from_builder.join(closure, closure.c.ancestor_id == entity.id, outer=False)
        entity.from_builder.join(holder.table, holder.stored(owner, parent) == closure.c.descendant_id, outer=False)
        return holder.id == source_id, (closure.c.depth,)
    raise SandboxUnsupported(
        f"The embedded server does not know which entities {owner}.{attribute.name} holds.",
        entity_type=owner,
        attribute=attribute.name,
    )


def _narrowed(entity: EntityAlias) -> sa.ColumnElement[bool] | None:
    """Return what keeps entities of other types out of a collection, or None.

    Relations described as leading to `Task` lead to every object type (a real server answers folders in
    `ObjectType.tasks`), so a type that is told from its family by classifiers does not narrow.
    """
    if entity.tables.schema.type(entity.entity_type).classifiers or entity.tables.view(entity.entity_type) is not None:
        return None
    return of_type(entity.tables, entity.table, entity.entity_type)
