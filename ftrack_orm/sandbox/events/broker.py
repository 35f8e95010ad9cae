"""State: who is connected and subscribed to what, and thereby which connections an event goes to.

Facts (PROTOCOL 3.3): subscribing and unsubscribing are events themselves; an event goes to each connection with a
subscriber whose subscription matches it, and whose metadata its target matches if it has one. It goes there once, since
clients look up their own subscribers, and to its publisher as well. The server says who published it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ftrack_orm.errors import ExpressionError, ProtocolError
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.expression import Condition, parse

SUBSCRIBE, UNSUBSCRIBE = "ftrack.meta.subscribe", "ftrack.meta.unsubscribe"


class Refused(Exception):
    """What a client asked of the event server cannot be done; the text is for the client."""


@attrs.frozen(eq=False)
class RemoteSubscriber:
    """Somebody who listens over a connection: what to, and what targets can tell it by."""

    expression: str
    condition: Condition
    metadata: Mapping[str, Any]

    def wants(self, event: Mapping[str, Any], target: Condition | None) -> bool:
        """Return whether an event is for this subscriber; *target* is the event's own, None for everybody."""
        return self.condition.matches(event) and (target is None or target.matches(self.metadata))


@attrs.define(eq=False)
class ConnectedClient:
    """One connection in the eyes of the broker: whose it is and who listens there, by id."""

    session_id: str
    user: Mapping[str, Any]
    subscribers: dict[str, RemoteSubscriber] = attrs.field(factory=dict)


class Broker:
    """The connections of one event server."""

    def __init__(self) -> None:
        self._members: dict[str, ConnectedClient] = {}

    @property
    def members(self) -> list[ConnectedClient]:
        """The connections that are open, oldest first."""
        return list(self._members.values())

    def join(self, session_id: str, user: Mapping[str, Any]) -> ConnectedClient:
        """Add a connection of *user* (`id` and `username`)."""
        member = self._members[session_id] = ConnectedClient(session_id, user)
        return member

    def leave(self, member: ConnectedClient) -> None:
        """Forget a connection and who listened there."""
        self._members.pop(member.session_id, None)

    def receive(self, member: ConnectedClient, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        """Take what a connection sends: carry out a subscription, or return the event to pass on, its source filled in.

        Raises `Refused` for what is no event, an expression that cannot be understood, and an id that is in use.
        """
        try:
            event = Event.from_payload(payload)
            if event.topic == SUBSCRIBE:
                self._subscribe(member, event.data)
                return None
            if event.topic == UNSUBSCRIBE:
                self._unsubscribe(member, event.data)
                return None
            if event.target:
                parse(event.target)
        except (ProtocolError, ExpressionError) as error:
            raise Refused(str(error)) from error
        event.source = {**event.source, "user": dict(member.user)}
        return event.to_payload()

    def recipients(self, event: Mapping[str, Any]) -> list[str]:
        """Return the session ids of the connections an event goes to; its target must be a valid expression."""
        target = parse(event["target"]) if event["target"] else None
        return [
            member.session_id
            for member in self._members.values()
            if _any_wants(member.subscribers.values(), event, target)
        ]

    def _subscribe(self, member: ConnectedClient, data: Any) -> None:
        metadata = _metadata(data)
        expression = data.get("subscription")
        if not isinstance(expression, str):
            raise Refused("A subscription needs an expression, such as topic=ftrack.update.")
        identifier = str(metadata["id"])
        if identifier in member.subscribers:
            raise Refused(f"There is a subscriber with the id {identifier!r} on this connection already.")
        member.subscribers[identifier] = RemoteSubscriber(expression, parse(expression), metadata)

    def _unsubscribe(self, member: ConnectedClient, data: Any) -> None:
        identifier = str(_metadata(data)["id"])
        if member.subscribers.pop(identifier, None) is None:
            raise Refused(f"There is no subscriber with the id {identifier!r} on this connection.")


def _any_wants(subscribers: Iterable[RemoteSubscriber], event: Mapping[str, Any], target: Condition | None) -> bool:
    return any(subscriber.wants(event, target) for subscriber in subscribers)


def _metadata(data: Any) -> Mapping[str, Any]:
    metadata = data.get("subscriber") if isinstance(data, Mapping) else None
    if not isinstance(metadata, Mapping) or not metadata.get("id"):
        raise Refused("A subscriber needs an id.")
    return metadata
