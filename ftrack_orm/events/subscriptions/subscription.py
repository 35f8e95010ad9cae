"""State: who wants which events, found quickly for each event and in the order they are to be told."""

from __future__ import annotations

import itertools
import operator
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from ftrack_orm.errors import DuplicateSubscriber
from ftrack_orm.events.event import Event

from .conditions import Topics, topics_of
from .expression import Condition, parse

#: What a subscriber gets unless it says otherwise; lower numbers are told first (the official client's default).
DEFAULT_PRIORITY = 100

#: Topics whose subscribers are remembered; studios use few dozens, but nothing keeps them from making up new ones.
_REMEMBERED_TOPICS = 1024


@attrs.frozen
class Subscription:
    """Which events are wanted: an expression on them, such as `topic=ftrack.update and data.user.username=jane`.

    Raises `ExpressionError` when the expression cannot be read.
    """

    expression: str
    condition: Condition = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(lambda self: parse(self.expression), takes_self=True)
    )
    topics: Topics = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(lambda self: topics_of(self.condition), takes_self=True)
    )

    def includes(self, event: Mapping[str, Any]) -> bool:
        """Return whether *event*, or the payload of one, is wanted. Its target is not looked at."""
        return self.condition.matches(event)

    def __str__(self) -> str:
        return self.expression


@attrs.frozen(eq=False)
class Subscriber:
    """A *callback* for the events of a *subscription*.

    *metadata* is what targets are compared with; its `id` names the subscriber, here and on the server. Subscribers of
    a lower *priority* number are told first.
    """

    subscription: Subscription
    callback: Callable[[Event], Any] = attrs.field(repr=False)
    metadata: Mapping[str, Any]
    priority: int = DEFAULT_PRIORITY

    @property
    def identifier(self) -> str:
        """The id in the metadata."""
        identifier: str = self.metadata["id"]
        return identifier

    def interested_in(self, event: Event) -> bool:
        """Return whether the event is wanted, and meant for this subscriber if it has a target.

        Raises `ExpressionError` when the event's target cannot be read.
        """
        if event.target and not parse(event.target).matches(self.metadata):
            return False
        return self.subscription.condition.matches(event)


@attrs.frozen(eq=False)
class _Entry:
    """A subscriber and its place in the order."""

    order: tuple[int, int]
    subscriber: Subscriber


class SubscriberIndex:
    """The subscribers of a hub. Finding those of an event looks only at the ones whose topics fit it.

    Threads may add and remove while another asks; what asks sees either all of a change or nothing of it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        #: Subscribers that name their topics, by topic; and those that do not, or only by their beginnings.
        self._by_topic: dict[str, list[_Entry]] = {}
        self._open: list[_Entry] = []
        #: What was found for a topic, in order. Replaced, not emptied, on a change: whoever asks takes no lock.
        self._found: dict[str, tuple[Subscriber, ...]] = {}
        self._counter = itertools.count()

    def add(self, subscriber: Subscriber) -> None:
        """Add a subscriber; raises `DuplicateSubscriber` when its id is taken, as the server would refuse it too."""
        with self._lock:
            if subscriber.identifier in self._entries:
                raise DuplicateSubscriber(
                    f"There is a subscriber with the id {subscriber.identifier!r} already; "
                    "unsubscribe it first, or give this one another id."
                )
            entry = _Entry((subscriber.priority, next(self._counter)), subscriber)
            self._entries[subscriber.identifier] = entry
            for group in self._groups(subscriber):
                group.append(entry)
            self._found = {}

    def remove(self, identifier: str) -> Subscriber | None:
        """Remove and return the subscriber with that id, or return None when there is none."""
        with self._lock:
            entry = self._entries.pop(identifier, None)
            if entry is None:
                return None
            for group in self._groups(entry.subscriber):
                group.remove(entry)
            for topic in entry.subscriber.subscription.topics.exact:
                if not self._by_topic.get(topic, True):
                    del self._by_topic[topic]
            self._found = {}
            return entry.subscriber

    def get(self, identifier: str) -> Subscriber | None:
        """Return the subscriber with that id, or None."""
        entry = self._entries.get(identifier)
        return entry.subscriber if entry is not None else None

    def interested_in(self, event: Event) -> list[Subscriber]:
        """Return the subscribers the event is for, by priority, and within one priority in the order they were added.

        Raises `ExpressionError` when the event's target cannot be read.
        """
        candidates = self._found.get(event.topic)
        if candidates is None:
            candidates = self._find(event.topic)
        if not event.target:
            return [subscriber for subscriber in candidates if subscriber.subscription.condition.matches(event)]
        return [subscriber for subscriber in candidates if subscriber.interested_in(event)]

    def __iter__(self) -> Iterator[Subscriber]:
        """Iterate over all subscribers there are now, in the order they were added."""
        with self._lock:
            entries = list(self._entries.values())
        return iter([entry.subscriber for entry in entries])

    def __len__(self) -> int:
        return len(self._entries)

    def _groups(self, subscriber: Subscriber) -> list[list[_Entry]]:
        topics = subscriber.subscription.topics
        if topics.prefixes:
            return [self._open]
        return [self._by_topic.setdefault(topic, []) for topic in topics.exact]

    def _find(self, topic: str) -> tuple[Subscriber, ...]:
        with self._lock:
            named = self._by_topic.get(topic, [])
            entries = [*named, *(entry for entry in self._open if entry.subscriber.subscription.topics.admit(topic))]
            entries.sort(key=operator.attrgetter("order"))
            found = tuple(entry.subscriber for entry in entries)
            if len(self._found) >= _REMEMBERED_TOPICS:
                self._found = {}
            self._found[topic] = found
            return found
