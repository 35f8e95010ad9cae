"""Edge: creates an entity from the client's values and the server's defaults, and checks the constraints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.sandbox import server_errors

from . import constraints, custom_attributes, defaults, notes

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

    from .store import Row, Store

#: Types without entities of their own, which exist as bases of other types.
ABSTRACT = frozenset({"BaseUser", "Context", "CustomConfigurationBase", "Resource", "StatusChange", "TypedContext"})


def insert(store: Store, entity_type: EntityType, columns: Mapping[str, Any]) -> Row:
    """Create an entity of a concrete type with these column values, fill in the defaults, and return its row.

    A value that it needs may be missing until the end of the request (PROTOCOL 8.1). Raises the server's errors. The
    caller sets the collections afterwards.
    """
    row: Row = dict(columns)
    custom_attributes.check_new(store, entity_type, row)
    has_owner = defaults.fill(store, entity_type, row)
    missing = constraints.check(store, entity_type.name, row, None)
    row = store.insert(entity_type.name, row)
    if missing or not has_owner:
        owner = () if has_owner else defaults.missing_owner(entity_type, row)
        key = store.key_of(entity_type.name, row)
        store.postpone(entity_type.name, key, (*missing, *owner), has_open_defaults=not has_owner)
    if entity_type.family == "Context":
        store.add_context(row["id"], row["parent_id"])
    notes.after_insert(store, entity_type, row)
    return row


def concrete_type(store: Store, name: str, data: Mapping[str, Any]) -> EntityType:
    """Return the type of a new entity that a request names *name*; raises a validation error for an abstract type.

    A `List` becomes a `TypedContextList` or an `AssetVersionList`, by the value of the attribute that distinguishes
    them or by its default.
    """
    entity_type = store.schema.type(name)
    below = store.schema.subtypes[name]
    if name in ABSTRACT and below:
        raise server_errors.validation_error(
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
