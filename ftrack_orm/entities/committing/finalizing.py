"""State: marking the changes of a snapshot as saved after the server has carried them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.editing.mappings import EntryEdits
from ftrack_orm.entities.lifecycle import COMMITTED
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.entities.tracked import PendingEdit, Tracked
from ftrack_orm.errors import FtrackError, ProtocolError
from ftrack_orm.values import NOT_LOADED

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.journal import Journal
    from ftrack_orm.entities.workspace import Workspace

    from .snapshot import CommitSnapshot


_NO_EDIT = object()


def finalize(
    workspace: Workspace,
    journal: Journal,
    snapshot: CommitSnapshot,
    rows: Sequence[dict[str, Any]],
    saved: dict[Entity, None] | None = None,
) -> None:
    """Make the values in *snapshot* the saved ones, and merge the *rows* that the server has returned for them.

    Attributes that have another edit in *journal* by now were edited in the meantime and stay in it. The caller holds
    the lock of the workspace.

    After an interrupt it is called again, with the same *saved*, which are the entities whose edits are dropped
    already. Everything else can be done twice.
    """
    _mark_saved(workspace, journal, snapshot, {} if saved is None else saved)
    if rows:
        _merge(workspace, rows)
    # After merging: replies to operations before the deletions may still refer to the deleted entities.
    for entity in snapshot.deleted:
        workspace.mark_deleted(entity, journal)
    workspace.forget_edited_keys()


def _merge(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> None:
    """Merge *rows*. Raises `ProtocolError` for rows that cannot be merged, with advice for this case."""
    try:
        Merger(workspace).rows(rows)
    except MemoryError:
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, FtrackError) else repr(error)
        raise ProtocolError(
            "The server has carried out the commit and its changes are saved, but the server's answer cannot be used: "
            f"{reason} All values are read again when they are next needed; there is nothing to commit again."
        ) from error


def _mark_saved(workspace: Workspace, journal: Journal, snapshot: CommitSnapshot, saved: dict[Entity, None]) -> None:
    workspace.revision += 1
    if len(workspace.journals) > 1:
        _keep_replaced_values(workspace, journal, snapshot)
    for entity in snapshot.created:
        state = entity._ftrack_state
        state.lifecycle, state.journal = COMMITTED.after, None
        journal.created.pop(entity, None)
    for entity, sent in snapshot.sent.items():
        entity._ftrack_state.written_at = workspace.revision
        if journal.bases:
            journal.discard_bases(entity, sent)
        if entity not in saved:
            _mark_attributes_saved(workspace, journal, entity, sent, saved)
        else:
            _derive(entity, sent)
    for entity in snapshot.created:
        _unload_unedited_collections(entity, journal)


def _keep_replaced_values(workspace: Workspace, journal: Journal, snapshot: CommitSnapshot) -> None:
    """Keep the values that the commit has replaced for the other units of work that have set the same attributes.

    Their edits were made on top of these values, so that a commit of theirs reports a conflict if it checks for one.
    """
    for other in workspace.journals:
        if other is journal:
            continue
        for entity in snapshot.sent:
            target = entity.__entity_type__, entity._ftrack_state.key
            for name, before in snapshot.replaced.get(target, {}).items():
                if before is not NOT_LOADED and name in other.edits.get(entity, {}):
                    other.keep_base(entity, name, target, {name: before})
        for target, row in snapshot.entry_rows.items():
            edit = other.edits.get(row.entity, {}).get(row.attribute)
            values = snapshot.replaced.get(target)
            if values is not None and isinstance(edit, EntryEdits) and row.item in edit.entries:
                other.keep_base(row.entity, row.attribute, target, {row.value_name: values[row.value_name]})


def _mark_attributes_saved(
    workspace: Workspace, journal: Journal, entity: Entity, sent: Mapping[str, Any], saved: dict[Entity, None]
) -> None:
    """Make *sent* the originals of *entity*, and drop the edits that were sent.

    An edit that was taken back after it was sent becomes the opposite edit: the server has the value that was sent.
    All of that takes effect at once, at the end.
    """
    state, values = entity._ftrack_state, entity.__dict__
    edits = {**journal.edits[entity]} if entity in journal.edits else {}
    originals = {**state.originals} if state.originals else {}
    others: list[Mapping[str, Any]] = []
    has_differences = False
    if len(workspace.journals) > 1:
        others = [each.edits[entity] for each in workspace.journals if each is not journal and entity in each.edits]
    for name, value in sent.items():
        if isinstance(value, PendingEdit):
            has_differences = True
            tracked = values.get(name)
            if isinstance(tracked, Tracked):
                remaining = tracked._mark_saved(value, edits.pop(name, None))
                if remaining:
                    edits[name] = remaining
            continue
        edit = edits.get(name, _NO_EDIT)
        if edit is value or (edit is not _NO_EDIT and edit == value):
            del edits[name]
        elif edit is _NO_EDIT and not any(name in each for each in others):
            current = values.get(name, NOT_LOADED)
            if value is not NOT_LOADED and current is not NOT_LOADED and current != value:
                edits[name] = current
        if name in edits or (others and any(name in each for each in others)):
            originals[name] = value
        else:
            originals.pop(name, None)
    _keep_references_with_keys(entity, sent, edits, originals)
    if edits:
        # One statement: an interrupt comes before all of it or after.
        state.originals, journal.edits[entity], saved[entity] = originals or None, edits, None
    else:
        journal.edits.pop(entity, None)
        state.originals, saved[entity] = originals or None, None
    if has_differences:
        _derive(entity, sent)


def _derive(entity: Entity, sent: Mapping[str, Any]) -> None:
    """Derive the content of the collections and mappings again whose edits were *sent*."""
    for name, value in sent.items():
        if isinstance(value, PendingEdit) and isinstance(tracked := entity.__dict__.get(name), Tracked):
            tracked._derive()


def _keep_references_with_keys(
    entity: Entity, sent: Mapping[str, Any], edits: dict[str, Any], originals: dict[str, Any]
) -> None:
    """Make a reference an edit again whose key became one: they are set together."""
    for name, key_name in entity.__schema__.reference_keys.items():
        if name in sent and key_name in sent and key_name in edits and name not in edits:
            edits[name] = entity.__dict__.get(name, NOT_LOADED)
            originals[name] = sent[name]


def _unload_unedited_collections(entity: Entity, journal: Journal) -> None:
    """Expire the empty, unedited collections of a created entity, to which the server may have added items."""
    edited = journal.edits.get(entity, {})
    for name, value in entity.__dict__.items():
        if isinstance(value, Tracked) and name not in edited and not value._content():
            value._is_stale = True
