"""Pure: from the server's `Event` records to the `ftrack.update` events they record.

The content of `Event.data` on real servers is not documented. Records are used if their data is JSON that holds the
event's id (`event`) and the entity's entry (`entity`), as the embedded server writes it. Other records are unusable:
without the event's id, a change that was handled already cannot be distinguished from a missed one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ftrack_orm.events.event import Event
from ftrack_orm.events.topics import UPDATE_TOPIC


@attrs.frozen
class ReplayedEvents:
    """The *events* of some records, in order, and the number of records that were *unusable*."""

    events: tuple[Event, ...]
    unusable: int = 0


def replay_events(records: Iterable[Mapping[str, Any]]) -> ReplayedEvents:
    """Return the events of *records*; the records of one event, one for each entity, make one event."""
    events: dict[str, Event] = {}
    unusable = 0
    for record in records:
        data = _record_data(record) if isinstance(record, Mapping) else {}
        event_id, entry = data.get("event"), data.get("entity")
        if not isinstance(event_id, str) or not isinstance(entry, dict):
            unusable += 1
            continue
        event = events.get(event_id)
        if event is None:
            event = events[event_id] = _update_event(event_id, record, data)
        event.data["entities"].append(entry)
        parents = entry.get("parents")
        for parent in parents if isinstance(parents, list) else ():
            identifier = parent.get("entityId") if isinstance(parent, Mapping) else None
            if identifier is not None and identifier not in event.data["parents"]:
                event.data["parents"].append(identifier)
    return ReplayedEvents(tuple(events.values()), unusable)


def _update_event(event_id: str, record: Mapping[str, Any], record_data: Mapping[str, Any]) -> Event:
    user = record.get("user")
    username = user.get("username") if isinstance(user, Mapping) else None
    user_id = record.get("user_id")
    data: dict[str, Any] = {
        "entities": [],
        "parents": [],
        "user": {"userid": user_id, "name": username},
        "clientToken": record_data.get("clientToken"),
        "pushToken": record_data.get("pushToken"),
    }
    # The source has no id: its publisher does not wait for replies any more.
    source = {"user": {"id": user_id, "username": username}}
    return Event(UPDATE_TOPIC, data, source=source, sent=record.get("created_at"), id=event_id)


def _record_data(record: Mapping[str, Any]) -> Mapping[str, Any]:
    text = record.get("data")
    try:
        data = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
