"""Edge: the rows that notes and their labels change beside their own: threads, categories, recipients.

Facts (PROTOCOL 8.1): the category of a note is the label that is linked to it, and the calling user becomes a recipient
of a new note at the end of the request. A recipient that the client has created for that user itself stays the only
one.

Not known of real servers, and decided here: with several labels the category is the one linked first, and after that
link is deleted, the remaining label with the lowest `sort`. A category that is set makes no link. A reply has no
recipients of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

    from .store import Row, Store

_NOTE, _LINK, _RECIPIENT = "Note", "NoteLabelLink", "Recipient"


def after_insert(store: Store, entity_type: EntityType, row: Row) -> None:
    """Change the note that a new entity concerns: a reply its thread, a linked label the category."""
    if entity_type.name == _NOTE and row.get("in_reply_to_id") is not None:
        store.update(_NOTE, (row["in_reply_to_id"],), {"thread_activity": row["date"]})
    elif entity_type.name == _LINK:
        note = store.find(_NOTE, (row["note_id"],))
        if note is not None and note["category_id"] is None:
            store.update(_NOTE, (note["id"],), {"category_id": row["label_id"]})


def after_delete(store: Store, links: Iterable[Row]) -> None:
    """Let the categories of notes follow the labels that remain after *links* were deleted."""
    for link in links:
        note = store.find(_NOTE, (link["note_id"],))
        # The database has set a category to null already whose label was deleted.
        if note is None or note["category_id"] not in (None, link["label_id"]):
            continue
        category = _first_label(store, note)
        if category != note["category_id"]:
            store.update(_NOTE, (note["id"],), {"category_id": category})


def _first_label(store: Store, note: Row) -> str | None:
    labels = [store.get("NoteLabel", (link["label_id"],)) for link in store.rows(_LINK, note_id=note["id"])]
    first = min(labels, key=lambda label: (label["sort"] or 0, label["id"]), default=None)
    return None if first is None else first["id"]


def add_recipients(store: Store) -> None:
    """Make the calling user a recipient of the notes that the request has created, replies excepted."""
    if _RECIPIENT not in store.schema.types or store.request.user_id is None:
        return
    new_notes = [
        change.row
        for change in store.change_log.changes()
        if change.table == _NOTE and change.before is None and change.row.get("in_reply_to_id") is None
    ]
    for note in new_notes:
        key = {"note_id": note["id"], "resource_id": store.request.user_id}
        if store.find(_RECIPIENT, tuple(key.values())) is None:
            store.insert(_RECIPIENT, key)
