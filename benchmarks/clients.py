"""Opening a session of either client, in the process that is measured."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .frame import Server

OURS = "ftrack_orm"
OURS_WITH_ORJSON = "ftrack_orm + orjson"
OFFICIAL = "ftrack-python-api"


def choose_json(client: str) -> None:
    """Keep *client* from using orjson unless it is the one that is measured with it; has to be called first of all."""
    if client != OURS_WITH_ORJSON:
        # Python takes a module that is None for one that is not installed.
        sys.modules["orjson"] = None  # type: ignore[assignment]


def open_session(client: str, server: Server, **settings: Any) -> Any:
    """Return a session of *client* on *server* that knows the schema, which is kept in the server's folder."""
    if client == OFFICIAL:
        import ftrack_api

        return ftrack_api.Session(
            server.url, server.api_key, server.user, schema_cache_path=server.folder, auto_connect_event_hub=False
        )
    from ftrack_orm import Session

    session = Session(server.url, server.api_key, server.user, schema_cache_path=server.folder, **settings)
    session.server_information  # noqa: B018 - the first need is what connects
    return session


def count_requests(session: Any, counted: Callable[..., object]) -> None:
    """Have *counted* called for each request the session makes."""
    if type(session).__module__.startswith("ftrack_orm"):
        session.observe(counted)
    else:
        session._request.hooks["response"].append(counted)
