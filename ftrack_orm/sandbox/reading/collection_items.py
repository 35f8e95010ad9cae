"""Pure: the items of a collection as rows of a statement of their own, correlated with the entity they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTE_VALUE
from ftrack_orm.schema.relations import Derived, ForeignKey, Inverse, Through

from . import custom_attribute_values
from .from_clause import EntityAlias, FromBuilder, find_attribute, type_condition

if TYPE_CHECKING:
    from ftrack_orm.sandbox.tables import Tables


@attrs.frozen
class CollectionItems:
    """The items of one collection: their alias, the condition that they belong to the owner, and their order."""

    entity: EntityAlias
    condition: sa.ColumnElement[bool]
    order: tuple[sa.ColumnElement[Any], ...]


def collection_items(
    tables: Tables, now: str, entity_type: str, name: str, owner_id: sa.ColumnElement[Any]
) -> CollectionItems:
    """Return the items that the collection *name* of the entity with *owner_id* holds.

    Raises `SandboxUnsupported` for a derived collection without a rule.
    """
    declaring_type, attribute = find_attribute(tables, entity_type, name)
    assert attribute.target is not None, f"{name} is a relation"
    if attribute.kind is Kind.MAPPING and tables.root(attribute.target) == CUSTOM_ATTRIBUTE_VALUE:
        value, condition = custom_attribute_values.all_values(tables, now, declaring_type, attribute.target, owner_id)
        return CollectionItems(value, condition, value.key)
    item = FromBuilder(tables, now).start(attribute.target)
    condition, order = _correlate(item, declaring_type, attribute, owner_id)
    is_item_type = _item_type_condition(item)
    if is_item_type is not None:
        condition = sa.and_(condition, is_item_type)
    return CollectionItems(item, condition, (*order, *item.key))


def _correlate(
    item: EntityAlias, owner_type: str, attribute: Attribute, owner_id: sa.ColumnElement[Any]
) -> tuple[sa.ColumnElement[bool], tuple[sa.ColumnElement[Any], ...]]:
    """Return the condition that an item belongs to its owner, and the columns that order the items."""
    tables = item.tables
    key = tables.relation(owner_type, attribute.name)
    if isinstance(key, Inverse):
        conditions = [item.table.c[tables.key_column(item.entity_type, key).name] == owner_id]
        conditions.extend(item.value(name) == value for name, value in key.only)
        return sa.and_(*conditions), ()
    if isinstance(key, Through):
        table, near, far = tables.link(key)
        link = table.alias()
        item.from_builder.join(link, link.c[far.name] == item.id, outer=False)
        return link.c[near.name] == owner_id, ()
    if isinstance(key, Derived) and key.rule in ("ancestors", "descendants"):
        closure = tables.closure.alias()
        above, below = closure.c.ancestor_id, closure.c.descendant_id
        item_column, owner_column = (above, below) if key.rule == "ancestors" else (below, above)
        item.from_builder.join(closure, item_column == item.id, outer=False)
        return sa.and_(owner_column == owner_id, closure.c.depth > 0), (closure.c.depth,)
    if isinstance(key, Derived) and key.rule == "parents_ancestors":
        # An asset's ancestors are its context and all above it.
        closure, parent = tables.closure.alias(), tables.relation(owner_type, "parent")
        assert isinstance(parent, ForeignKey), f"{owner_type}.parent is stored as a foreign key"
        owner = EntityAlias(item.from_builder, owner_type, tables.table(owner_type).alias())
        item.from_builder.join(closure, closure.c.ancestor_id == item.id, outer=False)
        parent_id = owner.foreign_key(owner_type, parent)
        item.from_builder.join(owner.table, parent_id == closure.c.descendant_id, outer=False)
        return owner.id == owner_id, (closure.c.depth,)
    raise SandboxUnsupported(
        f"The embedded server does not know which entities {owner_type}.{attribute.name} holds.",
        entity_type=owner_type,
        attribute=attribute.name,
    )


def _item_type_condition(item: EntityAlias) -> sa.ColumnElement[bool] | None:
    """Return the condition that an item has the type that the collection is declared with, or None.

    A view has the rows of several types.
    """
    if item.tables.view(item.entity_type) is not None:
        return None
    return type_condition(item.tables, item.table, item.entity_type)
