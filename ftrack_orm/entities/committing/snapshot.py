"""State: freezing the edits of a unit of work into data that later edits do not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.editing.collections import MembershipEdit
from ftrack_orm.entities.editing.mappings import EntryEdits, MappedCollection, holder_of_new_entry
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.errors import UsageError
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.relations import Derived, Inverse
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.operations import UpdateOperation

from .memberships import MembershipChange
from .planning import Changes, Creation, Deletion, Target, ValuesByTarget, join

if TYPE_CHECKING:
    from ftrack_orm.entities.journal import Journal
    from ftrack_orm.entities.tracked import PendingEdit
    from ftrack_orm.values import Reference

# Bound once: looking a member up on its enumeration costs more than the comparison.
_SCALAR, _REFERENCE = Kind.SCALAR, Kind.REFERENCE

#: Types of values that are sent as they are stored; nearly all values of a large commit are of these.
_PLAIN = frozenset({str, int, float, bool, type(None)})


@attrs.frozen
class EntryRow:
    """The row on the server that holds one entry of a mapping: the entity, the attribute and the key in the mapping.

    *creation* is the data, without the value, to create the row again; None where a row needs no creating.
    """

    entity: Entity
    attribute: str
    item: str
    value_name: str
    creation: Mapping[str, Any] | None = None


@attrs.frozen
class CommitSnapshot:
    """The changes that one commit sends.

    *changes* is the input of the planner. *memberships* are changes of collections whose operations depend on the
    present members on the server. *sent* holds the edits of each entity that is created or updated: an attribute that
    has another edit when the reply arrives was edited in the meantime. *replaced* holds the values that the session
    believes the server has of every attribute that an update sets, in the form in which they are sent, `NOT_LOADED`
    where the value is unknown; *unknown* has the names of these. *entry_rows* are the rows behind edited mappings.
    """

    changes: Changes
    memberships: tuple[MembershipChange, ...]
    created: tuple[Entity, ...]
    deleted: tuple[Entity, ...]
    sent: Mapping[Entity, Mapping[str, Any]]
    replaced: ValuesByTarget
    entry_rows: Mapping[Target, EntryRow]
    unknown: Mapping[Target, Sequence[str]] = attrs.field(factory=dict)


def take_snapshot(journal: Journal, whole: Journal | None = None) -> CommitSnapshot:
    """Return the edits in *journal* as they are now; *whole* is the journal that it is a part of.

    The caller holds the lock of the workspace. Raises `UsageError` if an edit refers to a new entity of another unit
    of work, which the server does not have yet.
    """
    draft = _Draft(journal, whole or journal)
    for entity in dict.fromkeys((*journal.created, *journal.edits)):
        if entity not in journal.deleted:
            draft.add(entity, journal.edits.get(entity, {}), is_new=entity in journal.created)
    return CommitSnapshot(
        Changes(tuple(draft.creations), tuple(draft.modifications), tuple(draft.deletions)),
        tuple(draft.memberships),
        tuple(entity for entity in journal.created if entity in draft.sent),
        tuple(journal.deleted),
        draft.sent,
        draft.replaced,
        draft.entry_rows,
        draft.unknown,
    )


def join_snapshots(snapshots: Sequence[CommitSnapshot]) -> CommitSnapshot:
    """Return one snapshot with the contents of *snapshots*, which are of different entities."""
    return CommitSnapshot(
        join(*(each.changes for each in snapshots)),
        tuple(change for each in snapshots for change in each.memberships),
        tuple(entity for each in snapshots for entity in each.created),
        tuple(entity for each in snapshots for entity in each.deleted),
        {entity: values for each in snapshots for entity, values in each.sent.items()},
        {target: values for each in snapshots for target, values in each.replaced.items()},
        {target: row for each in snapshots for target, row in each.entry_rows.items()},
        {target: names for each in snapshots for target, names in each.unknown.items()},
    )


class _Draft:
    """A snapshot that is being taken."""

    def __init__(self, journal: Journal, whole: Journal) -> None:
        self._journal = whole
        self.creations: list[Creation] = []
        self.modifications: list[UpdateOperation] = []
        self.deletions = [Deletion(entity.__reference__(), _referenced_ids(entity)) for entity in journal.deleted]
        self.memberships: list[MembershipChange] = []
        self.sent: dict[Entity, Mapping[str, Any]] = {}
        self.replaced: dict[Target, Mapping[str, Any]] = {}
        self.entry_rows: dict[Target, EntryRow] = {}
        self.unknown: dict[Target, list[str]] = {}

    def add(self, entity: Entity, edits: Mapping[str, Any], *, is_new: bool) -> None:
        """Add the edits of *entity*."""
        schema = entity.__schema__
        data: dict[str, Any] = {}
        # As long as only scalars were changed, the values set are the values sent, and one dictionary serves as both.
        sent = data
        differences: list[tuple[str, PendingEdit]] = []
        for name, edit in edits.items():
            kind = schema.attributes[name].kind
            if kind is not _SCALAR and sent is data:
                sent = dict(data)
            if kind is _SCALAR:
                sent[name] = data[name] = edit
            elif kind is _REFERENCE:
                sent[name] = edit
                if isinstance(edit, Entity):
                    self._check_sendable(entity, name, edit)
                if name not in schema.reference_keys:  # otherwise its key, a scalar, is sent
                    data[name] = edit.__reference__() if isinstance(edit, Entity) else None
            else:
                sent[name] = edit.copy()
                differences.append((name, sent[name]))
        self.sent[entity] = sent
        for name, difference in differences:
            if isinstance(difference, MembershipEdit):
                self._add_members(entity, name, difference, data, is_new=is_new)
        if is_new:
            self.creations.append(Creation(entity.__reference__(), data))
        elif data:
            target = entity.__entity_type__, entity._ftrack_state.key
            self.modifications.append(UpdateOperation(*target, data))
            originals = entity._ftrack_state.originals or {}
            self.replaced[target] = {
                name: before
                if type(before := originals.get(name, NOT_LOADED)) in _PLAIN
                else self._replaced_value(entity, name, originals)
                for name in data
            }
        for name, difference in differences:
            if isinstance(difference, EntryEdits):
                self._add_rows(entity.__dict__[name], difference)

    def _add_members(
        self, owner: Entity, name: str, edit: MembershipEdit, data: dict[str, Any], *, is_new: bool
    ) -> None:
        """Add the difference of a collection: to the creation of a new owner, or to be resolved before it is sent."""
        stored = owner._ftrack_state.workspace.schema.membership(owner.__entity_type__, name)
        if isinstance(stored, (Inverse, Derived)):
            return  # The members carry the change, or their deletion is recorded.
        for item in edit.added:
            self._check_sendable(owner, name, item)
        added = [item.__reference__() for item in edit.added if self._can_be_member(item)]
        removed = [item.__reference__() for item in edit.removed if self._can_be_member(item)]
        if is_new and stored is None:
            if added:
                data[name] = added
        elif added or removed or edit.replaces:
            self.memberships.append(
                MembershipChange(
                    owner.__reference__(),
                    name,
                    stored,
                    tuple(added),
                    tuple(removed),
                    replaces=edit.replaces,
                    is_new=is_new,
                    shown=self._shown_members(owner, name),
                )
            )

    def _can_be_member(self, item: Entity) -> bool:
        """Whether an entity exists after this commit: those that it deletes leave their collections with that."""
        return item not in self._journal.deleted and item._ftrack_state.lifecycle is not Lifecycle.TRANSIENT

    def _shown_members(self, owner: Entity, name: str) -> tuple[Reference, ...] | None:
        collection = owner.__dict__.get(name)
        if not isinstance(collection, Tracked) or collection._is_stale:
            return None
        return tuple(item.__reference__() for item in collection._content() if self._can_be_member(item))

    def _add_rows(self, mapping: MappedCollection, edit: EntryEdits) -> None:
        """Add the changes of the rows behind a mapping."""
        value_name = str(mapping._attribute.value_name)
        for key, entry in edit.entries.items():
            base = mapping._base.get(key)
            holder = (base.holder if base is not None else None) or (entry.holder if entry is not None else None)
            creation: dict[str, Any] | None = None
            is_new_row = holder is None
            if not mapping._has_fixed_keys:
                # Also of an existing row: another user may delete it before the commit.
                new_holder, creation = holder_of_new_entry(mapping, key)
                holder = holder or new_holder
            if holder is None or (is_new_row and entry is None):
                continue
            target = holder.entity_type, tuple(value for _, value in holder.key)
            self.entry_rows[target] = EntryRow(mapping._owner, mapping._attribute.name, key, value_name, creation)
            if entry is None:
                self.deletions.append(Deletion(holder))
                if base is not None and creation is not None:
                    self.replaced[target] = {**creation, value_name: base.value}
            elif is_new_row:
                self.creations.append(Creation(holder, {**(creation or {}), value_name: entry.value}))
            else:
                self.modifications.append(UpdateOperation(*target, {value_name: entry.value}))
                if base is not None:
                    self.replaced[target] = {value_name: base.value}
                else:
                    self.unknown[target] = [value_name]

    def _replaced_value(self, entity: Entity, name: str, originals: Mapping[str, Any]) -> Any:
        """Return the value that the session believes the server has of a changed attribute, as it would be sent."""
        original = originals.get(name, NOT_LOADED)
        if original is NOT_LOADED:
            # A key that was not loaded follows from its reference if that was loaded.
            for reference in entity.__schema__.keyed_references.get(name, ()):
                if isinstance(related := originals.get(reference), Entity):
                    return related._ftrack_state.key[0]
            self.unknown.setdefault((entity.__entity_type__, entity._ftrack_state.key), []).append(name)
        elif isinstance(original, Entity):
            return original.__reference__()
        return original

    def _check_sendable(self, owner: Entity, name: str, related: Entity) -> None:
        """Raise `UsageError` if *related* is new and this commit does not create it."""
        state = related._ftrack_state
        if state.lifecycle is Lifecycle.PENDING and related not in self._journal.created:
            if state.journal is not None and related in state.journal.in_flight:
                return
            raise UsageError(
                f"{owner.__entity_type__}.{name} of {owner!r} refers to {related!r}, which is new in another unit of "
                "work and not committed. Commit that one first.",
                entity_type=owner.__entity_type__,
                attribute=name,
            )


def _referenced_ids(entity: Entity) -> frozenset[str]:
    """Return the ids in the loaded foreign keys of *entity*; they decide the order of deletions."""
    values = entity.__dict__
    return frozenset(value for name in entity.__schema__.keyed_references if isinstance(value := values.get(name), str))
