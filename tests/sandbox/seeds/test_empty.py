"""The rows of a fresh server."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ftrack_orm.sandbox.seeds import empty
from ftrack_orm.sandbox.tables import Tables
from tests.assertions import existing
from tests.sandbox.seeds.databases import seeded_database, studio_tables


def test_the_api_user_is_an_active_administrator(seeded: sa.Connection, ftrack_tables: Tables) -> None:
    user, link, role = (ftrack_tables.table(name) for name in ("User", "UserSecurityRole", "SecurityRole"))
    statement = (
        sa.select(user.c.username, user.c.is_active)
        .join(link, link.c.user_id == user.c.id)
        .join(role, role.c.id == link.c.security_role_id)
        .where(
            role.c.name == "Administrator",
            existing(ftrack_tables.column("UserSecurityRole", "is_all_projects")).is_(True),
        )
    )
    assert seeded.execute(statement).all() == [("jane", True)]


@pytest.mark.parametrize(
    ("username", "row"),
    [
        ("jane", ("Jane", "", "jane@example.com")),
        ("jane.doe@studio.com", ("Jane", "Doe", "jane.doe@studio.com")),
    ],
)
def test_the_name_and_the_email_of_the_api_user_are_derived_from_the_username(
    ftrack_tables: Tables, username: str, row: Any
) -> None:
    connection = seeded_database(ftrack_tables, "empty", user=username)
    user = ftrack_tables.table("User")
    statement = sa.select(user.c.first_name, user.c.last_name, user.c.email).where(user.c.id == empty.user_id(username))
    assert connection.execute(statement).all() == [row]


def test_the_first_status_is_not_started(seeded: sa.Connection, ftrack_tables: Tables) -> None:
    status = ftrack_tables.table("Status")
    assert seeded.execute(sa.select(status.c.name).order_by(status.c.sort).limit(1)).scalar() == "Not started"


def test_the_object_types_of_a_studio_have_the_name_of_their_entity_type_with_spaces() -> None:
    tables = studio_tables(plus={"ImagePlane": "0c0ffee0-0000-4000-a000-000000000001"})
    connection = seeded_database(tables, "empty")
    object_type = tables.table("ObjectType")
    ids = connection.execute(sa.select(object_type.c.id).where(object_type.c.name == "Image Plane")).scalars().all()
    assert ids == ["0c0ffee0-0000-4000-a000-000000000001"]
