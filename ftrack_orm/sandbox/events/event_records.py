"""Edge: the `Event` records in which a server keeps what it announced, for whoever was not listening.

Facts: ftrack's own examples ask for `action`, `insert`, `created_at`, `user.username` and `data` of the events `where
parent_id is` an entity's id, `order by created_at`, and find deletions by `insert is "delete"`; among the actions are
`change.status.task` and `asset.published`. What real servers put into `data` is not documented. Decided here: one
record for each entity of an `ftrack.update`, with ids in the order of the commits, actions of `<action>.<entityType>`
where no better name is known, and `data` of JSON text that tells enough to make the event again::

    {"event": id of the ftrack.update, "pushToken": ..., "clientToken": ..., "entity": as in the event, with parents}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm.sandbox.tables import ENTITY_TYPE
from ftrack_orm.sandbox.writing.store import Store
from ftrack_orm.wire import json_text

_TYPE = "Event"
_INSERTS = {"add": "insert", "remove": "delete"}


def write(store: Store, event: Mapping[str, Any]) -> None:
    """Write the records of an `ftrack.update`; a data model without the type `Event` gets none."""
    if _TYPE not in store.schema.types:
        return
    table = store.tables.table(_TYPE)
    told = event["data"]
    common = {"event": event["id"], "pushToken": told["pushToken"], "clientToken": told["clientToken"]}
    values = [
        {
            ENTITY_TYPE: _TYPE,
            "action": action_of(entity),
            "insert": _INSERTS.get(entity["action"], "update"),
            "created_at": store.request.now,
            "data": json_text.dumps({**common, "entity": entity}).decode("utf-8"),
            "parent_id": entity["entityId"],
            "parent_type": entity["entityType"],
            "project_id": _project(entity),
            "user_id": store.request.user_id,
        }
        for entity in told["entities"]
    ]
    store.connection.execute(table.insert(), values)


def action_of(entity: Mapping[str, Any]) -> str:
    """Return what a record calls the change of an entity, by its most telling part."""
    kind, changes = entity["entityType"], entity["changes"]
    if entity["action"] == "add" and kind == "assetversion":
        return "asset.published"
    if entity["action"] == "update" and "statusid" in changes:
        return f"change.status.{str(entity['entity_type']).lower()}"
    return f"{entity['action']}.{kind}"


def _project(entity: Mapping[str, Any]) -> str | None:
    last = entity["parents"][-1]
    return str(last["entityId"]) if last["entityType"] == "show" else None
