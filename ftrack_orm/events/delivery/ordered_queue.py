"""State: the order of deliveries: those that share a key are handled one after the other."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.subscription import Subscriber


@attrs.define(eq=False)
class Delivery:
    """The delivery of an event to its subscribers, ordered among the deliveries that share one of its *keys*."""

    event: Event
    subscribers: list[Subscriber]
    keys: tuple[str, ...]
    #: The number of unfinished deliveries that this one waits for.
    blockers: int = 0
    #: The deliveries that wait for this one.
    followers: list[Delivery] = attrs.field(factory=list)
    #: Whether the queue was full: the delivery keeps its position, and no subscriber is called.
    dropped: bool = False


class OrderedQueue:
    """Deliveries ordered per key: each waits for the last unfinished one of each of its keys. Not thread-safe."""

    def __init__(self) -> None:
        self._last_by_key: dict[str, Delivery] = {}

    def add(self, delivery: Delivery) -> bool:
        """Append a delivery; return whether it can start at once."""
        last_by_key = self._last_by_key
        for key in delivery.keys:
            previous = last_by_key.get(key)
            if previous is not None and previous is not delivery:
                previous.followers.append(delivery)
                delivery.blockers += 1
            last_by_key[key] = delivery
        return not delivery.blockers

    def done(self, delivery: Delivery) -> list[Delivery]:
        """Remove a finished delivery; return the deliveries that can start now."""
        last_by_key = self._last_by_key
        for key in delivery.keys:
            if last_by_key.get(key) is delivery:
                del last_by_key[key]
        ready = []
        for follower in delivery.followers:
            follower.blockers -= 1
            if not follower.blockers:
                ready.append(follower)
        delivery.followers.clear()
        return ready

    def __len__(self) -> int:
        """Return the number of keys with unfinished deliveries."""
        return len(self._last_by_key)


def ordering_keys(event: Event, subscribers: Iterable[Subscriber]) -> tuple[str, ...]:
    """Return the ids of the entities that an event names, or if it names none, the ids of its subscribers.

    Events name entities in `entities` (`ftrack.update`) and `selection` (`ftrack.action.*`), PROTOCOL 3.5 and 3.6.
    """
    data = event.data
    if isinstance(data, dict):
        entries = data.get("entities") or data.get("selection")
        if isinstance(entries, list):
            identifiers = [entry.get("entityId") for entry in entries if isinstance(entry, dict)]
            keys = tuple(dict.fromkeys(str(each) for each in identifiers if each and isinstance(each, (str, int))))
            if keys:
                return keys
    return tuple(subscriber.identifier for subscriber in subscribers)
