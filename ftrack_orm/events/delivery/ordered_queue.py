"""State: the order of deliveries: those that share a key are handled one after the other."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.subscription import Subscriber


@attrs.define(eq=False)
class Job:
    """The delivery of an event to its subscribers, ordered among the jobs that share one of its *keys*."""

    event: Event
    subscribers: list[Subscriber]
    keys: tuple[str, ...]
    #: The number of unfinished jobs that this one waits for.
    blockers: int = 0
    #: The jobs that wait for this one.
    followers: list[Job] = attrs.field(factory=list)
    #: Whether the queue was full: the job keeps its position, and no subscriber is called.
    dropped: bool = False


class OrderedQueue:
    """Jobs ordered per key: a job waits for the last unfinished job of each of its keys. Not thread-safe."""

    def __init__(self) -> None:
        self._last_by_key: dict[str, Job] = {}

    def add(self, job: Job) -> bool:
        """Append a job; return whether it can start at once."""
        last_by_key = self._last_by_key
        for key in job.keys:
            previous = last_by_key.get(key)
            if previous is not None and previous is not job:
                previous.followers.append(job)
                job.blockers += 1
            last_by_key[key] = job
        return not job.blockers

    def done(self, job: Job) -> list[Job]:
        """Remove a finished job; return the jobs that can start now."""
        last_by_key = self._last_by_key
        for key in job.keys:
            if last_by_key.get(key) is job:
                del last_by_key[key]
        ready = []
        for follower in job.followers:
            follower.blockers -= 1
            if not follower.blockers:
                ready.append(follower)
        job.followers.clear()
        return ready

    def __len__(self) -> int:
        """Return the number of keys with unfinished jobs."""
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
