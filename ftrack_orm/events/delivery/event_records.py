"""Pure: the server's `Event` records as the `ftrack.update` events they tell of.

What a real server writes into a record's `data` is not documented. Used is JSON that names the event (`event`) and
holds the entity's entry in it (`entity`), as the embedded server writes it. Other records tell too little: without the
event's id, a change that was handled already could not be told from one that was missed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ftrack_orm.events.event import Event


@attrs.frozen
class ReplayedEvents:
    """The *events* that records tell of, in order, and how many records told too little (*unclear*)."""

    events: tuple[Event, ...]
    unclear: int = 0


def events_of(records: Iterable[Mapping[str, Any]]) -> ReplayedEvents:
    """Return the events that *records* tell of; the records of one event, one for each entity, make one event."""
    events: dict[str, Event] = {}
    unclear = 0
    for record in records:
        told = _data_of(record)
        event_id, entry = told.get("event"), told.get("entity")
        if not isinstance(event_id, str) or not isinstance(entry, dict):
            unclear += 1
            continue
        event = events.get(event_id)
        if event is None:
            event = events[event_id] = _event(event_id, record, told)
        event.data["entities"].append(entry)
        for parent in entry.get("parents") or ():
            identifier = parent.get("entityId") if isinstance(parent, Mapping) else None
            if identifier is not None and identifier not in event.data["parents"]:
                event.data["parents"].append(identifier)
    return ReplayedEvents(tuple(events.values()), unclear)


def _event(event_id: str, record: Mapping[str, Any], told: Mapping[str, Any]) -> Event:
    user = record.get("user")
    username = user.get("username") if isinstance(user, Mapping) else None
    user_id = record.get("user_id")
    data: dict[str, Any] = {
        "entities": [],
        "parents": [],
        "user": {"userid": user_id, "name": username},
        "clientToken": told.get("clientToken"),
        "pushToken": told.get("pushToken"),
    }
    # No id of a source: nobody waits for a reply any more.
    return Event("ftrack.update", data, source={"user": {"id": user_id, "username": username}}, id=event_id)


def _data_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    text = record.get("data")
    try:
        told = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
