"""Edge: the event hub of a session: made from its settings, and introduced to the session's plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ftrack_orm.entities.row_queries import query_reply
from ftrack_orm.events.event import Event
from ftrack_orm.events.hub import EventHub
from ftrack_orm.events.options import HubOptions
from ftrack_orm.settings import Settings
from ftrack_orm.transport.websocket import EventConnector
from ftrack_orm.wire.operations import QueryOperation, ServerCall

from .plugins import load_plugins

#: Local topics that studios' plugins rely on (PROTOCOL 3.5); the data of each is `{"session": session}`.
CONFIGURE_LOCATION_TOPIC = "ftrack.api.session.configure-location"
READY_TOPIC = "ftrack.api.session.ready"
RESET_TOPIC = "ftrack.api.session.reset"


def make_hub(settings: Settings, call: ServerCall) -> EventHub:
    """Return the hub that *settings* describe; *call* is how it asks for the events it missed. Does no I/O."""

    def query(expression: str) -> Sequence[Mapping[str, Any]]:
        (reply,) = call([QueryOperation(expression)])
        return query_reply(reply).data

    options = HubOptions(
        workers=settings.event_workers,
        queue_size=settings.event_queue_size,
        full_queue=settings.full_event_queue,
        slow_callback_seconds=settings.slow_callback_seconds,
        reconnect_limit=settings.reconnect_limit,
        outbox_size=settings.event_outbox_size,
        reply_lifetime=settings.reply_lifetime,
        catch_up=settings.catch_up_events,
    )
    return EventHub(EventConnector(settings).open, settings.api_user, query, options)


def introduce_plugins(hub: EventHub, session: Any, settings: Settings) -> None:
    """Load the session's plugins and tell them, as the official client does when its session is made: first to
    configure locations, then that the session is ready."""
    load_plugins(settings.plugin_paths, session, settings.plugin_arguments)
    _announce(hub, session, CONFIGURE_LOCATION_TOPIC, READY_TOPIC)


def announce_reset(hub: EventHub, session: Any) -> None:
    """Tell plugins that the session begins anew: first to configure locations, as the official client does."""
    _announce(hub, session, CONFIGURE_LOCATION_TOPIC, RESET_TOPIC)


def _announce(hub: EventHub, session: Any, *topics: str) -> None:
    for topic in topics:
        hub.publish(Event(topic, {"session": session}), synchronous=True)
