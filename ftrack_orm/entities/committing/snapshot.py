"""State: freezing the journal: what the next commit sends of every entity, as data that later edits cannot change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from ftrack_orm.entities.editing.mappings import Entry, MappedCollection, holder_of_new_entry
from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.journal import Journal
from ftrack_orm.entities.tracked import content_of
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.values import NOT_LOADED, Reference
from ftrack_orm.wire.operations import UpdateOperation

from .planning import Changes, Creation, Deletion

# Bound once: looking a member up on its enumeration costs more than the comparison.
_SCALAR, _REFERENCE = Kind.SCALAR, Kind.REFERENCE

#: Types of values that are sent as they are kept; nearly all values of a large commit are of these.
_PLAIN = frozenset({str, int, float, bool, type(None)})


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


#: Which new and modified entities a commit is restricted to, each with its attributes: None for all of them.
Only = Mapping[Entity, "Collection[str] | None"]


def take_snapshot(journal: Journal, only: Only | None = None) -> Snapshot:
    """Return what is recorded in *journal* as it is now, or what of it *only* names, deletions not being among it.

    The caller holds the lock of its workspace.
    """
    leaving = journal.deleted if only is None else {}
    draft = _Draft(leaving)
    for entity in (*journal.created, *journal.modified):
        if entity not in journal.deleted and (only is None or entity in only):
            draft.add(entity, _originals(entity, only), is_new=entity in journal.created)
    changes = Changes(tuple(draft.creations), tuple(draft.modifications), tuple(draft.deletions))
    created = tuple(entity for entity in journal.created if entity in draft.sent)
    return Snapshot(changes, created, tuple(leaving), draft.sent, draft.replaced)


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


def _originals(entity: Entity, only: Only | None) -> Mapping[str, Any]:
    """Return what the changed attributes of an entity replace, of those attributes that are to be sent."""
    originals = entity._ftrack_state.originals or {}
    names = None if only is None else only[entity]
    return originals if names is None else {name: originals[name] for name in originals if name in names}


class _Draft:
    """A snapshot while it is being taken."""

    def __init__(self, leaving: Collection[Entity]) -> None:
        self._leaving = leaving
        self.creations: list[Creation] = []
        self.modifications: list[UpdateOperation] = []
        self.deletions = [Deletion(entity.__reference__(), _references_of(entity)) for entity in leaving]
        self.sent: dict[Entity, Mapping[str, Any]] = {}
        self.replaced: dict[tuple[str, tuple[str, ...]], Mapping[str, Any]] = {}

    def add(self, entity: Entity, originals: Mapping[str, Any], *, is_new: bool) -> None:
        """Take what was changed of an entity: *originals* are the attributes with what they replace."""
        schema, values = entity.__schema__, entity.__dict__
        data: dict[str, Any] = {}
        # What is sent of an entity is mostly just what was set of it: then one dictionary is both.
        sent = data
        mappings: list[str] = []
        for name, original in originals.items():
            kind, value = schema.attributes[name].kind, values.get(name, NOT_LOADED)
            if kind is not _SCALAR and sent is data:
                sent = dict(data)
            if kind is _SCALAR:
                sent[name] = data[name] = value
            elif kind is _REFERENCE:
                sent[name] = value
                if name not in schema.reference_keys:  # else its key, a scalar, is sent
                    data[name] = value.__reference__() if isinstance(value, Entity) else None
            elif isinstance(value, MappedCollection):
                # Its rows are entities of their own.
                sent[name] = value._content()
                mappings.append(name)
            else:
                sent[name] = items = content_of(value)
                members = self._members(entity, name, original, items, is_new=is_new)
                if members is not None:
                    data[name] = members
        self.sent[entity] = sent
        if is_new:
            self.creations.append(Creation(entity.__reference__(), data))
        elif data:
            identity = entity.__entity_type__, entity._ftrack_state.key
            self.modifications.append(UpdateOperation(*identity, data))
            self.replaced[identity] = {
                name: before if type(before := originals[name]) in _PLAIN else _replaced_by(entity, name, originals)
                for name in data
            }
        for name in mappings:
            self._add_rows(values[name], originals[name], sent[name])

    def _members(
        self, owner: Entity, name: str, original: Any, items: Sequence[Entity], *, is_new: bool
    ) -> list[Reference] | None:
        """Return what is sent of an edited collection, which goes as a whole list (PROTOCOL 2.3); None for nothing.

        What is deleted along is left out, so that what is sent is what will be there.
        """
        kept = [item for item in items if item not in self._leaving]
        if is_new:
            kept = [item for item in kept if not _refers_back(item, owner, name)]
        # A new entity's collections that nobody filled are no news.
        is_news = bool(kept) if is_new else not _is_told_by_items(owner, name, original, items)
        return [item.__reference__() for item in kept] if is_news else None

    def _add_rows(self, mapping: MappedCollection, original: Any, now: Mapping[str, Entry]) -> None:
        """Take the changes that make the rows behind a mapping hold what it holds."""
        before: Mapping[str, Entry] = {} if original is NOT_LOADED else original
        value_name = str(mapping._attribute.value_name)
        for key, entry in now.items():
            earlier = before.get(key)
            if entry == earlier:
                continue
            # Taken out and put in again, the row is still there.
            holder = entry.holder or (earlier.holder if earlier is not None else None)
            if holder is None:
                created, data = holder_of_new_entry(mapping, key)
                self.creations.append(Creation(created, {**data, value_name: entry.value}))
            else:
                identity = holder.entity_type, tuple(value for _, value in holder.key)
                self.modifications.append(UpdateOperation(*identity, {value_name: entry.value}))
                if earlier is not None:
                    self.replaced[identity] = {value_name: earlier.value}
        self.deletions.extend(Deletion(each.holder) for key, each in before.items() if key not in now and each.holder)


def _refers_back(item: Entity, owner: Entity, collection: str) -> bool:
    """Whether a new entity tells itself in whose *collection* it is: then it cannot be created before its *owner*."""
    if item._ftrack_state.lifecycle is not Lifecycle.PENDING:
        return False
    schema = owner._ftrack_state.workspace.schema
    key_name = schema.inverse_key(owner.__entity_type__, collection, item.__entity_type__)
    return key_name is not None and item.__dict__.get(key_name) == owner._ftrack_state.key[0]


def _is_told_by_items(owner: Entity, collection: str, original: Any, items: Collection[Entity]) -> bool:
    """Whether all that was done to a collection is to put in new entities that tell so themselves.

    Then the list is not sent, which would take out what others have put in meanwhile.
    """
    if original is NOT_LOADED or len(items) <= len(original):
        return False
    present, before = set(items), set(original)
    return before <= present and all(_refers_back(item, owner, collection) for item in present - before)


def _replaced_by(entity: Entity, name: str, originals: Mapping[str, Any]) -> Any:
    """Return what the session takes the server to have of a changed attribute, as it would be sent."""
    original = originals[name]
    if original is NOT_LOADED:
        # Where the key was not loaded, the reference it belongs to may have been.
        for reference in entity.__schema__.keyed_references.get(name, ()):
            if isinstance(related := originals.get(reference), Entity):
                return related._ftrack_state.key[0]
    elif isinstance(original, Entity):
        return original.__reference__()
    elif isinstance(original, tuple) and entity.__schema__.attributes[name].kind is Kind.COLLECTION:
        return [item.__reference__() for item in original]
    return original


def _references_of(entity: Entity) -> frozenset[str]:
    """Return the ids an entity is known to refer to, which decide what is deleted first."""
    values = entity.__dict__
    return frozenset(value for name in entity.__schema__.keyed_references if isinstance(value := values.get(name), str))
