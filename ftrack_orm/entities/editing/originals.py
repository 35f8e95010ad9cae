"""State: the originals of changed attributes, that is the values the server is believed to have: kept and compared.

The callers hold the workspace's lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.tracked import Tracked, content_of
from ftrack_orm.errors import UsageError
from ftrack_orm.values import NOT_LOADED

# Bound once: looking up a member of an enumeration costs more than comparing it, and every edit does both.
_PENDING, _TRANSIENT = Lifecycle.PENDING, Lifecycle.TRANSIENT


def mark_modified(entity: Entity) -> dict[str, Any]:
    """Put *entity* on the journal and return its originals for the caller to add to.

    Raises `UsageError` for an entity whose creation was taken back.
    """
    state = entity._ftrack_state
    if state.lifecycle is _TRANSIENT:
        raise UsageError(f"{entity!r} is not part of its session any more, since its creation was rolled back.")
    if state.lifecycle is not _PENDING:
        state.workspace.journal.modified[entity] = None
    if state.originals is None:
        state.originals = {}
    return state.originals


def keep_original(entity: Entity, name: str) -> None:
    """Keep the current value of an attribute as its original, unless an earlier change has kept one."""
    originals = mark_modified(entity)
    if name not in originals:
        originals[name] = content_of(entity.__dict__.get(name, NOT_LOADED))


def drop_if_unchanged(entity: Entity, names: Iterable[str]) -> None:
    """Drop a change if the attribute has its original value again, so that nothing is sent for it.

    *names* are attributes that are set together: a key and its references. If one of them has its original value, all
    of them are restored, including those whose original is "not loaded".
    """
    originals, values = entity._ftrack_state.originals or {}, entity.__dict__
    for name in names:
        original = originals.get(name, NOT_LOADED)
        if original is not NOT_LOADED and name in values and _is_same(values[name], original):
            if entity._ftrack_state.workspace.expiry.is_superseded(entity, name, original):
                return  # The server has another value by now, so this one still has to be sent.
            break
    else:
        return
    for name in names:
        if name in originals:
            restore_value(values, name, originals.pop(name))
    clear_modified_if_unchanged(entity)


def restore_value(values: dict[str, Any], name: str, original: Any) -> None:
    """Make *original*, in the form that `content_of` returns, the value of an attribute again."""
    current = values.get(name)
    if original is NOT_LOADED:
        values.pop(name, None)
    elif isinstance(current, Tracked):
        current._restore(original)
    else:
        values[name] = original


def clear_modified_if_unchanged(entity: Entity) -> None:
    """Remove *entity* from the journal's modified entities if it has no change left."""
    state = entity._ftrack_state
    if not state.originals and state.lifecycle is not _PENDING:
        state.originals = None
        state.workspace.journal.modified.pop(entity, None)
        state.workspace.journal.bases.pop(entity, None)


def _is_same(value: Any, original: Any) -> bool:
    """Whether a value equals the original. 1 and 1.0 are the same number to ftrack, but True is not the number 1."""
    if isinstance(value, Tracked):
        return value._has_content(original)
    return bool(value == original) and isinstance(value, bool) == isinstance(original, bool)
