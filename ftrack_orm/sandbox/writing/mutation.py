"""Edge: the three operations that change data, as a client asks for them and is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ftrack_orm.sandbox import server_errors

from . import custom_attributes, deletion, entity_data, membership, replies
from .creation import concrete_type, insert
from .store import Store
from .update import apply


def create(store: Store, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Create an entity and return the answer the client gets.

    Raises `UnknownEntityType`, `UnknownAttribute` and the server's refusals.
    """
    entity_type = concrete_type(store, name, data)
    given = entity_data.validate(store.tables, entity_type, data, None)
    row = insert(store, entity_type, given.columns)
    for attribute, members in given.collections.items():
        membership.set_members(store, entity_type, row, attribute, members)
    return replies.created(store, entity_type, row, given.named)


def update(store: Store, name: str, key: Sequence[str], data: Mapping[str, Any]) -> dict[str, Any]:
    """Change an entity and return the answer the client gets.

    Raises the server's refusals, among them that of a missing entity; the value of a custom attribute is there for
    every entity it applies to, whether it was ever set or not.
    """
    asked = store.schema.type(name)
    row = store.find(name, key)
    if row is None and custom_attributes.is_typed_value(store, name):
        row = custom_attributes.insert_unset(store, asked, key)
    if row is None:
        raise server_errors.missing(name, key)
    entity_type = store.type_of(name, row)
    given = entity_data.validate(store.tables, entity_type, data, row)
    changes = {column: value for column, value in given.columns.items() if row[column] != value}
    custom_attributes.check_change(store, entity_type, row, changes)
    before = dict(row)
    apply(store, entity_type, row, changes)
    for attribute, members in given.collections.items():
        membership.set_members(store, entity_type, row, attribute, members)
    row = store.get(name, key)
    touched = [column for column, value in row.items() if before.get(column) != value]
    return replies.updated(store, entity_type, row, given.named, touched)


def delete(store: Store, targets: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Delete entities, given as type and key, with all that cannot be without them.

    One that the same request has deleted before, by itself or along with something else, counts as deleted. Raises the
    server's refusals of a missing entity and of deleting what is in use.
    """
    left = []
    for name, key in targets:
        if store.find(name, key) is not None:
            left.append((name, tuple(key)))
        elif not store.was_removed(name, key):
            raise server_errors.missing(name, key)
    if left:
        deletion.delete(store, left)
