"""State: the values behind edits: recording an edit, dropping one that came back to the original, taking edits back.

The *original* of an attribute is the value that the server is believed to have. All units of work share it, while each
keeps the value that it has set in its journal. The entity shows the value that was set last. The callers hold the
workspace's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.tracked import PendingEdit, Tracked
from ftrack_orm.entities.workspace import NO_VALUE
from ftrack_orm.errors import UsageError
from ftrack_orm.schema.facts import POLYMORPHIC_KEYS
from ftrack_orm.values import NOT_LOADED

from .back_population import current_reference, move_between_collections

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.journal import Journal

# Bound once: looking up a member of an enumeration costs more than comparing it, and every edit does both.
_TRANSIENT = Lifecycle.TRANSIENT


def journal_to_edit(entity: Entity) -> Journal:
    """Return the journal for edits of *entity*; raises `UsageError` for an entity whose creation was taken back."""
    state = entity._ftrack_state
    if state.lifecycle is _TRANSIENT:
        raise UsageError(f"{entity!r} is not part of its session any more, since its creation was rolled back.")
    return state.journal or state.workspace.journal


def record(entity: Entity, changed: Mapping[str, Any]) -> None:
    """Set scalars and references that change together, and record them in the journal of the current unit of work."""
    state, values = entity._ftrack_state, entity.__dict__
    workspace = state.workspace
    journal = state.journal or workspace.journal
    if state.lifecycle is _TRANSIENT:
        journal = journal_to_edit(entity)
    edits = journal.edits.get(entity)
    if edits is None:
        edits = journal.edits[entity] = {}
    originals = state.originals
    if originals is None:
        originals = state.originals = {}
    for name, value in changed.items():
        if name not in originals:
            originals[name] = values.get(name, NOT_LOADED)
        edits[name] = value
        if value is NOT_LOADED:
            values.pop(name, None)
        else:
            values[name] = value
    if len(workspace.journals) > 1:
        workspace.note_edit(entity, changed, journal)
    _drop_if_unchanged(entity, changed, journal)


def _drop_if_unchanged(entity: Entity, names: Iterable[str], journal: Journal) -> None:
    """Drop an edit if the attribute has its original value again, so that nothing is sent for it.

    *names* are attributes that are set together: a key and its references. If one of them has its original value, all
    of them are restored, including those whose original is "not loaded". An edit of an attribute that another unit of
    work has set stays, since that one may be committed before it.
    """
    state, values = entity._ftrack_state, entity.__dict__
    originals = state.originals or {}
    for name in names:
        original = originals.get(name, NOT_LOADED)
        if original is not NOT_LOADED and name in values and _is_same(values[name], original):
            expiry = state.workspace.expiry
            if expiry.is_superseded(entity, name, original) or state.workspace.is_contested(entity, name):
                return
            break
    else:
        return
    for name in names:
        if name in originals:
            restore_value(values, name, originals.pop(name))
        journal.discard(entity, name)
    if not originals:
        state.originals = None


def drop_unchanged(journal: Journal, entities: Iterable[Entity]) -> None:
    """Drop the edits of *journal* that have set the attributes of *entities* to their originals."""
    for entity in entities:
        originals = entity._ftrack_state.originals or {}
        for name in [name for name in journal.edits.get(entity, ()) if name in originals]:
            if name in journal.edits.get(entity, ()):
                key_name = entity.__schema__.reference_keys.get(name, name)
                _drop_if_unchanged(entity, (key_name, *entity.__schema__.keyed_references.get(key_name, ())), journal)


def take_back(entity: Entity, journal: Journal, names: Collection[str] | None = None) -> None:
    """Take the edits of *journal* back: those of *names*, or all of them for None.

    The entity then shows the value that another unit of work has set, else the original.
    """
    state, values = entity._ftrack_state, entity.__dict__
    edits = journal.edits.get(entity)
    if not edits:
        return
    chosen = [name for name in (edits if names is None else names) if name in edits]
    journal.discard_bases(entity, chosen)
    references = {
        name: current_reference(entity, name)
        for name in chosen
        if name in entity.__schema__.keyed_references or name in POLYMORPHIC_KEYS
    }
    for name in chosen:
        edit = edits[name]
        journal.discard(entity, name)
        if isinstance(edit, PendingEdit):
            value = values.get(name)
            if isinstance(value, Tracked):
                value._derive()
        else:
            _show_next(entity, name)
    if not state.originals:
        state.originals = None
    for name, before in references.items():
        move_between_collections(entity, name, before)
    state.workspace.forget_edited_keys()


def unload_edited(entity: Entity, names: Iterable[str]) -> None:
    """Forget the values and originals of edited attributes, unless another unit of work has set a value.

    The edits are in no journal any more. Whatever the entity shows of them is read again when it is next needed.
    """
    state, values = entity._ftrack_state, entity.__dict__
    for name in names:
        pending, value = state.workspace.pending_value(entity, name), values.get(name)
        if isinstance(value, Tracked):
            value._is_stale = True
            value._derive()
        elif pending is not NO_VALUE:
            values[name] = pending
        else:
            values.pop(name, None)
            if state.originals is not None:
                state.originals.pop(name, None)
    state.originals = state.originals or None
    state.workspace.forget_edited_keys()


def _show_next(entity: Entity, name: str) -> None:
    """Show the value that another unit of work has set, else the original."""
    state, values = entity._ftrack_state, entity.__dict__
    pending = state.workspace.pending_value(entity, name)
    if pending is not NO_VALUE:
        restore_value(values, name, pending)
        return
    original = (state.originals or {}).pop(name, NOT_LOADED)
    is_superseded = state.workspace.expiry.is_superseded(entity, name, original)
    restore_value(values, name, NOT_LOADED if is_superseded else original)


def restore_value(values: dict[str, Any], name: str, original: Any) -> None:
    """Make *original* the value of an attribute again; `NOT_LOADED` unloads it."""
    if original is NOT_LOADED:
        values.pop(name, None)
    else:
        values[name] = original


def _is_same(value: Any, original: Any) -> bool:
    """Whether a value equals the original. 1 and 1.0 are the same number to ftrack, but True is not the number 1."""
    return bool(value == original) and isinstance(value, bool) == isinstance(original, bool)
