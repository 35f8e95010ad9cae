"""Pure: events as lines of text: a summary for people, and columns for pipes."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from .json_output import to_json

if TYPE_CHECKING:
    from ftrack_orm.events.event import Event

#: The entities that the summary of an update names.
_NAMED_ENTITIES: Final = 3
#: The characters of a changed value that a summary shows.
_VALUE_LENGTH: Final = 40
#: The characters of data that a summary shows.
_DATA_LENGTH: Final = 160


def columns_of(event: Event) -> list[Any]:
    """Return the time, topic, user, id and data of an event. The data are JSON in one line."""
    return [_time(event), event.topic, user_of(event), event.id, to_json(event.data)]


def summary_of(event: Event) -> str:
    """Return an event in one line for people: the time of day, the topic, the user, and the changes or data."""
    parts = [_time(event)[11:19], event.topic, user_of(event), _changes(event.data) or _short(event.data)]
    return "  ".join(filter(None, parts))


def user_of(event: Event) -> str:
    """Return the name of the user who has published an event, or an empty text."""
    user = event.source.get("user")
    return str(user.get("username") or "") if isinstance(user, Mapping) else ""


def _time(event: Event) -> str:
    """Return the local time at which an event was received."""
    moment = event.received_at or datetime.datetime.now(datetime.timezone.utc)
    return moment.astimezone().isoformat(timespec="milliseconds")


def _changes(data: Any) -> str:
    """Return the changed entities of an `ftrack.update`, or an empty text for other events."""
    entities = data.get("entities") if isinstance(data, Mapping) else None
    if not isinstance(entities, list):
        return ""
    shown = [_change(entity) for entity in entities[:_NAMED_ENTITIES] if isinstance(entity, Mapping)]
    if len(entities) > _NAMED_ENTITIES:
        shown.append(f"and {len(entities) - _NAMED_ENTITIES} more")
    return "; ".join(shown)


def _change(entity: Mapping[str, Any]) -> str:
    kind = f"{entity.get('action', '')} {entity.get('entity_type') or entity.get('entityType', '')}"
    changes = entity.get("changes")
    values = [
        f"{name}: {_value(change.get('old'))} → {_value(change.get('new'))}"
        for name, change in (changes.items() if isinstance(changes, Mapping) else ())
        if isinstance(change, Mapping)
    ]
    return f"{kind} {entity.get('entityId', '')} {', '.join(values)}".rstrip()


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else to_json(value)
    return text if len(text) <= _VALUE_LENGTH else f"{text[:_VALUE_LENGTH]}…"


def _short(data: Any) -> str:
    text = to_json(data)
    return text if len(text) <= _DATA_LENGTH else f"{text[:_DATA_LENGTH]}…"
