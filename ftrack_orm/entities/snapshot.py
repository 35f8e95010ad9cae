"""State: freezing the journal: what the next commit sends of every entity, as data that later edits cannot change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ..schema.attribute import Kind
from ..values import NOT_LOADED
from .changes import Journal
from .entity import Entity
from .mappings import Entry, MappedCollection, holder_of_new_entry
from .planning import Changes, Creation, Deletion, Modification
from .recorded import plain
from .state import Lifecycle


@attrs.frozen
class Snapshot:
    """What one commit sends.

    *changes* is the planner's input. *sent* holds, for each entity created or modified, its changed attributes with the
    values they had; whatever differs from that when the server has answered was edited meanwhile. *replaced* holds, by
    type and key, what the session took the server to have of every attribute an update sets, in the form in which
    values are sent; `NOT_LOADED` where it did not know.
    """

    changes: Changes
    created: tuple[Entity, ...]
    deleted: tuple[Entity, ...]
    sent: Mapping[Entity, Mapping[str, Any]]
    replaced: Mapping[tuple[str, tuple[str, ...]], Mapping[str, Any]]


def take_snapshot(journal: Journal) -> Snapshot:
    """Return what is recorded in *journal* as it is now; the caller holds the lock of its workspace."""
    creations: list[Creation] = []
    modifications: list[Modification] = []
    deletions = [Deletion(entity.__reference__(), _references_of(entity)) for entity in journal.deleted]
    sent: dict[Entity, dict[str, Any]] = {}
    replaced: dict[tuple[str, tuple[str, ...]], Mapping[str, Any]] = {}
    for entity in (*journal.created, *journal.modified):
        if entity in journal.deleted:
            continue
        sent[entity] = {
            name: plain(entity.__dict__.get(name, NOT_LOADED)) for name in entity._ftrack_state.originals or ()
        }
        data = _own_data(entity)
        if entity in journal.created:
            creations.append(Creation(entity.__reference__(), data))
        elif data:
            modifications.append(Modification(entity.__reference__(), data))
            replaced[entity.__entity_type__, entity._ftrack_state.key] = _replaced_by(entity, data)
        rows = _row_changes(entity)
        creations.extend(rows.changes.creations)
        modifications.extend(rows.changes.modifications)
        deletions.extend(rows.changes.deletions)
        replaced.update(rows.replaced)
    created = tuple(entity for entity in journal.created if entity in sent)
    changes = Changes(tuple(creations), tuple(modifications), tuple(deletions))
    return Snapshot(changes, created, tuple(journal.deleted), sent, replaced)


def joined(snapshots: Sequence[Snapshot]) -> Snapshot:
    """Return one snapshot of what several snapshots of different entities hold."""
    return Snapshot(
        Changes(
            tuple(creation for each in snapshots for creation in each.changes.creations),
            tuple(modification for each in snapshots for modification in each.changes.modifications),
            tuple(deletion for each in snapshots for deletion in each.changes.deletions),
        ),
        tuple(entity for each in snapshots for entity in each.created),
        tuple(entity for each in snapshots for entity in each.deleted),
        {entity: values for each in snapshots for entity, values in each.sent.items()},
        {identity: values for each in snapshots for identity, values in each.replaced.items()},
    )


def _own_data(entity: Entity) -> dict[str, Any]:
    """Return the changed attributes that an operation on the entity itself carries."""
    schema, state = entity.__schema__, entity._ftrack_state
    data: dict[str, Any] = {}
    for name, original in (state.originals or {}).items():
        kind = schema.attributes[name].kind
        value = plain(entity.__dict__.get(name))
        if kind is Kind.COLLECTION:
            # Edits go as the whole list (PROTOCOL 2.3). A new entity's collections that nobody filled are not news.
            if value or original is not NOT_LOADED or state.lifecycle is not Lifecycle.PENDING:
                data[name] = [item.__reference__() for item in value]
        elif kind is Kind.SCALAR:
            data[name] = value
        elif kind is Kind.REFERENCE and name not in schema.reference_keys:  # else its key, a scalar, is sent
            data[name] = None if value is None else value.__reference__()
    return data


def _replaced_by(entity: Entity, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the session takes the server to have of the attributes in *data*, as it would be sent."""
    originals = entity._ftrack_state.originals or {}
    replaced: dict[str, Any] = {}
    for name in data:
        original = originals.get(name, NOT_LOADED)
        if original is NOT_LOADED:
            # Where the key was not loaded, the reference it belongs to may have been.
            for reference in entity.__schema__.keyed_references.get(name, ()):
                if isinstance(related := originals.get(reference), Entity):
                    original = related._ftrack_state.key[0]
        elif isinstance(original, Entity):
            original = original.__reference__()
        elif entity.__schema__.attributes[name].kind is Kind.COLLECTION:
            original = [item.__reference__() for item in original]
        replaced[name] = original
    return replaced


@attrs.frozen
class _Rows:
    """Changes of the rows behind an entity's mappings, and what they replace."""

    changes: Changes
    replaced: Mapping[tuple[str, tuple[str, ...]], Mapping[str, Any]]


def _row_changes(entity: Entity) -> _Rows:
    """Return the changes that make the rows behind the entity's mappings hold what the mappings hold."""
    creations: list[Creation] = []
    modifications: list[Modification] = []
    deletions: list[Deletion] = []
    replaced: dict[tuple[str, tuple[str, ...]], Mapping[str, Any]] = {}
    for name, original in (entity._ftrack_state.originals or {}).items():
        mapping = entity.__dict__.get(name)
        if not isinstance(mapping, MappedCollection):
            continue
        before: Mapping[str, Entry] = {} if original is NOT_LOADED else original
        now = mapping._plain()
        value_name = str(entity.__schema__.attributes[name].value_name)
        for key, entry in now.items():
            earlier = before.get(key)
            if entry == earlier:
                continue
            # Taken out and put in again, the row is still there.
            holder = entry.holder or (earlier.holder if earlier is not None else None)
            if holder is None:
                created, data = holder_of_new_entry(mapping, key)
                creations.append(Creation(created, {**data, value_name: entry.value}))
            else:
                modifications.append(Modification(holder, {value_name: entry.value}))
                if earlier is not None:
                    identity = holder.entity_type, tuple(value for _, value in holder.key)
                    replaced[identity] = {value_name: earlier.value}
        deletions.extend(Deletion(entry.holder) for key, entry in before.items() if key not in now and entry.holder)
    return _Rows(Changes(tuple(creations), tuple(modifications), tuple(deletions)), replaced)


def _references_of(entity: Entity) -> frozenset[str]:
    """Return the ids an entity is known to refer to, which decide what is deleted first."""
    values = entity.__dict__
    return frozenset(value for name in entity.__schema__.keyed_references if isinstance(value := values.get(name), str))
