"""Edge: changes an entity's row and updates dependent rows: status changes, descendants of a moved context."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import InvalidValue
from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.reading.from_clause import json_values

from . import closure, completion, constraints, defaults

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

    from .store import Row, Store

#: Family -> the entity type that records a changed status, and its name for the family.
_STATUS_CHANGES = {
    "Context": ("TypedContextStatusChange", "task"),
    "AssetVersion": ("AssetVersionStatusChange", "asset_version"),
}


def apply(store: Store, entity_type: EntityType, row: Row, changes: Mapping[str, Any]) -> None:
    """Set columns of an existing row after checking the constraints, and update the dependent rows."""
    if not changes:
        return
    before = dict(row)
    after = {**before, **changes}
    key = store.key_of(entity_type.name, row)
    owner = [name for name in defaults.missing_owner(entity_type, after) if name in changes]
    missing = (*constraints.check(store, entity_type.name, after, changes.keys()), *owner)
    if missing:
        store.postpone(entity_type.name, key, missing, has_open_defaults=False)
    store.update(entity_type.name, key, changes)
    row.update(changes)
    if "parent_id" in changes and entity_type.family == "Context":
        _move(store, entity_type, row)
    completion.fill_open_defaults(store, entity_type, row)
    if changes.get("status_id") is not None and entity_type.family in _STATUS_CHANGES:
        _record_status(store, entity_type, before, row)


def _move(store: Store, entity_type: EntityType, row: Row) -> None:
    """Move a context with its descendants below its new parent, and into the parent's project."""
    parent = store.find("Context", (row["parent_id"],))
    if parent is None or entity_type.name == "Project":
        raise server_errors.integrity_error(
            f"{entity_type.name} {row['id']} cannot have the parent {row['parent_id']!r}."
        )
    store.flush()
    try:
        closure.move(store.connection, store.tables, row["id"], row["parent_id"])
    except InvalidValue as error:
        raise server_errors.validation_error(str(error)) from None
    project_id = defaults.project_id_of(parent)
    if project_id == row["project_id"]:
        return
    table = store.tables.table("Context")
    moved = [row["id"], *closure.descendants(store.connection, store.tables, [row["id"]])]
    store.prefetch("Context", [(id_,) for id_ in moved])
    for id_ in moved:
        store.change_log.record_update("Context", (id_,), store.get("Context", (id_,)), {"project_id": project_id})
    store.connection.execute(table.update().where(table.c.id.in_(json_values(moved))).values(project_id=project_id))
    row["project_id"] = project_id
    store.expire_all()


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
