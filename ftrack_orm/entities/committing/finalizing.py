"""State: marking the changes of a snapshot as saved after the server has carried them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.entities.tracked import PendingEdit, Tracked
from ftrack_orm.values import NOT_LOADED

if TYPE_CHECKING:
    from ftrack_orm.entities.journal import Journal
    from ftrack_orm.entities.workspace import Workspace

    from .snapshot import Snapshot


def finalize(workspace: Workspace, journal: Journal, snapshot: Snapshot, rows: Sequence[dict[str, Any]]) -> None:
    """Make the values in *snapshot* the saved ones, and merge the *rows* that the server has returned for them.

    Attributes that have another edit in *journal* by now were edited in the meantime and stay in it. The caller holds
    the lock of the workspace.
    """
    _mark_saved(workspace, journal, snapshot)
    Merger(workspace).rows(rows)
    # After merging: replies to operations before the deletions may still refer to the deleted entities.
    for entity in snapshot.deleted:
        workspace.mark_deleted(entity, journal)
    workspace.forget_edited_keys()


def _mark_saved(workspace: Workspace, journal: Journal, snapshot: Snapshot) -> None:
    workspace.revision += 1
    for entity in snapshot.created:
        state = entity._ftrack_state
        state.lifecycle, state.journal = Lifecycle.PERSISTENT, None
        journal.created.pop(entity, None)
    for entity, sent in snapshot.sent.items():
        entity._ftrack_state.written_at = workspace.revision
        if journal.bases:
            journal.discard_bases(entity, sent)
        _mark_attributes_saved(workspace, journal, entity, sent)
    for entity in snapshot.created:
        _unload_unedited_collections(entity, journal)


def _mark_attributes_saved(workspace: Workspace, journal: Journal, entity: Entity, sent: Mapping[str, Any]) -> None:
    """Make *sent* the originals of *entity*, and drop the edits that were sent."""
    state, edits = entity._ftrack_state, journal.edits.get(entity, {})
    originals = state.originals or {}
    is_only_unit = len(workspace.journals) == 1
    for name, value in sent.items():
        edit = edits.get(name, NOT_LOADED)
        if isinstance(value, PendingEdit):
            if isinstance(edit, PendingEdit):
                edit.subtract(value)
                if not edit:
                    del edits[name]
            tracked = entity.__dict__.get(name)
            if isinstance(tracked, Tracked):
                tracked._mark_saved(value)
            continue
        if name in edits and (edit is value or edit == value):
            del edits[name]
        is_edited = name in edits or (not is_only_unit and bool(workspace.pending_edits(entity, name)))
        if is_edited:
            originals[name] = value
        else:
            originals.pop(name, None)
    state.originals = originals or None
    if not edits:
        journal.edits.pop(entity, None)


def _unload_unedited_collections(entity: Entity, journal: Journal) -> None:
    """Expire the empty, unedited collections of a created entity, to which the server may have added items."""
    edited = journal.edits.get(entity, {})
    for name, value in entity.__dict__.items():
        if isinstance(value, Tracked) and name not in edited and not value._content():
            value._is_stale = True
