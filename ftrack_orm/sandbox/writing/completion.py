"""Edge: completes the entities of a request at its end, and refuses those that still lack a value they need.

A value that an entity needs may follow later in the same request: its name, or the parent that its project and its
first status depend on (PROTOCOL 8.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import constraints, defaults, notes

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

    from .store import Row, Store


def finish(store: Store) -> None:
    """Complete all entities of the request, after its last operation.

    Raises the server's integrity error for an entity without a value that it needs.
    """
    for (table, key), incomplete in store.incomplete.items():
        row = store.find(table, key)
        if row is None:
            continue  # deleted by a later operation
        entity_type = store.schema.types[incomplete.entity_type]
        fill_open_defaults(store, entity_type, row)
        for name in sorted(incomplete.required):
            column = store.tables.column(entity_type.name, name)
            if column is not None and row.get(column.name) is None:
                raise constraints.missing_value(entity_type.name, name)
    notes.add_recipients(store)


def fill_open_defaults(store: Store, entity_type: EntityType, row: Row) -> None:
    """Fill in the defaults of an entity that was created without its owner, if it has one by now."""
    if not store.incomplete:
        return
    identity = store.tables.root(entity_type.name), store.key_of(entity_type.name, row)
    incomplete = store.incomplete.get(identity)
    if incomplete is None or not incomplete.has_open_defaults:
        return
    filled = dict(row)
    incomplete.has_open_defaults = not defaults.fill_from_owner(store, entity_type, filled)
    changes = {column: value for column, value in filled.items() if row[column] != value}
    store.update(entity_type.name, identity[1], changes)
    row.update(changes)
