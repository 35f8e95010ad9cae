"""Sessions of both clients, opened in the process that is measured."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .processes import Server

OURS = "ftrack_orm"
OURS_WITH_ORJSON = "ftrack_orm + orjson"
OFFICIAL = "ftrack-python-api"


def choose_json(client: str) -> None:
    """Hide orjson from this process unless *client* is measured with it. Must be called before any other import."""
    if client != OURS_WITH_ORJSON:
        # For Python, a module that is set to None is not installed.
        sys.modules["orjson"] = None  # type: ignore[assignment]


def open_session(client: str, server: Server, **settings: Any) -> Any:
    """Return a connected session of *client* that knows the schema, which is cached in the folder of the server."""
    if client == OFFICIAL:
        import ftrack_api

        return ftrack_api.Session(
            server.url, server.api_key, server.user, schema_cache_path=server.folder, auto_connect_event_hub=False
        )
    from ftrack_orm import Session

    session = Session(server.url, server.api_key, server.user, schema_cache_path=server.folder, **settings)
    session.server_information  # noqa: B018 - a session connects with its first request
    return session


def count_requests(session: Any, callback: Callable[..., object]) -> None:
    """Call *callback* for each request that the session makes."""
    if type(session).__module__.startswith("ftrack_orm"):
        session.observe(callback)
    else:
        session._request.hooks["response"].append(callback)
