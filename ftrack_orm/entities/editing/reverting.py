"""State: taking changes back: restoring the originals of one entity, of some attributes or of all."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.errors import UsageError

from .back_population import current_reference, move_between_collections
from .changes import attributes_set_together
from .originals import clear_modified_if_unchanged, restore_value


def revert(entity: Entity, names: Collection[str]) -> None:
    """Take back the changes of *names* and of the attributes set together with them; without names, all changes.

    The attributes have their original values again, or are not loaded if these were never known. Without names, a
    recorded deletion is taken back too. Raises `UnknownAttribute`, and `UsageError` for the primary key of a new
    entity, which others may refer to already.
    """
    state, schema = entity._ftrack_state, entity.__schema__
    for name in names:
        schema.attribute(name)
        if name in schema.primary_key and state.lifecycle is Lifecycle.PENDING:
            raise UsageError(f"{schema.name}.{name} is the key of the new {entity!r} and stays; delete it instead.")
    with state.workspace.lock:
        if names:
            restore(entity, [each for name in names for each in attributes_set_together(schema, name)])
        else:
            state.workspace.journal.deleted.pop(entity, None)
            restore(entity)
        clear_modified_if_unchanged(entity)


def restore(entity: Entity, names: Collection[str] | None = None) -> None:
    """Give *entity* its original values again: those of *names*, or all of them for None.

    It stays on the journal. The caller holds the lock.
    """
    state = entity._ftrack_state
    pending = state.originals or {}
    originals = pending if names is None else {name: pending[name] for name in names if name in pending}
    state.originals = {name: original for name, original in pending.items() if name not in originals} or None
    state.workspace.journal.discard_bases(entity, originals)
    values = entity.__dict__
    references = {
        name: current_reference(entity, name) for name in originals if name in entity.__schema__.keyed_references
    }
    for name, original in originals.items():
        restore_value(values, name, original)
        if state.workspace.expiry.is_superseded(entity, name, original):
            _expire(values, name)
    for name, before in references.items():
        move_between_collections(entity, name, before)


def edited_in_place(entity: Entity) -> list[str]:
    """Return the names of the collections and mappings of *entity* that have unsaved edits."""
    values = entity.__dict__
    return [name for name in entity._ftrack_state.originals or () if isinstance(values.get(name), Tracked)]


def _expire(values: dict[str, Any], name: str) -> None:
    """Expire a restored value that the server does not have any more."""
    value = values.get(name)
    if isinstance(value, Tracked):
        value._is_stale = True
    else:
        values.pop(name, None)
