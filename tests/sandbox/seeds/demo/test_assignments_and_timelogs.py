"""The assignments, dependencies, timelogs and status changes of the demo."""

from __future__ import annotations

import sqlalchemy as sa

from ftrack_orm.sandbox.tables import Tables


def test_timelogs_are_by_an_assignee_of_the_task(demo: sa.Connection, ftrack_tables: Tables) -> None:
    timelog, appointment = ftrack_tables.table("Timelog"), ftrack_tables.table("Appointment")
    assigned = sa.exists().where(
        appointment.c.context_id == timelog.c.context_id,
        appointment.c.resource_id == timelog.c.user_id,
        appointment.c.type == "assignment",
    )
    assert demo.execute(sa.select(timelog.c.id).where(~assigned)).all() == []


def test_dependencies_are_between_tasks_of_the_same_context(demo: sa.Connection, ftrack_tables: Tables) -> None:
    link, context = ftrack_tables.table("TypedContextLink"), ftrack_tables.table("Context")
    task, successor = context.alias(), context.alias()
    statement = (
        sa.select(task.c.parent_id, successor.c.parent_id, task.c.start_date, successor.c.start_date)
        .select_from(link)
        .join(task, task.c.id == link.c.from_id)
        .join(successor, successor.c.id == link.c.to_id)
    )
    for parent, successor_parent, start, successor_start in demo.execute(statement):
        assert parent == successor_parent
        assert start <= successor_start


def test_the_last_status_change_of_a_task_leads_to_its_status(demo: sa.Connection, ftrack_tables: Tables) -> None:
    change, context = ftrack_tables.table("TypedContextStatusChange"), ftrack_tables.table("Context")
    statuses = dict(demo.execute(sa.select(context.c.id, context.c.status_id)).all())
    rows = demo.execute(sa.select(change.c.parent_id, change.c.status_id).order_by(change.c.date))
    last = dict(rows.all())
    assert last
    assert all(statuses[parent] == status for parent, status in last.items())
