"""State: cutting the journal into batches, each of which the server can carry out after the ones before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.entities.journal import Journal
from ftrack_orm.errors import InvalidValue
from ftrack_orm.wire.operations import Operation

from . import planning
from .snapshot import Only, Snapshot, join_snapshots, take_snapshot

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity


@attrs.frozen
class Batch:
    """The part of a commit that one request carries: a snapshot of changes and the operations that send it."""

    snapshot: Snapshot
    operations: Sequence[Operation]


def make_batches(journal: Journal, size: int | None, only: Only | None) -> list[Batch]:
    """Return the changes in *journal*, or those that *only* names, as batches to be sent one after the other.

    Without *size*, and with *only*, there is one batch at most. Otherwise a batch has at most *size* operations, unless
    its changes cannot be separated: those of one entity (of itself and of the rows of its mappings), and new entities
    that refer to each other in a cycle. The entities that a new entity refers to are in the same batch or in an earlier
    one. The caller holds the lock of the workspace. Raises `InvalidValue` unless *size* is a positive integer.
    """
    if only is not None or size is None:
        snapshots = [take_snapshot(journal, only)]
    elif not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise InvalidValue(f"batch_size must be a whole number of operations from 1 up, not {size!r}.")
    else:
        snapshots = _cut(journal, size)
    batches = [Batch(snapshot, planning.plan(snapshot.changes)) for snapshot in snapshots]
    return [batch for batch in batches if batch.operations]


def _cut(journal: Journal, size: int) -> list[Snapshot]:
    """Return the changes in *journal* as snapshots of about *size* operations."""
    snapshots: list[Snapshot] = []
    current: list[Snapshot] = []
    current_size = 0
    for snapshot in _indivisible_snapshots(journal):
        operations = _count_operations(snapshot.changes)
        if current and current_size + operations > size:
            snapshots.append(join_snapshots(current))
            current, current_size = [], 0
        current.append(snapshot)
        current_size += operations
    return [*snapshots, join_snapshots(current)] if current else snapshots


def _indivisible_snapshots(journal: Journal) -> list[Snapshot]:
    """Return the smallest snapshots that can be sent separately, in an order in which they can be sent."""
    created = [entity for entity in journal.created if entity not in journal.deleted]
    others = {**journal.deleted, **journal.created}
    modified = [entity for entity in journal.modified if entity not in others]
    # The order of creations and deletions depends on the references between them.
    ordered = take_snapshot(_part_of(journal, [*created, *journal.deleted]))
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
    return [take_snapshot(_part_of(journal, group)) for group in groups]


def _count_operations(changes: planning.Changes) -> int:
    """Return the number of operations for the changes of an indivisible snapshot."""
    if len(changes.creations) > 1:
        # A cycle takes more than one operation for each entity.
        return len(planning.plan(changes))
    return len(changes.creations) + len(changes.modifications) + len(changes.deletions)


def _part_of(journal: Journal, entities: Sequence[Entity]) -> Journal:
    """Return a journal with those changes of *journal* that belong to *entities*."""
    part = Journal()
    part.created = {entity: None for entity in entities if entity in journal.created}
    part.modified = {entity: None for entity in entities if entity in journal.modified}
    part.deleted = {entity: None for entity in entities if entity in journal.deleted}
    return part
