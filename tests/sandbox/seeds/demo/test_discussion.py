"""The notes of the demo."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ftrack_orm.sandbox.tables import Tables


def test_a_reply_is_on_the_entity_of_its_note_by_the_recipient_and_later(
    demo: sa.Connection, ftrack_tables: Tables
) -> None:
    note, recipient = ftrack_tables.table("Note"), ftrack_tables.table("Recipient")
    replied = note.alias()
    columns = [note.c.parent_id, replied.c.parent_id, note.c.user_id, recipient.c.resource_id]
    statement = (
        sa.select(*columns, note.c.date, replied.c.date, replied.c.thread_activity)
        .join(replied, replied.c.id == note.c.in_reply_to_id)
        .join(recipient, recipient.c.note_id == replied.c.id)
    )
    rows: list[Any] = [*demo.execute(statement)]
    assert len(rows) > 100
    for parent, replied_parent, author, recipient_id, date, replied_date, activity in rows:
        assert (parent, author) == (replied_parent, recipient_id)
        assert date == activity > replied_date


def test_some_notes_are_completed_to_dos(demo: sa.Connection, ftrack_tables: Tables) -> None:
    note = ftrack_tables.table("Note")
    rows = demo.execute(sa.select(note.c.is_todo, note.c.completed_at, note.c.completed_by_id)).all()
    assert {is_todo for is_todo, completed_at, _ in rows if completed_at} == {True}
    assert all((completed_at is None) == (completed_by is None) for _, completed_at, completed_by in rows)
