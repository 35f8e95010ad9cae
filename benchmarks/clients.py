"""Opening a session of either client, in the process that is measured."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

OURS = "ftrack_orm"
OURS_WITH_ORJSON = "ftrack_orm + orjson"
OFFICIAL = "ftrack-python-api"

#: What every server of the benchmarks lets in.
USER, KEY = "benchmark", "benchmark"


def open_session(client: str, url: str, cache: str, *, user: str = USER, api_key: str = KEY, **settings: Any) -> Any:
    """Return a session of *client* on the server at *url* that knows the schema; *cache* is a folder for it."""
    if client == OFFICIAL:
        import ftrack_api

        return ftrack_api.Session(url, api_key, user, schema_cache_path=cache, auto_connect_event_hub=False)
    if client == OURS:
        # Python takes a module that is None for one that is not installed.
        sys.modules["orjson"] = None  # type: ignore[assignment]
    from ftrack_orm import Session

    session = Session(url, api_key, user, schema_cache_path=cache, **settings)
    session.server_information  # noqa: B018 - the first need is what connects
    return session


def count_requests(session: Any, counted: Callable[..., object]) -> None:
    """Have *counted* called for each request the session makes."""
    if type(session).__module__.startswith("ftrack_orm"):
        session.observe(counted)
    else:
        session._request.hooks["response"].append(counted)
