"""Edge: the three operations that change data, from the data of a request to the data of its reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.sandbox import server_errors

from . import custom_attributes, deletion, entity_data, membership, replies
from .creation import concrete_type, insert
from .update import apply

if TYPE_CHECKING:
    from .store import Store


def create(store: Store, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Create an entity and return the data of the reply.

    Raises `UnknownEntityType`, `UnknownAttribute` and the server's errors.
    """
    entity_type = concrete_type(store, name, data)
    validated = entity_data.validate(store.tables, entity_type, data, None)
    row = insert(store, entity_type, validated.columns)
    for attribute, members in validated.collections.items():
        membership.set_members(store, entity_type, row, attribute, members)
    return replies.created_entity(store, entity_type, row, data)


def update(store: Store, name: str, key: Sequence[str], data: Mapping[str, Any]) -> dict[str, Any]:
    """Change an entity and return the data of the reply.

    Raises the server's errors, among them that of an entity that does not exist. The value of a custom attribute exists
    for every entity that its configuration applies to, even if it was never set.
    """
    requested = store.schema.type(name)
    row = store.find(name, key)
    if row is None and custom_attributes.is_value_view(store, name):
        row = custom_attributes.insert_missing(store, requested, key)
    if row is None:
        raise server_errors.entity_not_found(name, key)
    entity_type = store.type_of(name, row)
    validated = entity_data.validate(store.tables, entity_type, data, row)
    changes = {column: value for column, value in validated.columns.items() if row[column] != value}
    custom_attributes.check_change(store, entity_type, row, changes)
    before = dict(row)
    apply(store, entity_type, row, changes)
    for attribute, members in validated.collections.items():
        membership.set_members(store, entity_type, row, attribute, members)
    row = store.get(name, key)
    changed = [column for column, value in row.items() if before.get(column) != value]
    return replies.updated_entity(store, entity_type, row, validated.attributes, changed)


def delete(store: Store, targets: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Delete entities, given as type and key, together with all rows that depend on them.

    An entity that the same request has deleted already, directly or by a cascade, counts as deleted. Raises the
    server's errors for an entity that does not exist and for one that is in use.
    """
    remaining = []
    for name, key in targets:
        if store.find(name, key) is not None:
            remaining.append((name, tuple(key)))
        elif not store.was_deleted(name, key):
            raise server_errors.entity_not_found(name, key)
    if remaining:
        deletion.delete(store, remaining)
