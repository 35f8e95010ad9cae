"""A model of two sessions and a server as plain dictionaries, and a transport that fails on demand.

The model of a session consists of the values that the server has sent to it (`seen`) and the changes since then
(`edits`); the model of the server holds the committed values. Tasks have scalars, a collection, metadata and custom
attributes; one list contains tasks.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.fakes.transports import ForwardingTransport

REMOVED = "removed"
SCALARS = ("name", "bid", "parent_id")
#: The custom attributes of tasks, by their names in the model, with their values as long as they are not set.
DEFAULTS = {"frames": 0, "colour": None}

#: Attributes of a task or of the list, by name.
Values = dict[str, Any]
#: Values by the ids of tasks and of the list.
State = dict[str, Values]


class FaultyTransport(ForwardingTransport):
    """A transport with faults for the next requests that change something.

    *faults* holds one for each: None, "request lost", "response lost", or "timeout", after which the server gets the
    request only when `deliver_late_request` is called.
    """

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self._late_request: Request | None = None
        self.faults: list[str | None] = []

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        fault = None if request.idempotent or not self.faults else self.faults.pop(0)
        if fault == "timeout":
            self._late_request = request
            raise errors.RequestTimeout("No response came in time.", safe_to_retry=False)
        response = None if fault == "request lost" else super().send(request, cancellation)
        if fault is not None or response is None:
            raise errors.TransportError("The connection failed.", safe_to_retry=False)
        return response

    def deliver_late_request(self) -> None:
        """Let the server handle the request that the client has stopped waiting for."""
        request, self._late_request = self._late_request, None
        if request is not None:
            super().send(request)


class Side:
    """A session and its model."""

    def __init__(self, box: Sandbox, schema_cache: Path) -> None:
        self.transport = FaultyTransport(box)
        self.session = Session(
            box.url, box.api_key, box.api_user, schema_cache_path=schema_cache, transport=self.transport, fetch="one"
        )
        self.entities: dict[str, Entity] = {}
        self.shots: list[Entity] = []
        self.scopes: dict[str, Entity] = {}
        self.list: Any = None
        self.seen: State = {}
        self.edits: State = {}
        self.created: set[str] = set()
        self.deleted: set[str] = set()

    def expected(self, key: str, name: str) -> Any:
        """Return the value that the session must show: the one from the server with the edits since then."""
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

    def update_seen(self, key: str, values: Values) -> None:
        """Update the values from the server, and drop edits of items that the server has made equal."""
        self.seen[key] = {**self.seen.get(key, {}), **copy.deepcopy(values)}
        for name, edits in self.edits.get(key, {}).items():
            if name in values and name not in SCALARS:
                for item in [item for item, new in edits.items() if new == values[name].get(item, REMOVED)]:
                    del edits[item]

    def edit(self, key: str, name: str, new: Any, item: str | None = None) -> None:
        """Record an edit of an attribute, or of an *item* of it; an edit to the value on the server cancels another."""
        edits = self.edits.setdefault(key, {})
        if item is None:
            edits[name] = new
            if new == self.seen[key][name] and key not in self.created:
                del edits[name]
        else:
            edits.setdefault(name, {})[item] = new
            if new == self.seen[key][name].get(item, REMOVED):
                del edits[name][item]

    def effective_edits(self) -> Iterator[tuple[str, str, Any]]:
        """Yield key, attribute and edit of the entities that the next commit changes and does not delete."""
        for key, edits in self.edits.items():
            if key not in self.deleted:
                yield from ((key, name, value) for name, value in edits.items() if value != {})

    def is_dirty(self) -> bool:
        """Whether the next commit sends something."""
        changed = any(self.expected(key, name) != self.seen[key][name] for key, name, _ in self.effective_edits())
        return bool(changed or self.created or self.deleted)

    def clear_changes(self) -> None:
        self.edits, self.created, self.deleted = {}, set(), set()


class Refused(Exception):
    """The server of the model refuses the commit."""


def server_after_commit(side: Side, server: State) -> State:
    """Return the model of the server after a commit of *side*; raises `Refused`."""
    server = copy.deepcopy(server)
    for key in side.created:
        server[key] = {name: side.expected(key, name) for name in SCALARS}
        server[key] |= {"scopes": {}, "metadata": {}, "custom": dict(DEFAULTS)}
    for key, name, value in side.effective_edits():
        if key not in server:
            if _only_removes(name, value):
                continue  # the items were removed along with their entity
            raise Refused
        if name not in SCALARS:
            _apply_difference(server[key][name], value)
        else:
            server[key][name] = value
    for key in side.deleted:
        if key not in server:
            raise Refused
        del server[key]
    for values in server.values():
        if not all(item in server or item in side.deleted for item in values.get("items", ())):
            raise Refused  # a task that is added to the list was deleted by the other side
        for deleted in side.deleted:
            values.get("items", {}).pop(deleted, None)
    return server


def _only_removes(name: str, edits: Values) -> bool:
    return name in ("scopes", "metadata") and all(new == REMOVED for new in edits.values())


def _apply_difference(present: Values, edits: Values) -> None:
    """Make the edits of a collection or mapping; items that the other side has changed stay as they are."""
    for item, new in edits.items():
        if new == REMOVED:
            present.pop(item, None)
        else:
            present[item] = new


def has_conflict(side: Side, server: State) -> bool:
    """Whether a commit of *side* would overwrite a change by the other side that this session has not seen."""
    for key, name, value in side.effective_edits():
        if key in side.created:
            continue
        seen, present = side.seen[key][name], server.get(key, {}).get(name)
        if name == "metadata":
            # Added and removed keys are rows that are created and deleted, which overwrites nothing.
            triples = [(seen[item], (present or {}).get(item), new) for item, new in value.items() if item in seen]
            triples = [triple for triple in triples if triple[2] != REMOVED]
        elif name == "custom":
            triples = [(seen[item], (present or DEFAULTS)[item], new) for item, new in value.items()]
        elif present is None:
            return True
        elif name not in SCALARS:
            continue  # differences of collections overwrite nothing
        else:
            triples = [(seen, present, side.expected(key, name))]
        if any(now not in (before, new) for before, now, new in triples):
            return True
    return False


def has_all_changes(side: Side, server: State) -> bool:
    """Whether the server has all values already that a commit of *side* would set."""
    if side.created or not side.deleted.isdisjoint(server):
        return False
    for key, name, value in side.effective_edits():
        if key not in server and _only_removes(name, value):
            continue
        present = server[key][name]
        if name in SCALARS:
            is_equal = present == value
        else:
            is_equal = all(present.get(item, REMOVED) == new for item, new in value.items())
        if not is_equal:
            return False
    return True
