"""Edge: the start of a session as the official client does it: connecting, plugins, locations."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.events.topics import CONFIGURE_LOCATION_TOPIC, READY_TOPIC
from ftrack_orm.session.session import Session as NativeSession
from ftrack_orm.settings import DEFAULT_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from .interfaces import CompatibleSession

logger = logging.getLogger(__name__)


def native_session(
    server_url: str | None,
    api_key: str | None,
    api_user: str | None,
    schema_cache_path: str | os.PathLike[str] | bool | None,
    timeout: float | None,
    cookies: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
    strict_api: bool,
) -> NativeSession:
    """Return the session below. Raises `TypeError` for the arguments for which the official client does."""
    for name, given in (("cookies", cookies), ("headers", headers)):
        if given and not isinstance(given, Mapping):
            raise TypeError(f"{name} must be a mapping, not {given!r:.100}.")
    if not isinstance(strict_api, bool):
        raise TypeError(f"strict_api must be True or False, not {strict_api!r:.100}.")
    folder: Any = os.fspath(schema_cache_path) if isinstance(schema_cache_path, os.PathLike) else schema_cache_path
    return NativeSession(
        server_url,
        api_key or os.environ.get("FTRACK_API_KEY") or os.environ.get("FTRACK_APIKEY"),
        api_user,
        schema_cache_path=folder,
        timeout=DEFAULT_TIMEOUT_SECONDS if timeout is None else timeout,
        cookies=cookies,
        headers=headers,
        strict_api=strict_api,
        # The plugins get the compatible session.
        plugin_paths=[],
        # Events are queued for `wait` in the order in which they were received.
        event_workers=1,
    )


def start(
    session: CompatibleSession,
    plugin_paths: Iterable[str] | None,
    plugin_arguments: Mapping[str, Any] | None,
    auto_connect_event_hub: bool,
    cache: Any,
    cache_key_maker: Any,
) -> None:
    """Connect to the server, load the plugins and have them configure locations."""
    from . import plugin
    from .event.base import Event

    if cache is not None or cache_key_maker is not None:
        logger.warning("The arguments cache and cache_key_maker have no effect: the session keeps entities by itself.")
        if callable(cache):
            cache(session)
    # A wrong address or key is reported here.
    session.check_server_compatibility()
    if auto_connect_event_hub:
        session.event_hub.connect_in_background()
    if plugin_paths is None:
        plugin_paths = os.environ.get("FTRACK_EVENT_PLUGIN_PATH", "").split(os.pathsep)
    plugin.discover(plugin_paths, [session], dict(plugin_arguments or {}))
    for topic in (CONFIGURE_LOCATION_TOPIC, READY_TOPIC):
        session.event_hub.publish(Event(topic, data={"session": session}), synchronous=True)
