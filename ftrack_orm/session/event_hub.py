"""Edge: creates the event hub of a session, and loads and notifies the session's plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.row_queries import query_reply
from ftrack_orm.events.event import Event
from ftrack_orm.events.hub import EventHub
from ftrack_orm.events.topics import CONFIGURE_LOCATION_TOPIC, READY_TOPIC, RESET_TOPIC
from ftrack_orm.transport.websocket import EventConnector
from ftrack_orm.wire.operations import QueryOperation, ServerCall

from .plugins import load_plugins

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ftrack_orm.entities.committing.unit_of_work import UnitOfWork
    from ftrack_orm.settings import Settings


def make_hub(
    settings: Settings, call: ServerCall, unit_of_work: UnitOfWork, on_close: Callable[[], object]
) -> EventHub:
    """Return a hub for *settings*, not connected. Makes no request.

    *call* sends the queries for missed events, and *on_close* ends those under way when the hub is closed. Edits of
    entities by callbacks are recorded in *unit_of_work*.
    """

    def query_records(expression: str) -> Sequence[Mapping[str, Any]]:
        (reply,) = call([QueryOperation(expression)])
        return query_reply(reply).data

    def callback_unit(on_leftovers: Callable[[str], object] | None) -> AbstractContextManager[None]:
        if on_leftovers is None:
            # The callback is called by the flow that publishes: its edits join the unit of that flow.
            return unit_of_work.apart(commit=False)
        return unit_of_work.for_callback(on_leftovers)

    open_websocket = EventConnector(settings).open
    return EventHub(settings, open_websocket, query_records, callback_unit=callback_unit, on_close=on_close)


def load_session_plugins(hub: EventHub, session: Any, settings: Settings) -> None:
    """Load the session's plugins and publish the local events that they rely on.

    As in the official client, they are first asked to configure locations and then notified that the session is ready.
    """
    load_plugins(settings.plugin_paths, session, settings.plugin_arguments, hub.run_callback)
    _publish_locally(hub, session, CONFIGURE_LOCATION_TOPIC, READY_TOPIC)


def announce_reset(hub: EventHub, session: Any) -> None:
    """Notify plugins that the session was reset; as in the official client, they first configure locations again."""
    _publish_locally(hub, session, CONFIGURE_LOCATION_TOPIC, RESET_TOPIC)


def _publish_locally(hub: EventHub, session: Any, *topics: str) -> None:
    for topic in topics:
        hub.publish(Event(topic, {"session": session}), synchronous=True)
