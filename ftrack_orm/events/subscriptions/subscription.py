"""State: subscribers and their index, which finds the subscribers of an event in the order they are called."""

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

#: The priority of a subscriber that sets none; lower numbers are called first (the official client's default).
DEFAULT_PRIORITY = 100

#: Topics whose subscribers are cached. Studios use a few dozen, but programs may generate new ones forever.
CACHED_TOPICS = 1024
#: The most characters of a topic whose subscribers are cached.
LONGEST_CACHED_TOPIC = 256


@attrs.frozen
class Subscription:
    """An expression on events, such as `topic=ftrack.update and data.user.username=jane`, in parsed form.

    Raises `ExpressionError` when the expression cannot be parsed.
    """

    expression: str
    condition: Condition = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(lambda self: parse(self.expression), takes_self=True)
    )
    topics: Topics = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(lambda self: topics_of(self.condition), takes_self=True)
    )

    def __str__(self) -> str:
        return self.expression


@attrs.frozen(eq=False)
class Subscriber:
    """A *callback* for the events of a *subscription*.

    Targets of events are compared with the *metadata*; its `id` identifies the subscriber, here and on the server.
    Subscribers with a lower *priority* number are called first.
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
        """Return whether the event matches the subscription, and its target, if it has one, matches the metadata.

        Raises `ExpressionError` when the event's target cannot be parsed.
        """
        if event.target and not parse(event.target).matches(self.metadata):
            return False
        return self.subscription.condition.matches(event)


@attrs.frozen(eq=False)
class _Entry:
    """A subscriber and its sort key."""

    order: tuple[int, int]
    subscriber: Subscriber


class SubscriberIndex:
    """The subscribers of a hub; a look-up evaluates only those whose topics fit the event.

    Threads may add and remove during a look-up, which sees each change completely or not at all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        #: Subscribers that name whole topics, by topic.
        self._by_topic: dict[str, list[_Entry]] = {}
        #: Subscribers that name no topics, or only prefixes.
        self._without_topic: list[_Entry] = []
        #: By topic, the candidates in order. A change replaces the dict: look-ups take no lock.
        self._candidates: dict[str, tuple[Subscriber, ...]] = {}
        self._counter = itertools.count()

    def add(self, subscriber: Subscriber) -> None:
        """Add a subscriber; raises `DuplicateSubscriber` when its id is taken, since the server would refuse it too."""
        with self._lock:
            if subscriber.identifier in self._entries:
                raise DuplicateSubscriber(
                    f"There is already a subscriber with the id {subscriber.identifier!r}. "
                    "Unsubscribe it first, or use another id."
                )
            entry = _Entry((subscriber.priority, next(self._counter)), subscriber)
            self._entries[subscriber.identifier] = entry
            for group in self._groups(subscriber):
                group.append(entry)
            self._candidates = {}

    def remove(self, identifier: str) -> Subscriber | None:
        """Remove and return the subscriber with that id; return None if the id is unknown."""
        with self._lock:
            entry = self._entries.pop(identifier, None)
            if entry is None:
                return None
            for group in self._groups(entry.subscriber):
                group.remove(entry)
            for topic in entry.subscriber.subscription.topics.exact:
                if not self._by_topic.get(topic, True):
                    del self._by_topic[topic]
            self._candidates = {}
            return entry.subscriber

    def get(self, identifier: str) -> Subscriber | None:
        """Return the subscriber with that id, or None."""
        entry = self._entries.get(identifier)
        return entry.subscriber if entry is not None else None

    def interested_in(self, event: Event) -> list[Subscriber]:
        """Return the subscribers of an event, ordered by priority and then by the time they were added.

        Raises `ExpressionError` when the event's target cannot be parsed.
        """
        candidates = self._candidates.get(event.topic)
        if candidates is None:
            candidates = self._find_candidates(event.topic)
        if not event.target or not candidates:
            return [subscriber for subscriber in candidates if subscriber.subscription.condition.matches(event)]
        is_target = parse(event.target).matches
        return [
            subscriber
            for subscriber in candidates
            if is_target(subscriber.metadata) and subscriber.subscription.condition.matches(event)
        ]

    def __iter__(self) -> Iterator[Subscriber]:
        """Iterate over a copy of all subscribers, in the order they were added."""
        with self._lock:
            entries = list(self._entries.values())
        return iter([entry.subscriber for entry in entries])

    def __len__(self) -> int:
        return len(self._entries)

    def _groups(self, subscriber: Subscriber) -> list[list[_Entry]]:
        topics = subscriber.subscription.topics
        if topics.prefixes:
            return [self._without_topic]
        return [self._by_topic.setdefault(topic, []) for topic in topics.exact]

    def _find_candidates(self, topic: str) -> tuple[Subscriber, ...]:
        with self._lock:
            entries = [
                *self._by_topic.get(topic, ()),
                *(entry for entry in self._without_topic if entry.subscriber.subscription.topics.admit(topic)),
            ]
            entries.sort(key=operator.attrgetter("order"))
            candidates = tuple(entry.subscriber for entry in entries)
            if len(self._candidates) >= CACHED_TOPICS:
                self._candidates = {}
            if len(topic) <= LONGEST_CACHED_TOPIC:
                self._candidates[topic] = candidates
            return candidates
