"""Edge: assembles the change of one entity from the entries of an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ftrack_orm.events.changed_values import (
    MemberChange,
    ValueChange,
    mapping_change,
    member_change,
    value_changes,
)
from ftrack_orm.schema.attribute import Kind

from .change_values import ChangedValues, entities_of
from .server_change import LazyValues, ServerChange, time_of, user_of

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.events.event import Event
    from ftrack_orm.events.update_entry import UpdateEntry
    from ftrack_orm.schema.model import EntityType

#: The entries of an event with the types of their entities.
Entries = Sequence[tuple["EntityType", "UpdateEntry"]]


def make_change(
    workspace: Workspace,
    event: Event,
    entries: Entries,
    entity: Entity,
    names: frozenset[str],
    *,
    by_members: frozenset[str],
    is_deleted: bool,
    client_token: str,
) -> ServerChange:
    """Return the change of *entity* that *event* reports.

    Those of the collections *by_members* are left out of *names* that have neither gained nor lost members according to
    the event.
    """
    schema, is_created = workspace.schema, False
    key, family = entity._ftrack_state.key, entity.__schema__.family
    changes: dict[str, ValueChange] = {}
    for entity_type, entry in entries:
        if entity_type.family == family and entry.key(entity_type) == key:
            changes.update(value_changes(schema, entity_type, entry))
            is_created |= entry.action == "add"
    changes.update(_mapping_changes(workspace, entries, entity, names))
    members = _member_changes(workspace, entries, entity, names)
    members.update({name: each for name in names if (each := _listed_members(changes.get(name))) is not None})
    unchanged = {name for name, each in members.items() if not each.added and not each.removed}
    members = {name: each for name, each in members.items() if name not in unchanged}
    changed_values = ChangedValues(workspace, entity, changes)
    token = event.data.get("clientToken") if isinstance(event.data, Mapping) else None
    return ServerChange(
        entity=entity,
        names=names - (unchanged & by_members),
        old=changed_values.old,
        new=changed_values.new,
        added=LazyValues(members, partial(_members, workspace, members, is_removed=False)),
        removed=LazyValues(members, partial(_members, workspace, members, is_removed=True)),
        is_created=is_created,
        is_deleted=is_deleted,
        user=user_of(event),
        time=time_of(event),
        by_me=token == client_token,
        event=event,
    )


def _mapping_changes(
    workspace: Workspace, entries: Entries, entity: Entity, names: frozenset[str]
) -> dict[str, ValueChange]:
    """Return the changed keys of the mappings in *names* with their values, where the event states them."""
    schema, owner, key = workspace.schema, entity.__schema__, entity._ftrack_state.key
    changes: dict[str, ValueChange] = {}
    for name in names:
        attribute = owner.attributes.get(name)
        if attribute is not None and attribute.kind is Kind.MAPPING and len(key) == 1:
            change = mapping_change(schema, owner, key[0], attribute, entries)
            if change is not None:
                changes[name] = change
    return changes


def _member_changes(
    workspace: Workspace, entries: Entries, entity: Entity, names: frozenset[str]
) -> dict[str, MemberChange]:
    """Return the members that the collections and mappings in *names* gained and lost, where the event states them."""
    schema, owner, key = workspace.schema, entity.__schema__, entity._ftrack_state.key
    changes: dict[str, MemberChange] = {}
    for name in names:
        attribute = owner.attributes.get(name)
        if attribute is None or attribute.kind is not Kind.COLLECTION or len(key) != 1:
            continue
        change = member_change(schema, owner, key[0], attribute, entries)
        if change is not None:
            changes[name] = change
    return changes


def _listed_members(change: ValueChange | None) -> MemberChange | None:
    """Return the members that a collection gained and lost which the event reports as lists of ids."""
    if change is None or change.attribute is None or change.attribute.kind is not Kind.COLLECTION:
        return None
    if not isinstance(change.old, list) or not isinstance(change.new, list):
        return None
    if not all(isinstance(id_, (str, int)) for ids in (change.old, change.new) for id_ in ids):
        return None
    old, new = (dict.fromkeys(map(str, ids)) for ids in (change.old, change.new))
    return MemberChange(
        str(change.attribute.target),
        added=tuple(id_ for id_ in new if id_ not in old),
        removed=tuple(id_ for id_ in old if id_ not in new),
    )


def _members(workspace: Workspace, members: Mapping[str, MemberChange], name: str, *, is_removed: bool) -> Any:
    change = members[name]
    return entities_of(
        workspace, change.target, change.removed if is_removed else change.added, may_be_deleted=is_removed
    )
