"""Sessions of the official Python client with the embedded server."""

from __future__ import annotations

from typing import Any

import ftrack_api

from ftrack_orm.sandbox import Sandbox


def official_session(box: Sandbox, **options: Any) -> Any:
    """Return a session of the official client with a cache of its own; the caller closes it.

    It loads no plugins, keeps no schema on disk and connects no event hub. *options* are its arguments, which win.
    """
    arguments = {
        "server_url": box.url,
        "api_user": box.api_user,
        "api_key": box.api_key,
        "auto_connect_event_hub": False,
        "schema_cache_path": False,
        "plugin_paths": [],
    }
    return ftrack_api.Session(**{**arguments, **options})
