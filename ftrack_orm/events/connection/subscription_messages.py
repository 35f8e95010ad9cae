"""State: the messages that register subscribers with the server, and the subscribers registered on a connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm.events.event import Event
from ftrack_orm.events.remembered import remembered_id
from ftrack_orm.events.topics import SUBSCRIBE_TOPIC, UNSUBSCRIBE_TOPIC

from .outbox import OutgoingMessage


def subscribe_message(metadata: Mapping[str, Any], expression: str) -> OutgoingMessage:
    """Return the message that registers a subscriber with the server (PROTOCOL 3.3)."""
    return _message(SUBSCRIBE_TOPIC, metadata, {"subscription": expression})


def unsubscribe_message(metadata: Mapping[str, Any]) -> OutgoingMessage:
    """Return the message that removes a subscriber from the server (PROTOCOL 3.3)."""
    return _message(UNSUBSCRIBE_TOPIC, metadata, {})


def _message(topic: str, metadata: Mapping[str, Any], details: Mapping[str, Any]) -> OutgoingMessage:
    event = Event(topic, {"subscriber": dict(metadata), **details})
    return OutgoingMessage(event.to_payload(), durable=False, subscriber_id=str(metadata["id"]))


class AnnouncedSubscribers:
    """The subscribers that were registered with the server on one connection.

    A subscriber can be announced twice: by the messages that a connection begins with, and by a message queued before.
    """

    def __init__(self) -> None:
        self._identifiers: set[str] = set()

    def is_redundant(self, message: OutgoingMessage) -> bool:
        """Return whether the server knows the content of a message already; if not, it is taken as sent now."""
        identifier = message.subscriber_id
        if identifier is None:
            return False
        identifier = remembered_id(identifier)
        was_announced = identifier in self._identifiers
        if message.payload["topic"] == SUBSCRIBE_TOPIC:
            self._identifiers.add(identifier)
            return was_announced
        self._identifiers.discard(identifier)
        return not was_announced
