"""API keys: granting them, and authentication."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from ftrack_orm.errors import AuthenticationError
from ftrack_orm.sandbox import credentials
from ftrack_orm.sandbox.tables import Tables

pytestmark = pytest.mark.usefixtures("small_production")


@pytest.fixture(autouse=True)
def key_table(connection: sa.Connection) -> None:
    credentials.create_tables(connection)


def test_a_user_may_have_several_keys(connection: sa.Connection, tables: Tables) -> None:
    for key in ("first", "second", "second"):
        credentials.grant_api_key(connection, tables, "jane", key)
    for key in ("first", "second"):
        assert credentials.authenticate(connection, tables, "jane", key) == "user-1"


@pytest.mark.parametrize(("user", "key"), [("jane", "wrong"), ("joe", "key"), ("jill", "key"), ("", ""), ("jane", "")])
def test_other_keys_and_users_are_refused(connection: sa.Connection, tables: Tables, user: str, key: str) -> None:
    credentials.grant_api_key(connection, tables, "jane", "key")
    with pytest.raises(AuthenticationError, match="The supplied API key is not valid"):
        credentials.authenticate(connection, tables, user, key)


def test_a_key_needs_an_existing_user(connection: sa.Connection, tables: Tables) -> None:
    with pytest.raises(LookupError, match="no user 'jill'"):
        credentials.grant_api_key(connection, tables, "jill", "key")


def test_keys_are_not_stored(connection: sa.Connection, tables: Tables) -> None:
    credentials.grant_api_key(connection, tables, "jane", "a secret key")
    driver_connection = connection.connection.driver_connection
    assert driver_connection is not None
    assert "a secret key" not in "\n".join(driver_connection.iterdump())
