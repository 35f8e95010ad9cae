"""The lists and review sessions of the demo."""

from __future__ import annotations

import sqlalchemy as sa

from ftrack_orm.sandbox.seeds.demo.lists_and_reviews import ITEMS_PER_PROJECT
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables


def test_lists_hold_a_limited_number_of_items(demo: sa.Connection, ftrack_tables: Tables) -> None:
    item = ftrack_tables.table("ListObject")
    counts = demo.execute(sa.select(sa.func.count(item.c.id)).group_by(item.c.list_id)).scalars().all()
    assert 0 < max(counts) <= ITEMS_PER_PROJECT


def test_the_tasks_of_lists_are_pending_review(demo: sa.Connection, ftrack_tables: Tables) -> None:
    item, context, status = (ftrack_tables.table(name) for name in ("ListObject", "Context", "Status"))
    statement = (
        sa.select(status.c.name)
        .select_from(item)
        .join(context, context.c.id == item.c.entity_id)
        .join(status, status.c.id == context.c.status_id)
        .where(context.c[ENTITY_TYPE] == "Task")
    )
    assert set(demo.execute(statement).scalars()) == {"Pending Review"}


def test_a_review_status_is_by_an_invitee_of_the_session(demo: sa.Connection, ftrack_tables: Tables) -> None:
    names = ("ReviewSessionObjectStatus", "ReviewSessionObject", "ReviewSessionInvitee")
    status, review_object, invitee = map(ftrack_tables.table, names)
    statement = (
        sa.select(review_object.c.review_session_id, invitee.c.review_session_id)
        .select_from(status)
        .join(review_object, review_object.c.id == status.c.review_session_object_id)
        .join(invitee, invitee.c.id == status.c.review_session_invitee_id)
    )
    rows = demo.execute(statement).all()
    assert rows
    assert all(of_object == of_invitee for of_object, of_invitee in rows)
