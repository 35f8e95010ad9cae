"""State: the connected clients and their subscriptions, which decide the recipients of an event.

Facts (PROTOCOL 3.3): subscribing and unsubscribing are events themselves. An event goes to every connection with a
subscriber whose subscription matches the event and whose metadata matches the event's target, if it has one. It goes
there once, since clients dispatch to their subscribers themselves, and to its publisher as well. The server sets the
user in the source of an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ftrack_orm.errors import ExpressionError, InvalidValue, ProtocolError
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.expression import Condition, parse
from ftrack_orm.wire.socketio import event_packet

#: The longest part of an id that an error shows.
_EXCERPT_LENGTH = 200

SUBSCRIBE, UNSUBSCRIBE = "ftrack.meta.subscribe", "ftrack.meta.unsubscribe"


class EventRefused(Exception):
    """The event server cannot process an event of a client; the message is sent to the client."""


@attrs.frozen(eq=False)
class RemoteSubscriber:
    """A subscriber of a client: its subscription, and the metadata that targets of events are matched against."""

    expression: str
    condition: Condition
    metadata: Mapping[str, Any]

    def matches(self, event: Mapping[str, Any], target: Condition | None) -> bool:
        """Return whether this subscriber receives an event; *target* is the event's target, None if it has none."""
        return self.condition.matches(event) and (target is None or target.matches(self.metadata))


@attrs.define(eq=False)
class ConnectedClient:
    """A connection as the broker sees it: its user, and its subscribers by id."""

    session_id: str
    user: Mapping[str, Any]
    subscribers: dict[str, RemoteSubscriber] = attrs.field(factory=dict)


class Broker:
    """The clients of one event server."""

    def __init__(self) -> None:
        self._clients: dict[str, ConnectedClient] = {}

    @property
    def clients(self) -> list[ConnectedClient]:
        """The connected clients, oldest connection first."""
        return list(self._clients.values())

    def add_client(self, session_id: str, user: Mapping[str, Any]) -> ConnectedClient:
        """Add a connection of *user* (`id` and `username`)."""
        client = self._clients[session_id] = ConnectedClient(session_id, user)
        return client

    def remove_client(self, client: ConnectedClient) -> None:
        """Remove a connection and its subscribers."""
        self._clients.pop(client.session_id, None)

    def receive(self, client: ConnectedClient, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        """Process an event of a client.

        Return the event to deliver, with the user in its source, or None for an event that (un)subscribes. Raises
        `EventRefused` for an invalid event, an invalid expression, values that cannot be sent on (NaN, half of a
        surrogate pair), and the id of a subscriber that is taken or unknown.
        """
        try:
            event = Event.from_payload(payload)
            if event.topic == SUBSCRIBE:
                self._subscribe(client, event.data)
                return None
            if event.topic == UNSUBSCRIBE:
                self._unsubscribe(client, event.data)
                return None
            if event.target:
                parse(event.target)
            event.source = {**event.source, "user": dict(client.user)}
            delivered = event.to_payload()
            event_packet(delivered, None)
        except (ProtocolError, ExpressionError, InvalidValue) as error:
            raise EventRefused(str(error)) from error
        return delivered

    def recipients(self, event: Mapping[str, Any]) -> list[str]:
        """Return the session ids of the connections that receive an event; its target must be a valid expression."""
        target = parse(event["target"]) if event["target"] else None
        return [
            client.session_id
            for client in self._clients.values()
            if any(subscriber.matches(event, target) for subscriber in client.subscribers.values())
        ]

    def _subscribe(self, client: ConnectedClient, data: Any) -> None:
        metadata = _subscriber_metadata(data)
        expression = data.get("subscription")
        if not isinstance(expression, str):
            raise EventRefused("A subscription needs an expression, such as topic=ftrack.update.")
        identifier = str(metadata["id"])
        if identifier in client.subscribers:
            raise EventRefused(
                f"This connection already has a subscriber with the id {identifier[:_EXCERPT_LENGTH]!r}."
            )
        client.subscribers[identifier] = RemoteSubscriber(expression, parse(expression), metadata)

    def _unsubscribe(self, client: ConnectedClient, data: Any) -> None:
        identifier = str(_subscriber_metadata(data)["id"])
        if client.subscribers.pop(identifier, None) is None:
            raise EventRefused(f"This connection has no subscriber with the id {identifier[:_EXCERPT_LENGTH]!r}.")


def _subscriber_metadata(data: Any) -> Mapping[str, Any]:
    metadata = data.get("subscriber") if isinstance(data, Mapping) else None
    if not isinstance(metadata, Mapping) or not metadata.get("id") or not isinstance(metadata["id"], (str, int)):
        raise EventRefused("A subscriber needs an id.")
    return metadata
