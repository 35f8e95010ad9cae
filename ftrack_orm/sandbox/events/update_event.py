"""Edge: builds the one `ftrack.update` event that announces all changes of a request.

Facts (PROTOCOL 3.6): the shape of the payload. The value of a custom attribute is announced as a change of the entity
that has it, under the attribute's key. A created entity carries all its values with an old value of null, a deleted one
the other way round.

Not known of real servers, and decided here: changes that the server makes on its own account (status changes, event
records) are not announced. The `entityId` of an entity with several keys is all keys joined by commas. Collections
that are stored in link tables without an entity type are announced as lists of ids.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.sandbox.tables import ENTITY_TYPE
from ftrack_orm.sandbox.writing.change_log import UNANNOUNCED_TABLES, ChangeLog, Identity, RowChange
from ftrack_orm.sandbox.writing.custom_attributes import owner_tables
from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTE_CONFIGURATION, CUSTOM_ATTRIBUTE_VALUE

from . import event_records
from .internal_names import InternalNames, custom_value
from .parent_chains import ParentChains

if TYPE_CHECKING:
    from ftrack_orm.sandbox.writing.store import Store

#: Tables whose rows are not announced as entities. Custom attribute values become changes of their owners instead.
_NOT_ANNOUNCED = UNANNOUNCED_TABLES | {CUSTOM_ATTRIBUTE_VALUE}


@attrs.frozen
class ClientTokens:
    """The tokens of a request's headers, by which a client recognizes the events of its own changes."""

    client: str | None = None  # `ftrack-clienttoken`
    push: str | None = None  # `ftrack-pushtoken`


def create_update_event(store: Store, names: InternalNames, tokens: ClientTokens) -> dict[str, Any] | None:
    """Return the event that announces the changes of a request, or None if there is nothing to announce.

    Also writes the event's `Event` records, in the transaction of the request.
    """
    entities = _ChangedEntities(store, names).describe()
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
    event_records.insert(store, event)
    return event


class _ChangedEntities:
    """Describes the entities that a request changed, for the payload of its event."""

    def __init__(self, store: Store, names: InternalNames) -> None:
        self._store = store
        self._names = names
        self._change_log: ChangeLog = store.change_log
        self._parents = ParentChains(store, self._change_log, names)

    def describe(self) -> list[dict[str, Any]]:
        value_changes, changes = [], {}
        for change in self._change_log.changes():
            if change.table == CUSTOM_ATTRIBUTE_VALUE:
                value_changes.append(change)
            elif change.table not in _NOT_ANNOUNCED:
                changes[change.table, change.key] = change
        custom_changes = self._custom_attribute_changes(value_changes)
        for identity in custom_changes:
            if identity not in changes:
                row = self._store.get(*identity)
                changes[identity] = RowChange(*identity, row, row)
        self._parents.load([(change.table, change.row) for change in changes.values()])
        entities = (self._entity(change, custom_changes.get(identity, {})) for identity, change in changes.items())
        return [entity for entity in entities if entity is not None]

    def _entity(self, change: RowChange, custom_changes: Mapping[str, Any]) -> dict[str, Any] | None:
        changes = {**self._attribute_changes(change), **custom_changes}
        if not changes and change.before is not None and change.after is not None:
            return None
        row = change.row
        identifier = ",".join(map(str, change.key))
        return {
            "entity_type": row[ENTITY_TYPE],
            "entityType": self._names.entity_type(row),
            "objectTypeId": self._names.object_type_id(row),
            "entityId": identifier,
            "parentId": self._parents.parent_id(change.table, row),
            "action": self._change_log.action(change) or _action(change),
            "keys": list(changes),
            "changes": changes,
            "parents": self._parents.chain(change.table, row, identifier),
        }

    def _attribute_changes(self, change: RowChange) -> dict[str, dict[str, Any]]:
        before, after = change.before or {}, change.after or {}
        entity_type = change.row[ENTITY_TYPE]
        changes = {}
        for column, name in self._names.columns(entity_type).items():
            old, new = before.get(column), after.get(column)
            if old != new:
                changes[name] = {"old": old, "new": new}
        for attribute, (first, last) in change.members.items():
            if first != last:
                changes[self._names.attribute(entity_type, attribute)] = {"old": first, "new": last}
        return changes

    # -- custom attributes ----------------------------------------------------------------------------------------

    def _custom_attribute_changes(self, value_changes: list[RowChange]) -> dict[Identity, dict[str, Any]]:
        """Return the changes of custom attributes by the entities that have them, without deleted entities."""
        if not value_changes:
            return {}
        self._store.prefetch(
            CUSTOM_ATTRIBUTE_CONFIGURATION, [(change.row["configuration_id"],) for change in value_changes]
        )
        owner_tables = self._owner_tables({change.row["entity_id"] for change in value_changes})
        changes: dict[Identity, dict[str, Any]] = {}
        for change in value_changes:
            owner_table = owner_tables.get(change.row["entity_id"])
            configuration = self._store.find(CUSTOM_ATTRIBUTE_CONFIGURATION, (change.row["configuration_id"],))
            if owner_table is None or configuration is None:
                continue
            attribute_type = self._store.find("CustomAttributeType", (configuration.get("type_id"),)) or {}
            type_name = str(attribute_type.get("name", "text"))
            # Without a row the default applies, unless the value is inherited.
            unset = None if configuration.get("is_hierarchical") else configuration.get("default")
            old = custom_value(type_name, unset if change.before is None else change.before["value"])
            new = custom_value(type_name, unset if change.after is None else change.after["value"])
            # A value that is set to the default is set all the same, and is not inherited any more.
            if old != new or change.before is None or change.after is None:
                changes.setdefault((owner_table, (change.row["entity_id"],)), {})[configuration["key"]] = {
                    "old": old,
                    "new": new,
                }
        return changes

    def _owner_tables(self, ids: set[str]) -> dict[str, str]:
        """Return the table of each entity in *ids*. The rows of custom attribute values do not name it."""
        tables: dict[str, str] = {}
        for table in owner_tables(self._store):
            remaining = sorted(ids - tables.keys())
            if remaining:
                tables.update(dict.fromkeys(self._store.prefetch(table, [(id_,) for id_ in remaining]), table))
        return tables


def _action(change: RowChange) -> str:
    if change.before is None:
        return "add"
    if change.after is None:
        return "remove"
    is_moved = change.table == "Context" and change.before.get("parent_id") != change.after.get("parent_id")
    return "move" if is_moved else "update"
