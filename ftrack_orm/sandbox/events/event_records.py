"""Edge: the `Event` records of announced changes, which clients read to catch up on events they missed.

Facts: ftrack's own examples query `action`, `insert`, `created_at`, `user.username` and `data` of the events `where
parent_id is` the id of an entity, `order by created_at`, and find deletions by `insert is "delete"`. Among the actions
are `change.status.task` and `asset.published`. The content of `data` on real servers is not documented.

Decided here: one record for each entity of an `ftrack.update`, with ids in the order of the commits. Actions without a
known name are `<action>.<entityType>`. `data` is JSON text that is sufficient to rebuild the event::

    {"event": id of the ftrack.update, "pushToken": ..., "clientToken": ..., "entity": as in the event, with parents}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.sandbox.tables import ENTITY_TYPE
from ftrack_orm.wire import json_text

if TYPE_CHECKING:
    from ftrack_orm.sandbox.writing.store import Store

_ENTITY_TYPE = "Event"
_INSERT_VALUES = {"add": "insert", "remove": "delete"}


def insert(store: Store, event: Mapping[str, Any]) -> None:
    """Insert the records of an `ftrack.update`. A data model without the entity type `Event` gets none."""
    if _ENTITY_TYPE not in store.schema.types:
        return
    table = store.tables.table(_ENTITY_TYPE)
    content = event["data"]
    common = {"event": event["id"], "pushToken": content["pushToken"], "clientToken": content["clientToken"]}
    rows = [
        {
            ENTITY_TYPE: _ENTITY_TYPE,
            "action": record_action(entity),
            "insert": _INSERT_VALUES.get(entity["action"], "update"),
            "created_at": store.request.now,
            "data": json_text.dumps({**common, "entity": entity}).decode("utf-8"),
            "parent_id": entity["entityId"],
            "parent_type": entity["entityType"],
            "project_id": _project_id(entity),
            "user_id": store.request.user_id,
        }
        for entity in content["entities"]
    ]
    store.connection.execute(table.insert(), rows)


def record_action(entity: Mapping[str, Any]) -> str:
    """Return the `action` of the record for an entity of an event."""
    entity_type, changes = entity["entityType"], entity["changes"]
    if entity["action"] == "add" and entity_type == "assetversion":
        return "asset.published"
    if entity["action"] == "update" and "statusid" in changes:
        return f"change.status.{str(entity['entity_type']).lower()}"
    return f"{entity['action']}.{entity_type}"


def _project_id(entity: Mapping[str, Any]) -> str | None:
    last = entity["parents"][-1]
    return str(last["entityId"]) if last["entityType"] == "show" else None
