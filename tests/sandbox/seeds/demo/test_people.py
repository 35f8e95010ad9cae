"""The users and groups of the demo."""

from __future__ import annotations

import sqlalchemy as sa

from ftrack_orm.sandbox.seeds import empty
from ftrack_orm.sandbox.seeds.demo import names
from ftrack_orm.sandbox.tables import Tables
from tests.sandbox.seeds.databases import seeded_database


def test_the_api_user_may_have_the_name_of_a_user_of_the_demo(ftrack_tables: Tables) -> None:
    connection = seeded_database(ftrack_tables, "demo", 10, user="yuki.tanabe")
    user = ftrack_tables.table("User")
    usernames = list(connection.execute(sa.select(user.c.username).where(user.c.username.is_not(None))).scalars())
    assert len(usernames) == len(set(usernames)) == 30


def test_every_user_is_a_member_of_the_group_of_a_department(demo: sa.Connection, ftrack_tables: Tables) -> None:
    user, group, membership = (ftrack_tables.table(name) for name in ("User", "Group", "Membership"))
    rows = demo.execute(sa.select(membership.c.user_id, membership.c.group_id)).all()
    departments = dict(demo.execute(sa.select(group.c.id, group.c.name).where(group.c.parent_id.is_not(None))).all())
    assert set(departments.values()) == set(names.DEPARTMENTS)
    assert {user_id for user_id, _ in rows} == set(
        demo.execute(sa.select(user.c.id).where(user.c.username.is_not(None))).scalars()
    )
    assert {group_id for _, group_id in rows} == set(departments)
    assert departments[dict(rows)[empty.user_id("jane")]] == "Production"
