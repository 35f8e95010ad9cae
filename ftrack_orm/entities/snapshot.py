"""State: freezing the journal: what the next commit sends of every entity, as data that later edits cannot change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..schema.attribute import Kind
from ..values import NOT_LOADED
from .changes import Journal
from .entity import Entity
from .mappings import MappedCollection, holder_of_new_entry
from .planning import Changes, Creation, Deletion, Modification
from .recorded import plain
from .state import Lifecycle


@attrs.frozen
class Snapshot:
    """What one commit sends.

    *changes* is the planner's input. *sent* holds, for each entity created or modified, its changed attributes with the
    values they had; whatever differs from that when the server has answered was edited meanwhile.
    """

    changes: Changes
    created: tuple[Entity, ...]
    deleted: tuple[Entity, ...]
    sent: Mapping[Entity, Mapping[str, Any]]


def take_snapshot(journal: Journal) -> Snapshot:
    """Return what is recorded in *journal* as it is now; the caller holds the lock of its workspace."""
    creations: list[Creation] = []
    modifications: list[Modification] = []
    deletions = [Deletion(entity.__reference__(), _references_of(entity)) for entity in journal.deleted]
    sent: dict[Entity, dict[str, Any]] = {}
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
        rows = _row_changes(entity)
        creations.extend(rows.creations)
        modifications.extend(rows.modifications)
        deletions.extend(rows.deletions)
    return Snapshot(
        Changes(tuple(creations), tuple(modifications), tuple(deletions)),
        tuple(entity for entity in journal.created if entity not in journal.deleted),
        tuple(journal.deleted),
        sent,
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


def _row_changes(entity: Entity) -> Changes:
    """Return the changes that make the rows behind the entity's mappings hold what the mappings hold."""
    creations: list[Creation] = []
    modifications: list[Modification] = []
    deletions: list[Deletion] = []
    for name, original in (entity._ftrack_state.originals or {}).items():
        mapping = entity.__dict__.get(name)
        if not isinstance(mapping, MappedCollection):
            continue
        before = {} if original is NOT_LOADED else original
        now = mapping._plain()
        value_name = str(entity.__schema__.attributes[name].value_name)
        for key, entry in now.items():
            if entry == before.get(key):
                continue
            if entry.holder is not None:
                modifications.append(Modification(entry.holder, {value_name: entry.value}))
            elif key in before:
                # Taken out and put in again: the row is still there.
                modifications.append(Modification(before[key].holder, {value_name: entry.value}))
            else:
                holder, data = holder_of_new_entry(mapping, key)
                creations.append(Creation(holder, {**data, value_name: entry.value}))
        deletions.extend(Deletion(entry.holder) for key, entry in before.items() if key not in now)
    return Changes(tuple(creations), tuple(modifications), tuple(deletions))


def _references_of(entity: Entity) -> frozenset[str]:
    """Return the ids an entity is known to refer to, which decide what is deleted first."""
    values = entity.__dict__
    return frozenset(value for name in entity.__schema__.keyed_references if isinstance(value := values.get(name), str))
