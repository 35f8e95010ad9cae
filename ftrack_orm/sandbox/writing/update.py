"""Edge: changing an entity's row, with what follows from the change elsewhere: status changes, moved subtrees."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ftrack_orm.errors import InvalidValue
from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.reading.from_clause import json_values
from ftrack_orm.schema.model import EntityType

from . import closure, constraints
from .defaults import project_of
from .store import Row, Store

#: The record of a changed status, by the family of what changed, and what the record calls it.
_STATUS_CHANGES = {
    "Context": ("TypedContextStatusChange", "task"),
    "AssetVersion": ("AssetVersionStatusChange", "asset_version"),
}


def apply(store: Store, entity_type: EntityType, row: Row, changes: Mapping[str, Any]) -> None:
    """Set columns of an existing row after checking the rules, and do what follows from it."""
    if not changes:
        return
    before = dict(row)
    after = {**before, **changes}
    key = store.key_of(entity_type.name, row)
    constraints.check(store, entity_type.name, after, changes.keys())
    store.change(entity_type.name, key, changes)
    row.update(changes)
    if "parent_id" in changes and entity_type.family == "Context":
        _move(store, entity_type, row)
    if changes.get("status_id") is not None and entity_type.family in _STATUS_CHANGES:
        _record_status(store, entity_type, before, row)


def _move(store: Store, entity_type: EntityType, row: Row) -> None:
    """Hang a context and all below it under its new parent, and into that one's project."""
    parent = store.find("Context", (row["parent_id"],))
    if parent is None or entity_type.name == "Project":
        raise server_errors.integrity(f"A {entity_type.name} cannot have the parent {row['parent_id']!r}.")
    store.flush()
    try:
        closure.move(store.connection, store.tables, row["id"], row["parent_id"])
    except InvalidValue as error:
        raise server_errors.validation(str(error)) from None
    project_id = project_of(parent)
    if project_id == row["project_id"]:
        return
    table = store.tables.table("Context")
    moved = [row["id"], *closure.descendants(store.connection, store.tables, [row["id"]])]
    store.prefetch("Context", [(id_,) for id_ in moved])
    for id_ in moved:
        store.change_log.changed("Context", (id_,), store.get("Context", (id_,)), {"project_id": project_id})
    store.connection.execute(table.update().where(table.c.id.in_(json_values(moved))).values(project_id=project_id))
    row["project_id"] = project_id
    store.forget()


def _record_status(store: Store, entity_type: EntityType, before: Row, row: Row) -> None:
    name, parent_type = _STATUS_CHANGES[entity_type.family]
    if name not in store.schema.types:
        return
    store.insert(
        name,
        {
            "id": str(uuid.uuid4()),
            "parent_id": row["id"],
            "parent_type": parent_type,
            "from_status_id": before.get("status_id"),
            "status_id": row["status_id"],
            "user_id": store.request.user_id,
            "date": store.request.now,
        },
    )
