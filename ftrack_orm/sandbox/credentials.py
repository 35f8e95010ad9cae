"""Edge: the API keys of the embedded server's users, in tables that queries cannot reach.

Keys that were granted stay valid, like those an administrator makes in the settings of a real server. A user has one
personal key besides, which is replaced each time it is reset.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ftrack_orm.values import unencodable_text

from . import server_errors

if TYPE_CHECKING:
    from .tables import Tables

_metadata = sa.MetaData()

#: The names of the tables.
TABLES = ("__api_key__", "__personal_api_key__")

#: Keys are stored as digests, so that a database file can be passed on without giving keys away.
_KEYS = sa.Table(
    TABLES[0],
    _metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
_PERSONAL_KEYS = sa.Table(
    TABLES[1],
    _metadata,
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)


def create_tables(connection: sa.Connection) -> None:
    """Create the tables of keys unless they exist."""
    _metadata.create_all(connection)


def grant_api_key(connection: sa.Connection, tables: Tables, api_user: str, api_key: str) -> None:
    """Allow the user named *api_user* to authenticate with *api_key*, in addition to keys granted before.

    Raises `LookupError` when there is no such user.
    """
    user_id = _user_id(connection, tables, api_user)
    if user_id is None:
        raise LookupError(f"There is no user {api_user!r} to grant an API key to.")
    connection.execute(_KEYS.insert().prefix_with("OR REPLACE"), {"digest": _digest(api_key), "user_id": user_id})


def reset_personal_key(connection: sa.Connection, user_id: str) -> str:
    """Return a new personal key for a user, in place of the one before."""
    api_key = secrets.token_hex(32)
    statement = _PERSONAL_KEYS.insert().prefix_with("OR REPLACE")
    connection.execute(statement, {"user_id": user_id, "digest": _digest(api_key)})
    return api_key


def authenticate(connection: sa.Connection, tables: Tables, api_user: str, api_key: str) -> str:
    """Return the id of the user that the credentials belong to; raises the server's error for invalid credentials."""
    if unencodable_text((api_user, api_key)) is not None:  # headers that are not UTF-8
        raise server_errors.invalid_credentials()
    digest = _digest(api_key)
    found = connection.execute(_select_user(tables.table("User")), {"username": api_user, "digest": digest}).first()
    if found is None or not any(owned and hmac.compare_digest(str(owned), digest) for owned in found[1:]):
        raise server_errors.invalid_credentials()
    return str(found[0])


def _user_id(connection: sa.Connection, tables: Tables, username: str) -> str | None:
    found = connection.execute(_select_user(tables.table("User")), {"username": username, "digest": None}).first()
    return None if found is None else str(found[0])


@functools.lru_cache(maxsize=16)
def _select_user(table: sa.Table) -> sa.Select[Any]:
    """Return the statement that reads a user's id, the digest of the key if granted to it, and that of its own key.

    Every request needs it, so it is one statement, cached, so that SQLAlchemy compiles it once.
    """
    granted = sa.and_(_KEYS.c.user_id == table.c.id, _KEYS.c.digest == sa.bindparam("digest", type_=sa.Text))
    return (
        sa.select(table.c.id, _KEYS.c.digest, _PERSONAL_KEYS.c.digest)
        .select_from(table.outerjoin(_KEYS, granted).outerjoin(_PERSONAL_KEYS, _PERSONAL_KEYS.c.user_id == table.c.id))
        .where(table.c.username == sa.bindparam("username", type_=sa.Text))
    )


def _digest(api_key: str) -> str:
    return hashlib.sha256(api_key.encode("utf-8")).hexdigest()
