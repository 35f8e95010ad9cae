"""State: which events may be handled now, so that those about the same thing are handled one after the other."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.subscription import Subscriber


@attrs.define(eq=False)
class Job:
    """An event and the subscribers to be told of it, in the lanes of the *keys* it is about."""

    event: Event
    subscribers: list[Subscriber]
    keys: tuple[str, ...]
    #: How many jobs before it are not done.
    blockers: int = 0
    followers: list[Job] = attrs.field(factory=list)
    #: Given up because there were too many: it keeps its place, and nothing is called.
    dropped: bool = False


class OrderedQueue:
    """Jobs in lanes, one for each key: a job waits for the last one in each of its lanes. Not safe for threads."""

    def __init__(self) -> None:
        self._last: dict[str, Job] = {}

    def add(self, job: Job) -> bool:
        """Put a job at the end of its lanes; return whether it may be done at once."""
        last = self._last
        for key in job.keys:
            before = last.get(key)
            if before is not None and before is not job:
                before.followers.append(job)
                job.blockers += 1
            last[key] = job
        return not job.blockers

    def done(self, job: Job) -> list[Job]:
        """Take a finished job out; return those that may be done now."""
        last = self._last
        for key in job.keys:
            if last.get(key) is job:
                del last[key]
        freed = []
        for follower in job.followers:
            follower.blockers -= 1
            if not follower.blockers:
                freed.append(follower)
        job.followers.clear()
        return freed

    def __len__(self) -> int:
        """How many lanes are in use."""
        return len(self._last)


def lane_keys(event: Event, subscribers: Iterable[Subscriber]) -> tuple[str, ...]:
    """Return what an event is about: the entities it names, or if it names none, the subscribers that are told.

    Named are entities in `entities` (`ftrack.update`) and `selection` (`ftrack.action.*`), PROTOCOL 3.5 and 3.6.
    """
    data = event.data
    if isinstance(data, dict):
        listed = data.get("entities") or data.get("selection")
        if isinstance(listed, list):
            named = [entry.get("entityId") for entry in listed if isinstance(entry, dict)]
            found = tuple(dict.fromkeys(str(name) for name in named if name))
            if found:
                return found
    return tuple(subscriber.identifier for subscriber in subscribers)
