"""State: cutting the journal into batches that the server can carry out one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.journal import Journal
from ftrack_orm.errors import InvalidValue

from . import planning
from .snapshot import Snapshot, joined, take_snapshot


def batches(journal: Journal, size: int | None) -> list[Snapshot]:
    """Return what is recorded in *journal* as snapshots to be sent one after the other.

    Without a *size* it is one. Otherwise each has at most *size* operations, or as many as cannot be parted: what makes
    up one entity (itself and the rows of its mappings), and new entities that refer to each other in a circle. What a
    new entity needs comes with it or before it. The caller holds the lock of the workspace. Raises `InvalidValue` for
    a size that is no whole number from 1 up.
    """
    if size is None:
        return [take_snapshot(journal)]
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise InvalidValue(f"batch_size must be a whole number of operations from 1 up, not {size!r}.")
    found: list[Snapshot] = []
    gathered: list[Snapshot] = []
    count = 0
    for snapshot in _inseparable(journal):
        length = _length(snapshot.changes)
        if gathered and count + length > size:
            found.append(joined(gathered))
            gathered, count = [], 0
        gathered.append(snapshot)
        count += length
    return [*found, joined(gathered)] if gathered else found


def _inseparable(journal: Journal) -> list[Snapshot]:
    """Return the smallest snapshots that can be sent on their own, in an order in which they can."""
    created = [entity for entity in journal.created if entity not in journal.deleted]
    others = {**journal.deleted, **journal.created}
    modified = [entity for entity in journal.modified if entity not in others]
    # The order of these two depends on what they refer to.
    whole = take_snapshot(_part(journal, [*created, *journal.deleted]))
    own = {entity.__reference__(): entity for entity in created}
    groups = [
        [own[creation.reference] for creation in group if creation.reference in own]
        for group in planning.creations_in_groups(whole.changes.creations)
    ]
    leaving = {entity.__reference__(): entity for entity in journal.deleted}
    last = [
        [leaving[deletion.reference]]
        for deletion in planning.ordered_deletions(whole.changes.deletions)
        if deletion.reference in leaving
    ]
    every: Sequence[list[Entity]] = [*(group for group in groups if group), *([entity] for entity in modified), *last]
    return [take_snapshot(_part(journal, entities)) for entities in every]


def _length(changes: planning.Changes) -> int:
    """Return the number of operations that carry out the changes of one of the smallest snapshots."""
    if len(changes.creations) > 1:
        # A circle that has to be cut takes more than one for each.
        return len(planning.plan(changes))
    return len(changes.creations) + len(changes.modifications) + len(changes.deletions)


def _part(journal: Journal, entities: Sequence[Entity]) -> Journal:
    """Return a journal of some of the entities of *journal*."""
    part = Journal()
    part.created = {entity: None for entity in entities if entity in journal.created}
    part.modified = {entity: None for entity in entities if entity in journal.modified}
    part.deleted = {entity: None for entity in entities if entity in journal.deleted}
    return part
