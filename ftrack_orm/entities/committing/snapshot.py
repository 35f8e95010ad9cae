"""State: freezing the journal into data that later edits do not change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.editing.mappings import Entry, MappedCollection, holder_of_new_entry
from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.tracked import content_of
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.values import NOT_LOADED, Reference
from ftrack_orm.wire.operations import UpdateOperation

from .planning import Changes, Creation, Deletion, Target, ValuesByTarget

if TYPE_CHECKING:
    from ftrack_orm.entities.journal import Journal

# Bound once: looking a member up on its enumeration costs more than the comparison.
_SCALAR, _REFERENCE = Kind.SCALAR, Kind.REFERENCE

#: Types of values that are sent as they are stored; nearly all values of a large commit are of these.
_PLAIN = frozenset({str, int, float, bool, type(None)})


@attrs.frozen
class Snapshot:
    """The changes that one commit sends.

    *changes* is the input of the planner. *sent* holds the changed attributes of each entity that is created or
    updated, with their values: an attribute that has another value when the reply arrives was edited in the meantime.
    *replaced* holds the values that the session believes the server has of every attribute that an update sets, in the
    form in which they are sent, `NOT_LOADED` where the value is unknown.
    """

    changes: Changes
    created: tuple[Entity, ...]
    deleted: tuple[Entity, ...]
    sent: Mapping[Entity, Mapping[str, Any]]
    replaced: ValuesByTarget


#: The new and modified entities that a commit is restricted to, each with its attributes, None for all of them.
Only = Mapping[Entity, "Collection[str] | None"]


def take_snapshot(journal: Journal, only: Only | None = None) -> Snapshot:
    """Return the changes in *journal* as they are now, or those that *only* names, without deletions.

    The caller holds the lock of the workspace.
    """
    deleted = journal.deleted if only is None else {}
    draft = _Draft(deleted)
    for entity in (*journal.created, *journal.modified):
        if entity not in journal.deleted and (only is None or entity in only):
            draft.add(entity, _originals(entity, only), is_new=entity in journal.created)
    changes = Changes(tuple(draft.creations), tuple(draft.modifications), tuple(draft.deletions))
    created = tuple(entity for entity in journal.created if entity in draft.sent)
    return Snapshot(changes, created, tuple(deleted), draft.sent, draft.replaced)


def join_snapshots(snapshots: Sequence[Snapshot]) -> Snapshot:
    """Return one snapshot with the contents of *snapshots*, which are of different entities."""
    return Snapshot(
        Changes(
            tuple(creation for each in snapshots for creation in each.changes.creations),
            tuple(modification for each in snapshots for modification in each.changes.modifications),
            tuple(deletion for each in snapshots for deletion in each.changes.deletions),
        ),
        tuple(entity for each in snapshots for entity in each.created),
        tuple(entity for each in snapshots for entity in each.deleted),
        {entity: values for each in snapshots for entity, values in each.sent.items()},
        {target: values for each in snapshots for target, values in each.replaced.items()},
    )


def _originals(entity: Entity, only: Only | None) -> Mapping[str, Any]:
    """Return the originals of the changed attributes of *entity*, or of those that *only* names."""
    originals = entity._ftrack_state.originals or {}
    names = None if only is None else only[entity]
    return originals if names is None else {name: originals[name] for name in originals if name in names}


class _Draft:
    """A snapshot that is being taken; *deleted* are the entities that the same commit deletes."""

    def __init__(self, deleted: Collection[Entity]) -> None:
        self._deleted = deleted
        self.creations: list[Creation] = []
        self.modifications: list[UpdateOperation] = []
        self.deletions = [Deletion(entity.__reference__(), _referenced_ids(entity)) for entity in deleted]
        self.sent: dict[Entity, Mapping[str, Any]] = {}
        self.replaced: dict[Target, Mapping[str, Any]] = {}

    def add(self, entity: Entity, originals: Mapping[str, Any], *, is_new: bool) -> None:
        """Add the changes of *entity*, given the original values of its changed attributes."""
        schema, values = entity.__schema__, entity.__dict__
        data: dict[str, Any] = {}
        # As long as only scalars were changed, the values set are the values sent, and one dictionary serves as both.
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
                if name not in schema.reference_keys:  # otherwise its key, a scalar, is sent
                    data[name] = value.__reference__() if isinstance(value, Entity) else None
            elif isinstance(value, MappedCollection):
                # Its rows are entities of their own and are sent as such.
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
            target = entity.__entity_type__, entity._ftrack_state.key
            self.modifications.append(UpdateOperation(*target, data))
            self.replaced[target] = {
                name: before if type(before := originals[name]) in _PLAIN else _replaced_value(entity, name, originals)
                for name in data
            }
        for name in mappings:
            self._add_rows(values[name], originals[name], sent[name])

    def _members(
        self, owner: Entity, name: str, original: Any, items: Sequence[Entity], *, is_new: bool
    ) -> list[Reference] | None:
        """Return the references to send for an edited collection, or None if the collection need not be sent.

        A collection is sent as a whole list (PROTOCOL 2.3). Entities that the same commit deletes are left out, so that
        the list is the one that the server will have.
        """
        kept = [item for item in items if item not in self._deleted]
        if is_new:
            kept = [item for item in kept if not _refers_back(item, owner, name)]
        # The empty collection of a new entity is no change.
        is_sent = bool(kept) if is_new else not _is_set_by_items(owner, name, original, items)
        return [item.__reference__() for item in kept] if is_sent else None

    def _add_rows(self, mapping: MappedCollection, original: Any, current: Mapping[str, Entry]) -> None:
        """Add the changes of the rows behind a mapping that turn the entries *original* into *current*."""
        before: Mapping[str, Entry] = {} if original is NOT_LOADED else original
        value_name = str(mapping._attribute.value_name)
        for key, entry in current.items():
            earlier = before.get(key)
            if entry == earlier:
                continue
            # The server still has the row of a key that was removed and set again.
            holder = entry.holder or (earlier.holder if earlier is not None else None)
            if holder is None:
                created, data = holder_of_new_entry(mapping, key)
                self.creations.append(Creation(created, {**data, value_name: entry.value}))
            else:
                target = holder.entity_type, tuple(value for _, value in holder.key)
                self.modifications.append(UpdateOperation(*target, {value_name: entry.value}))
                if earlier is not None:
                    self.replaced[target] = {value_name: earlier.value}
        removed = [entry for key, entry in before.items() if key not in current]
        self.deletions.extend(Deletion(entry.holder) for entry in removed if entry.holder)


def _refers_back(item: Entity, owner: Entity, collection: str) -> bool:
    """Whether a new *item* of a collection has the key of the *owner*; it cannot be created before the owner then."""
    if item._ftrack_state.lifecycle is not Lifecycle.PENDING:
        return False
    schema = owner._ftrack_state.workspace.schema
    key_name = schema.inverse_key(owner.__entity_type__, collection, item.__entity_type__)
    return key_name is not None and item.__dict__.get(key_name) == owner._ftrack_state.key[0]


def _is_set_by_items(owner: Entity, collection: str, original: Any, items: Collection[Entity]) -> bool:
    """Whether a collection was changed only by adding new entities that have the key of the *owner*.

    The list is not sent then, since it would remove the items that other users have added in the meantime.
    """
    if original is NOT_LOADED or len(items) <= len(original):
        return False
    present, before = set(items), set(original)
    return before <= present and all(_refers_back(item, owner, collection) for item in present - before)


def _replaced_value(entity: Entity, name: str, originals: Mapping[str, Any]) -> Any:
    """Return the value that the session believes the server has of a changed attribute, as it would be sent."""
    original = originals[name]
    if original is NOT_LOADED:
        # A key that was not loaded follows from its reference if that was loaded.
        for reference in entity.__schema__.keyed_references.get(name, ()):
            if isinstance(related := originals.get(reference), Entity):
                return related._ftrack_state.key[0]
    elif isinstance(original, Entity):
        return original.__reference__()
    elif isinstance(original, tuple) and entity.__schema__.attributes[name].kind is Kind.COLLECTION:
        return [item.__reference__() for item in original]
    return original


def _referenced_ids(entity: Entity) -> frozenset[str]:
    """Return the ids in the loaded foreign keys of *entity*; they decide the order of deletions."""
    values = entity.__dict__
    return frozenset(value for name in entity.__schema__.keyed_references if isinstance(value := values.get(name), str))
