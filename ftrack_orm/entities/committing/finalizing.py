"""State: marking the changes of a snapshot as saved after the server has carried them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.editing.mappings import MappedCollection
from ftrack_orm.entities.editing.originals import clear_modified_if_unchanged
from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.values import NOT_LOADED

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace

    from .snapshot import Snapshot


def finalize(workspace: Workspace, snapshot: Snapshot, rows: Sequence[dict[str, Any]]) -> None:
    """Make the values in *snapshot* the saved ones, and merge the *rows* that the server has returned for them.

    Attributes that have another value by now were edited in the meantime and stay in the journal. The caller holds the
    lock of the workspace.
    """
    _mark_saved(workspace, snapshot)
    Merger(workspace).rows(rows)
    # After merging: replies to operations before the deletions may still refer to the deleted entities.
    for entity in snapshot.deleted:
        workspace.mark_deleted(entity)


def _mark_saved(workspace: Workspace, snapshot: Snapshot) -> None:
    journal = workspace.journal
    workspace.revision += 1
    for entity in snapshot.created:
        entity._ftrack_state.lifecycle = Lifecycle.PERSISTENT
        journal.created.pop(entity, None)
    for entity, sent in snapshot.sent.items():
        state = entity._ftrack_state
        state.written_at = workspace.revision
        if journal.bases:
            journal.discard_bases(entity, sent)
        state.originals = _originals_after(entity, sent)
        if state.originals:
            journal.modified[entity] = None
        else:
            clear_modified_if_unchanged(entity)
    for entity in snapshot.created:
        _unload_unedited_collections(entity, snapshot.sent[entity])


def _originals_after(entity: Entity, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the originals of *entity* now that the server has the values in *sent*: of attributes edited since."""
    values, originals = entity.__dict__, entity._ftrack_state.originals or {}
    for name, value in sent.items():
        current = values.get(name, NOT_LOADED)
        if isinstance(current, Tracked):
            if isinstance(current, MappedCollection):
                value = current._mark_committed(value)
            is_as_sent = current._content() == value
        elif value is NOT_LOADED:
            # Only the key of this reference was sent; the reference may have been loaded by it in the meantime.
            is_as_sent = entity.__schema__.reference_keys.get(name) not in originals
        else:
            is_as_sent = current is value or current is NOT_LOADED or current == value
        if is_as_sent:
            originals.pop(name, None)
        else:
            originals[name] = value
    return originals


def _unload_unedited_collections(entity: Entity, sent: Mapping[str, Any]) -> None:
    """Unload the empty, unedited collections of a created entity, to which the server may have added items."""
    edited = {**sent, **(entity._ftrack_state.originals or {})}
    for name, value in tuple(entity.__dict__.items()):
        if isinstance(value, Tracked) and name not in edited and not value._content():
            del entity.__dict__[name]
