"""Pure: a change of an entity on the server, as the callbacks of `Session.on_change` receive it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from ftrack_orm.errors import FtrackError
from ftrack_orm.events.changed_values import as_datetime
from ftrack_orm.events.event import Event


class LazyValues(Mapping[str, Any]):
    """An immutable mapping of *names* whose values are made by *read* when they are first looked at."""

    def __init__(self, names: Iterable[str], read: Callable[[str], Any]) -> None:
        self._names = tuple(names)
        self._read = read
        self._values: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            if name not in self._names:
                raise KeyError(name)
            self._values[name] = self._read(name)
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        # Printing must never make a request.
        return f"<values of {', '.join(self._names) or 'no attributes'}>"


@attrs.frozen
class ChangeUser:
    """The user who made a change; a detail that the event does not state is None."""

    id: str | None = None
    username: str | None = None
    name: str | None = None


@attrs.frozen(eq=False)
class ServerChange:
    """A change of *entity* on the server.

    *names* are the attributes that changed: those that were asked for, or all. Names of collections are included if
    they were asked for. A reference and its key (`status` and `status_id`) both count as changed.

    *old* and *new* hold the values before and after the change that the event states, by attribute, and those of custom
    attributes by key. References and collections lead to entities, which are loaded when they are first looked at. The
    event does not state the values of computed attributes and of most collections; *added* and *removed* hold the
    members that joined and left a collection of *names*, where that is certain.

    *user* made the change at *time*: when the server sent the event, if it says so, or else when it was received.
    *by_me* says that this session made the change.
    """

    entity: Any
    names: frozenset[str]
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    added: Mapping[str, tuple[Any, ...]]
    removed: Mapping[str, tuple[Any, ...]]
    is_created: bool
    is_deleted: bool
    user: ChangeUser
    time: datetime.datetime
    by_me: bool
    event: Event = attrs.field(repr=False)


def user_of(event: Event) -> ChangeUser:
    """Return the user who caused an `ftrack.update`, from its data and its source (PROTOCOL 3.6)."""
    data_user, source_user = _mapping(_mapping(event.data).get("user")), _mapping(_mapping(event.source).get("user"))
    return ChangeUser(
        id=_text(data_user.get("userid")) or _text(source_user.get("id")),
        username=_text(source_user.get("username")),
        name=_text(data_user.get("name")),
    )


def time_of(event: Event) -> datetime.datetime:
    """Return the time at which an event was sent if it states that, or else was received."""
    try:
        sent = as_datetime(event.sent)
    except (FtrackError, ValueError):
        sent = None
    if isinstance(sent, datetime.datetime):
        return sent if sent.tzinfo else sent.replace(tzinfo=datetime.timezone.utc)
    return event.received_at or datetime.datetime.now(datetime.timezone.utc)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
