"""Edge: the API keys of the embedded server's users, in a table of the server's own that no query reaches."""

from __future__ import annotations

import hashlib
import hmac

import sqlalchemy as sa

from . import server_errors
from .tables import Tables

_metadata = sa.MetaData()

#: Keys are kept as digests: a database file that is passed around gives none of them away.
_KEYS = sa.Table(
    "__api_key__",
    _metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)


def create_table(connection: sa.Connection) -> None:
    """Make the table of keys where there is none."""
    _metadata.create_all(connection)


def grant(connection: sa.Connection, tables: Tables, api_user: str, api_key: str) -> None:
    """Let the user of that name in with *api_key*, next to keys granted before.

    Raises `LookupError` when there is no such user.
    """
    user_id = _user_id(connection, tables, api_user)
    if user_id is None:
        raise LookupError(f"There is no user {api_user!r} to grant an API key to.")
    connection.execute(_KEYS.insert().prefix_with("OR REPLACE"), {"digest": _digest(api_key), "user_id": user_id})


def check(connection: sa.Connection, tables: Tables, api_user: str, api_key: str) -> str:
    """Return the id of the user these credentials are of, or raise the server's refusal."""
    owner = connection.execute(sa.select(_KEYS.c.user_id).where(_KEYS.c.digest == _digest(api_key))).scalar()
    user_id = _user_id(connection, tables, api_user)
    if owner is None or user_id is None or not hmac.compare_digest(str(owner), user_id):
        raise server_errors.credentials()
    return user_id


def _user_id(connection: sa.Connection, tables: Tables, username: str) -> str | None:
    table = tables.table("User")
    found = connection.execute(sa.select(table.c.id).where(table.c.username == username)).scalar()
    return None if found is None else str(found)


def _digest(api_key: str) -> str:
    return hashlib.sha256(api_key.encode("utf-8")).hexdigest()
