"""A model of two sessions and a server in plain dictionaries, and a transport that fails on request.

The model of a session holds the values that the server last sent (`seen`) and the changes since (`edits`). The model of
the server holds the committed values. Tasks have scalars, a collection, metadata and custom attributes; a list holds
tasks.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ftrack_orm import Cancellation, Entity, Request, Response, Session, errors
from ftrack_orm.sandbox import Sandbox
from tests.fakes.transports import ForwardingTransport

REMOVED = "removed"
SCALARS = ("name", "bid", "parent_id")
#: The custom attributes of tasks by their names in the model, with the values that they show while they are not set.
DEFAULTS = {"frames": 0, "colour": None}

#: The values of entities by id and attribute.
Values = dict[str, dict[str, Any]]


class FaultyTransport(ForwardingTransport):
    """A transport with faults for the next requests that change something.

    *faults* has one item for each: None, "request lost", "response lost", or "late": the client stops waiting before
    the server has started, and `finish` sends the request.
    """

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self._late: Request | None = None
        self.faults: list[str | None] = []

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        fault = None if request.idempotent or not self.faults else self.faults.pop(0)
        if fault == "late":
            self._late = request
            raise errors.RequestTimeout("No response arrived in time.", safe_to_retry=False)
        if fault == "request lost":
            raise errors.TransportError("The connection was lost.", safe_to_retry=False)
        response = super().send(request, cancellation)
        if fault is not None:
            raise errors.TransportError("The connection was lost.", safe_to_retry=False)
        return response

    def finish(self) -> None:
        """Send the request that the client stopped waiting for."""
        request, self._late = self._late, None
        if request is not None:
            super().send(request)


class Side:
    """A session and its model."""

    entity_list: Entity
    shots: list[Entity]
    scopes: dict[str, Entity]

    def __init__(self, box: Sandbox, schema_cache: Path) -> None:
        self.transport = FaultyTransport(box)
        self.session = Session(
            box.url, box.api_key, box.api_user, schema_cache_path=schema_cache, transport=self.transport, fetch="one"
        )
        self.entities: dict[str, Entity] = {}
        self.seen: Values = {}
        self.edits: Values = {}
        self.created: set[str] = set()
        self.deleted: set[str] = set()

    def expected(self, key: str, name: str) -> Any:
        """Return the value that the session has to show: the value that the server sent, with the edits since."""
        value = self.seen[key][name]
        edits = self.edits.get(key, {})
        if name in SCALARS:
            return edits.get(name, value)
        value = dict(value)
        for item, new in edits.get(name, {}).items():
            if new == REMOVED:
                value.pop(item, None)
            else:
                value[item] = new
        return value

    def update(self, key: str, values: dict[str, Any]) -> None:
        """Take over *values* of the server. An item that the server has as edited is not an edit any more."""
        self.seen[key] = {**self.seen.get(key, {}), **copy.deepcopy(values)}
        for name, edits in self.edits.get(key, {}).items():
            if name in values and name not in SCALARS:
                for item in [item for item, new in edits.items() if new == values[name].get(item, REMOVED)]:
                    del edits[item]

    def edit(self, key: str, name: str, new: Any, item: str | None = None) -> None:
        """Record an edit, or remove the edit that it reverts."""
        edits = self.edits.setdefault(key, {})
        if item is None:
            edits[name] = new
            if new == self.seen[key][name] and key not in self.created:
                del edits[name]
        else:
            edits.setdefault(name, {})[item] = new
            if new == self.seen[key][name].get(item, REMOVED):
                del edits[name][item]

    def real_edits(self) -> Iterator[tuple[str, str, Any]]:
        """Yield entity, attribute and edit of all changes of entities that the next commit does not delete."""
        for key, edits in self.edits.items():
            if key not in self.deleted:
                yield from ((key, name, value) for name, value in edits.items() if value != {})

    def dirty(self) -> bool:
        """Return whether the next commit has to send a request."""
        changed = any(self.expected(key, name) != self.seen[key][name] for key, name, _ in self.real_edits())
        return bool(changed or self.created or self.deleted)

    def forget_changes(self) -> None:
        self.edits, self.created, self.deleted = {}, set(), set()


class Refused(Exception):
    """The server refuses the commit."""


def after_commit(side: Side, server: Values) -> Values:
    """Return the model of the server after a commit of *side*, or raise `Refused`."""
    server = copy.deepcopy(server)
    for key in side.created:
        server[key] = {name: side.expected(key, name) for name in SCALARS}
        server[key] |= {"scopes": {}, "metadata": {}, "custom": dict(DEFAULTS)}
    for key, name, value in side.real_edits():
        if key not in server:
            raise Refused
        if name == "metadata":
            _set_metadata(side.seen[key][name], server[key][name], value)
        elif name == "custom":
            server[key][name].update(value)
        elif name in ("scopes", "items"):
            server[key][name] = side.expected(key, name)
        else:
            server[key][name] = value
    for key in side.deleted:
        if key not in server:
            raise Refused
        del server[key]
    for each in server.values():
        if not all(item in server or item in side.deleted for item in each.get("items", ())):
            raise Refused  # an entity that the other session deleted would become an item of a list
        for key in side.deleted:
            each.get("items", {}).pop(key, None)
    return server


def _set_metadata(seen: dict[str, Any], present: dict[str, Any], edits: dict[str, Any]) -> None:
    """Apply edits of metadata as the session would: it decides by the rows that it has seen."""
    for item, new in edits.items():
        if (item in seen) != (item in present):
            if new == seen.get(item, REMOVED):
                continue
            raise Refused
        if new == REMOVED:
            present.pop(item, None)
        else:
            present[item] = new


def has_conflict(side: Side, server: Values) -> bool:
    """Return whether a commit of *side* would overwrite a value that the other session has changed meanwhile."""
    for key, name, value in side.real_edits():
        if key in side.created:
            continue
        seen, present = side.seen[key][name], server.get(key, {}).get(name)
        if name == "metadata":
            # Added and removed keys are created and deleted rows, which overwrite nothing.
            pairs = [(seen[item], (present or {}).get(item), new) for item, new in value.items() if item in seen]
            pairs = [pair for pair in pairs if pair[2] != REMOVED]
        elif name == "custom":
            pairs = [(seen[item], (present or DEFAULTS)[item], new) for item, new in value.items()]
        elif present is None:
            return True
        elif name == "items":
            # Items that the same commit deletes are not sent.
            new = {item: True for item in side.expected(key, name) if item not in side.deleted}
            pairs = [(seen, present, new)]
        else:
            pairs = [(seen, present, side.expected(key, name))]
        if any(now not in (before, new) for before, now, new in pairs):
            return True
    return False


def is_up_to_date(side: Side, server: Values) -> bool:
    """Return whether the server has all the values that a commit of *side* would send."""
    if side.created or not side.deleted.isdisjoint(server):
        return False
    for key, name, value in side.real_edits():
        present = server[key][name]
        if name in ("metadata", "custom"):
            fits = all(present.get(item, REMOVED) == new for item, new in value.items())
        else:
            fits = present == (value if name in SCALARS else side.expected(key, name))
        if not fits:
            return False
    return True
