"""Pure: the event, as an object for callbacks and as the JSON payload that is sent and received.

Facts (PROTOCOL 3.2): the payload's keys are `id`, `topic`, `data`, `sent`, `source`, `target` and `inReplyToEvent`;
other keys make the official Python client drop the event.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import attrs

from ftrack_orm.errors import InvalidValue, ProtocolError

from .remembered import excerpt
from .subscriptions.expression import quoted
from .topics import REPLY_TOPIC

#: Keys of an event used as a mapping -> attribute. The wire's name of the last one is accepted as well, because the
#: server evaluates subscription expressions too, and knows only that name.
_ATTRIBUTES_BY_KEY = {
    "id": "id",
    "topic": "topic",
    "data": "data",
    "sent": "sent",
    "source": "source",
    "target": "target",
    "in_reply_to_event": "in_reply_to_event",
    "inReplyToEvent": "in_reply_to_event",
}
_KEYS = tuple(key for key in _ATTRIBUTES_BY_KEY if key != "inReplyToEvent")


def _new_id() -> str:
    return uuid.uuid4().hex


def _text_of_id(value: Any) -> str | None:
    """Return a received id as text, or None for a value that cannot be one."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and value else None


def _or_empty(value: Any) -> Any:
    return {} if value is None else value


@attrs.define
class Event(MutableMapping[str, Any]):
    """A message from a publisher to subscribers: a notification, or a request that subscribers may reply to.

    *topic* names the event in dotted words (`ftrack.update`, `studio.publish.done`). *data* is a mapping of JSON
    values; in replies it may be any JSON value. *target* is an expression on the metadata of subscribers: only matching
    subscribers receive the event, or all of them if it is empty. *in_reply_to_event* is the id of the event that this
    one replies to. *source* identifies the publisher (`source["id"]`, `source["user"]["username"]`), and *sent* the
    time; the hub and the server fill both in. *received_at* is the time at which an event was received, None for one
    that was not.

    An event can be used as a mapping, as in the official client: `event["data"]`, `event.get("source")`.
    """

    topic: str
    data: Any = attrs.field(default=None, converter=_or_empty)
    target: str = ""
    in_reply_to_event: str | None = None
    source: dict[str, Any] = attrs.field(default=None, converter=_or_empty)
    sent: Any = None
    id: str = attrs.field(factory=_new_id)
    received_at: datetime.datetime | None = attrs.field(default=None, init=False, repr=False, eq=False)
    _stopped: bool = attrs.field(default=False, init=False, repr=False, eq=False)

    def stop(self) -> None:
        """Skip the subscribers that come after the one being called now."""
        self._stopped = True

    @property
    def is_stopped(self) -> bool:
        """Whether a subscriber stopped the event."""
        return self._stopped

    def reply(self, data: Any, source: Mapping[str, Any] | None = None) -> Event:
        """Return an event that replies to this one with *data* and is targeted at its publisher.

        *source* identifies the replying subscriber. Raises `InvalidValue` when this event has no source id.
        """
        identifier = self.source.get("id")
        if not identifier:
            raise InvalidValue(f"The event {self.id} ({self.topic}) has no source id, so a reply cannot be addressed.")
        return Event(
            REPLY_TOPIC,
            data,
            target=f"id={quoted(str(identifier))}",
            in_reply_to_event=self.id,
            source=dict(source) if source is not None else None,
        )

    def to_payload(self) -> dict[str, Any]:
        """Return the payload that is sent to the server; data and source are not copied."""
        return {
            "id": self.id,
            "topic": self.topic,
            "data": self.data,
            "sent": self.sent,
            "source": self.source,
            "target": self.target,
            "inReplyToEvent": self.in_reply_to_event,
        }

    @classmethod
    def of(cls, value: Any) -> Event:
        """Return *value* if it is an event, or the event of a mapping, as events of the official client are.

        Raises `InvalidValue` for anything else, and for keys that events do not have.
        """
        if isinstance(value, Event):
            return value
        if not isinstance(value, Mapping) or not isinstance(value.get("topic"), str):
            raise InvalidValue(f"An event is needed, such as Event('studio.done', {{'id': 1}}), not {value!r:.200}.")
        unknown = [key for key in value if key not in _ATTRIBUTES_BY_KEY]
        if unknown:
            raise InvalidValue(f"An event has no {unknown[0]!r}, only {', '.join(_KEYS)}.")
        given = {_ATTRIBUTES_BY_KEY[key]: item for key, item in value.items() if item is not None}
        return cls(**given)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Event:
        """Return the event of a received payload; unknown keys are ignored.

        An id that is neither text nor a number is replaced by a new one, and such an `inReplyToEvent` by None: the
        event is no reply to any other.

        Raises `ProtocolError` when there is no topic, or when the source is not a mapping or the target is not text.
        """
        get = payload.get
        topic, source, target = get("topic"), get("source"), get("target")
        if not isinstance(topic, str) or not topic:
            raise ProtocolError(f"An event without a topic was received: {excerpt(payload)}.")
        if source is not None and not isinstance(source, dict):
            raise ProtocolError(f"The source of an event must be a mapping: {excerpt(payload)}.")
        if target is not None and not isinstance(target, str):
            raise ProtocolError(f"The target of an event must be an expression: {excerpt(payload)}.")
        event = cls(
            topic,
            get("data"),
            target or "",
            _text_of_id(get("inReplyToEvent")),
            source,
            get("sent"),
            _text_of_id(get("id")) or _new_id(),
        )
        event.received_at = datetime.datetime.now(datetime.timezone.utc)
        return event

    def __getitem__(self, key: str) -> Any:
        return getattr(self, _ATTRIBUTES_BY_KEY[key])

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, _ATTRIBUTES_BY_KEY[key], value)

    def __delitem__(self, key: str) -> None:
        raise InvalidValue(f"An event keeps all of its keys. Write event[{key!r}] = None to clear one.")

    def __iter__(self) -> Iterator[str]:
        return iter(_KEYS)

    def __len__(self) -> int:
        return len(_KEYS)
