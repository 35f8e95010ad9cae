"""Pure: checks that what is committed apart does not refer to entities that stay uncommitted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.tracked import PendingEdit
from ftrack_orm.errors import UsageError

if TYPE_CHECKING:
    from ftrack_orm.entities.journal import Journal


def check_references(journal: Journal) -> None:
    """Raise `UsageError` if an edit of the unit *journal* refers to a new entity of another unit of work."""
    for entity, edits in journal.edits.items():
        for name, value in edits.items():
            target = next((each for each in _targets(entity, name, value) if not _travels_with(each, journal)), None)
            if target is not None:
                raise UsageError(
                    f"{entity.__entity_type__}.{name} is {target!r}, which is not committed, and files are committed "
                    "apart from other changes. Commit it first, or create it inside `with session.transfer()` with its "
                    "files.",
                    entity_type=entity.__entity_type__,
                    attribute=name,
                )


def check_committed(entity: Entity, journal: Journal, purpose: str) -> None:
    """Raise `UsageError` if *entity* is new and belongs to another unit of work than *journal*."""
    if not _travels_with(entity, journal):
        raise UsageError(
            f"{entity!r} is not committed, and {purpose} is committed apart from other changes. Commit it first, or "
            "create it inside `with session.transfer()`.",
            entity_type=entity.__entity_type__,
        )


def _travels_with(entity: Entity, journal: Journal) -> bool:
    state = entity._ftrack_state
    return state.lifecycle is not Lifecycle.PENDING or state.journal is journal


def _targets(entity: Entity, name: str, value: Any) -> Iterable[Entity]:
    """Return the entities that the edit *value* of an attribute refers to, as far as the session has them."""
    if isinstance(value, Entity):
        return (value,)
    if isinstance(value, PendingEdit):
        return tuple(getattr(value, "added", ()))
    target = _by_key(entity, name, value)
    return () if target is None else (target,)


def _by_key(entity: Entity, name: str, value: Any) -> Entity | None:
    """Return the entity in the session that the foreign key *name* leads to, or None."""
    attribute = entity.__schema__.attributes.get(name)
    target = attribute.foreign_key if attribute is not None else None
    if target is None or not isinstance(value, str):
        return None
    entity_type = target.partition(".")[0]
    workspace = entity._ftrack_state.workspace
    return workspace.lookup(entity_type, (value,)) if entity_type in workspace.schema.types else None
