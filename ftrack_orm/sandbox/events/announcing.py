"""Edge: from the record of a request's changes to the one `ftrack.update` that announces them all.

Facts (PROTOCOL 3.6): the shape of the payload; a custom attribute's value is announced as a change of the entity that
has it, under the attribute's key; new things carry all their values with an old one of null, deleted things the other
way round. Not known of real servers and decided here: what the server writes on its own account (status changes, event
records) is not announced; of several keys, `entityId` is all of them joined by commas; collections kept in tables of
links that no type shows are announced as lists of ids.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import attrs

from ftrack_orm.sandbox.reading.custom_attribute_values import CONFIGURATION, CONFIGURED_AS, VALUES
from ftrack_orm.sandbox.tables import ENTITY_TYPE
from ftrack_orm.sandbox.writing.change_log import UNANNOUNCED_TABLES, ChangeLog, RowChange
from ftrack_orm.sandbox.writing.store import Store

from . import event_records
from .lineage import Lineage
from .naming import Naming, custom_value

#: Custom attributes' values are told as changes of what has them.
_UNANNOUNCED = UNANNOUNCED_TABLES | {VALUES}


@attrs.frozen
class Tokens:
    """What a client says about itself in headers, to know its own changes again when they are announced."""

    client: str | None = None  # `ftrack-clienttoken`
    push: str | None = None  # `ftrack-pushtoken`


def announce(store: Store, naming: Naming, tokens: Tokens) -> dict[str, Any] | None:
    """Return the event that announces what the request changed, or None if that is nothing.

    The event's entities are written down as `Event` records too, in the request's own transaction.
    """
    entities = _Telling(store, naming).entities()
    if not entities:
        return None
    user = store.find("User", (store.request.user_id,)) or {}
    push = tokens.push or uuid.uuid1().hex
    source: dict[str, Any] = {
        "id": tokens.client or push,
        "user": {"username": user.get("username"), "id": store.request.user_id},
    }
    if tokens.client is not None:
        source["clientToken"] = tokens.client
    event = {
        "id": uuid.uuid4().hex,
        "topic": "ftrack.update",
        "data": {
            "entities": entities,
            "parents": list(dict.fromkeys(parent["entityId"] for each in entities for parent in each["parents"])),
            "user": {
                "userid": store.request.user_id,
                "name": f"{user.get('first_name') or ''} {user.get('last_name') or ''}".strip(),
            },
            "pushToken": push,
            "clientToken": tokens.client,
        },
        "sent": None,
        "source": source,
        "target": "",
        "inReplyToEvent": None,
    }
    event_records.write(store, event)
    return event


class _Telling:
    """The entities of one announcement while they are worked out."""

    def __init__(self, store: Store, naming: Naming) -> None:
        self._store = store
        self._naming = naming
        self._record: ChangeLog = store.change_log
        self._lineage = Lineage(store, self._record, naming)

    def entities(self) -> list[dict[str, Any]]:
        values, changes = [], {}
        for change in self._record.changes():
            if change.table == VALUES:
                values.append(change)
            elif change.table not in _UNANNOUNCED:
                changes[change.table, change.key] = change
        customs = self._custom_changes(values)
        for identity in customs:
            if identity not in changes:
                row = self._store.get(*identity)
                changes[identity] = RowChange(*identity, row, row)
        self._lineage.load([(change.table, change.row) for change in changes.values()])
        told = (self._entity(change, customs.get(identity, {})) for identity, change in changes.items())
        return [entity for entity in told if entity is not None]

    def _entity(self, change: RowChange, customs: Mapping[str, Any]) -> dict[str, Any] | None:
        changed = {**self._changed(change), **customs}
        if not changed and change.before is not None and change.after is not None:
            return None
        row = change.row
        identifier = ",".join(map(str, change.key))
        return {
            "entity_type": row[ENTITY_TYPE],
            "entityType": self._naming.entity_type(row),
            "objectTypeId": self._naming.object_type_id(row),
            "entityId": identifier,
            "parentId": self._lineage.parent_id(change.table, row),
            "action": _action(change),
            "keys": list(changed),
            "changes": changed,
            "parents": self._lineage.of(change.table, row, identifier),
        }

    def _changed(self, change: RowChange) -> dict[str, dict[str, Any]]:
        before, after = change.before or {}, change.after or {}
        entity_type = change.row[ENTITY_TYPE]
        changed = {}
        for column, name in self._naming.columns(entity_type).items():
            old, new = before.get(column), after.get(column)
            if old != new:
                changed[name] = {"old": old, "new": new}
        for attribute, (first, last) in change.members.items():
            if first != last:
                changed[self._naming.attribute(entity_type, attribute)] = {"old": first, "new": last}
        return changed

    # -- custom attributes ----------------------------------------------------------------------------------------

    def _custom_changes(self, values: list[RowChange]) -> dict[tuple[str, tuple[Any, ...]], dict[str, Any]]:
        """Return the changes of custom attributes by the entities that have them, leaving out deleted entities."""
        if not values:
            return {}
        self._store.prefetch(CONFIGURATION, [(change.row["configuration_id"],) for change in values])
        owners = self._owners({change.row["entity_id"] for change in values})
        found: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = {}
        for change in values:
            owner = owners.get(change.row["entity_id"])
            configuration = self._store.find(CONFIGURATION, (change.row["configuration_id"],))
            if owner is None or configuration is None:
                continue
            described = self._store.find("CustomAttributeType", (configuration.get("type_id"),)) or {}
            kind = str(described.get("name", "text"))
            # Without a row the default holds, unless the value is inherited.
            unset = None if configuration.get("is_hierarchical") else configuration.get("default")
            old = custom_value(kind, unset if change.before is None else change.before["value"])
            new = custom_value(kind, unset if change.after is None else change.after["value"])
            if old != new:
                found.setdefault((owner, (change.row["entity_id"],)), {})[configuration["key"]] = {
                    "old": old,
                    "new": new,
                }
        return found

    def _owners(self, ids: set[str]) -> dict[str, str]:
        """Return the table of each entity with custom attributes; ids tell nothing of it."""
        owners: dict[str, str] = {}
        for table in ("Context", *CONFIGURED_AS):
            left = sorted(ids - owners.keys())
            if table not in self._store.schema.types or not left:
                continue
            self._store.prefetch(table, [(id_,) for id_ in left])
            owners.update({id_: table for id_ in left if self._store.find(table, (id_,)) is not None})
        return owners


def _action(change: RowChange) -> str:
    if change.before is None:
        return "add"
    if change.after is None:
        return "remove"
    moved = change.table == "Context" and change.before.get("parent_id") != change.after.get("parent_id")
    return "move" if moved else "update"
