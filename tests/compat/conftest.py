"""Fixtures: a compatible session, and a session of the official client, on the embedded server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ftrack_api
import pytest

from ftrack_orm import compat
from ftrack_orm.sandbox import Sandbox

#: Returns a session of the client that is given, the compatibility layer by default.
ConnectClient = Callable[..., Any]


@pytest.fixture
def connect_client(box: Sandbox, schema_cache: Path, tmp_path: Path) -> Iterator[ConnectClient]:
    """Creates sessions of either client and closes them when the test ends."""
    sessions = []

    def create_session(client: Any = compat, **arguments: Any) -> Any:
        folder = schema_cache if client is compat else tmp_path
        given = {"plugin_paths": [], "auto_connect_event_hub": False, "schema_cache_path": str(folder), **arguments}
        session = client.Session(box.url, box.api_key, box.api_user, **given)
        sessions.append(session)
        return session

    yield create_session
    for session in sessions:
        session.rollback()
        session.close()


@pytest.fixture
def compatible(connect_client: ConnectClient) -> Any:
    """A compatible session."""
    return connect_client()


@pytest.fixture
def official(connect_client: ConnectClient) -> Any:
    """A session of the official client."""
    return connect_client(ftrack_api)
