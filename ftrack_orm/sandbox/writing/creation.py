"""Edge: creating an entity: what the client said, what the server fills in, and the rules both must keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm.sandbox import server_errors
from ftrack_orm.schema.model import EntityType

from . import constraints, custom_attributes, defaults
from .store import Row, Store

#: Types that exist only as what their subtypes have in common.
ABSTRACT = frozenset(
    {"BaseUser", "Component", "Context", "CustomConfigurationBase", "Resource", "StatusChange", "TypedContext"}
)


def insert(store: Store, entity_type: EntityType, columns: Mapping[str, Any]) -> Row:
    """Create an entity of a concrete type with these column values, complete it, and return its row.

    Raises the server's refusals; collections are set once the entity is there, by who called.
    """
    row: Row = dict(columns)
    custom_attributes.check_new(store, entity_type, row)
    defaults.complete(store, entity_type, row)
    constraints.check(store, entity_type.name, row, None)
    row = store.insert(entity_type.name, row)
    if entity_type.family == "Context":
        store.place(row["id"], row["parent_id"])
    if entity_type.name == "Note" and row.get("in_reply_to_id") is not None:
        store.change("Note", (row["in_reply_to_id"],), {"thread_activity": row["date"]})
    return row


def concrete_type(store: Store, name: str, data: Mapping[str, Any]) -> EntityType:
    """Return the type a new entity asked for as *name* is of, or refuse a type nothing can be of.

    A `List` is a `TypedContextList` or an `AssetVersionList` by the value that tells them apart, or by its default.
    """
    entity_type = store.schema.type(name)
    below = store.schema.subtypes[name]
    if name in ABSTRACT and below:
        raise server_errors.validation(
            f"A {name} cannot be created as such. Create one of its types: {', '.join(sorted(below))}."
        )
    for subtype in below:
        classifiers = store.schema.types[subtype].classifiers
        if classifiers and all(
            attribute in entity_type.attributes
            and (data.get(attribute) or entity_type.attributes[attribute].default) == value
            for attribute, value in classifiers.items()
        ):
            return store.schema.types[subtype]
    return entity_type
