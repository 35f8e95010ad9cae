"""State: cutting the journal into batches, each of which the server can carry out after the ones before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import InvalidValue
from ftrack_orm.schema.relations import Through
from ftrack_orm.values import native_integer
from ftrack_orm.wire.operations import Operation, ServerCall

from . import memberships, planning
from .planning import Target, ValuesByTarget
from .snapshot import CommitSnapshot, join_snapshots, take_snapshot

if TYPE_CHECKING:
    from ftrack_orm.entities.journal import Journal
    from ftrack_orm.schema.model import Schema


@attrs.frozen
class Batch:
    """The part of a commit that one request carries: a snapshot of changes and the operations that send it.

    *replaced* are the values that the operations replace, as far as they are known, and *links* the ids that created
    link rows link. *saved* are the entities whose edits are marked as saved already: marking them is the one step of
    accepting the reply that must not be made twice.
    """

    snapshot: CommitSnapshot
    operations: Sequence[Operation]
    replaced: ValuesByTarget = attrs.field(factory=dict)
    links: Mapping[Target, tuple[Through, str, str]] = attrs.field(factory=dict)
    saved: dict[Entity, None] = attrs.field(factory=dict)


def make_batch(schema: Schema, call: ServerCall, snapshot: CommitSnapshot) -> Batch:
    """Return the batch that sends *snapshot*. Makes a request if collections were changed that depend on its reply."""
    if not snapshot.memberships:
        return Batch(snapshot, planning.plan(snapshot.changes), snapshot.replaced)
    resolved = memberships.resolve(schema, call, snapshot.memberships)
    operations = planning.plan(planning.join(snapshot.changes, resolved.changes))
    replaced = {
        target: {**snapshot.replaced.get(target, {}), **resolved.replaced.get(target, {})}
        for target in (*snapshot.replaced, *resolved.replaced)
    }
    return Batch(snapshot, operations, replaced, resolved.links)


def split_journal(journal: Journal, size: int | None) -> list[CommitSnapshot]:
    """Return the edits in *journal* as snapshots that can be sent one after the other.

    Without *size* there is one. Otherwise a snapshot takes at most *size* operations, unless its changes cannot be
    separated: those of one entity (of itself and of the rows of its mappings), and new entities that refer to each
    other in a cycle. The entities that a new entity refers to are in the same snapshot or in an earlier one. The caller
    holds the lock of the workspace. Raises `InvalidValue` unless *size* is a positive integer.
    """
    if size is None:
        return [take_snapshot(journal)]
    count = native_integer(size)
    if count is None or count < 1:
        raise InvalidValue(f"batch_size must be a whole number of operations from 1 up, not {size!r}.")
    return _split(journal, count)


def _split(journal: Journal, size: int) -> list[CommitSnapshot]:
    """Return the changes in *journal* as snapshots of about *size* operations."""
    snapshots: list[CommitSnapshot] = []
    current: list[CommitSnapshot] = []
    current_size = 0
    for snapshot in _indivisible_snapshots(journal):
        operations = _count_operations(snapshot)
        if current and current_size + operations > size:
            snapshots.append(join_snapshots(current))
            current, current_size = [], 0
        current.append(snapshot)
        current_size += operations
    return [*snapshots, join_snapshots(current)] if current else snapshots


def _indivisible_snapshots(journal: Journal) -> list[CommitSnapshot]:
    """Return the smallest snapshots that can be sent separately, in an order in which they can be sent."""
    created = [entity for entity in journal.created if entity not in journal.deleted]
    others = {**journal.deleted, **journal.created}
    modified = [entity for entity in journal.edits if entity not in others]
    # The order of creations and deletions depends on the references between them.
    ordered = take_snapshot(journal.part([*created, *journal.deleted]))
    created_by_reference = {entity.__reference__(): entity for entity in created}
    creation_groups = [
        [created_by_reference[each.reference] for each in group if each.reference in created_by_reference]
        for group in planning.group_creations(ordered.changes.creations)
    ]
    deleted_by_reference = {entity.__reference__(): entity for entity in journal.deleted}
    deletion_groups = [
        [deleted_by_reference[deletion.reference]]
        for deletion in planning.order_deletions(ordered.changes.deletions)
        if deletion.reference in deleted_by_reference
    ]
    groups: Sequence[list[Entity]] = [
        *(group for group in creation_groups if group),
        *([entity] for entity in modified),
        *deletion_groups,
    ]
    return [take_snapshot(journal.part(group), whole=journal) for group in groups]


def _count_operations(snapshot: CommitSnapshot) -> int:
    """Return the number of operations for the changes of an indivisible snapshot."""
    changes = snapshot.changes
    members = sum(len(each.added) + len(each.removed) for each in snapshot.memberships)
    if len(changes.creations) > 1:
        # A cycle takes more than one operation for each entity.
        return len(planning.plan(changes)) + members
    return len(changes.creations) + len(changes.modifications) + len(changes.deletions) + members
