"""The statuses and dates of the demo's tasks."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from tests.assertions import existing


def test_statuses_match_the_calendar(demo: sa.Connection, ftrack_tables: Tables) -> None:
    context, status, timelog = (ftrack_tables.table(name) for name in ("Context", "Status", "Timelog"))
    rows = demo.execute(
        sa.select(status.c.name, sa.func.count().label("tasks"))
        .join(context, context.c.status_id == status.c.id)
        .where(context.c[ENTITY_TYPE] == "Task")
        .group_by(status.c.name)
    )
    counts = {row.name: row.tasks for row in rows}
    assert {"Not started", "Ready to start", "In progress", "Pending Review", "Revise", "Approved"} <= set(counts)
    assert all(count > 30 for count in counts.values())
    last_timelog = demo.execute(sa.select(sa.func.max(timelog.c.start))).scalar()
    first_start = (
        sa.select(sa.func.min(context.c.start_date))
        .join(status, status.c.id == context.c.status_id)
        .where(status.c.name == "Not started", context.c.start_date.is_not(None), context.c[ENTITY_TYPE] == "Task")
    )
    assert existing(demo.execute(first_start).scalar()) > existing(last_timelog)


def test_dates_are_text_in_the_format_of_columns_and_ends_follow_starts(
    demo: sa.Connection, ftrack_tables: Tables
) -> None:
    context = ftrack_tables.table("Context")
    rows = demo.execute(
        sa.select(context.c.start_date, context.c.end_date).where(context.c.start_date.is_not(None))
    ).all()
    for row in rows:
        start, end = (datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S") for text in row)
        assert start < end
