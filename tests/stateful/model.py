"""What two sessions and a server are to show, as plain dictionaries, and a line that fails when it is told to.

The model of a session is what the server last told it (`seen`) and what was changed since (`edits`); the model of the
server is what was committed. Tasks have scalars, a collection, metadata and custom attributes; one list holds tasks.
"""

import copy

from ftrack_orm import Session, errors
from ftrack_orm.settings import Settings
from ftrack_orm.transport.http import HttpTransport

REMOVED = "removed"
SCALARS = ("name", "bid", "parent_id")
#: The custom attributes of tasks, by what the model calls them: what they show while they are not set.
DEFAULTS = {"frames": 0, "colour": None}


class Line:
    """A real transport with faults for the writes to come.

    *faults* has one for each: None, "lost on the way", "answer lost", or "late", when the client stops waiting before
    the server has begun, which `finish` then lets it do.
    """

    def __init__(self, box):
        self._real = HttpTransport(Settings(server_url=box.url, api_user=box.api_user, api_key=box.api_key))
        self._late = None
        self.faults = []

    def send(self, request, cancellation=None):
        fault = None if request.repeatable or not self.faults else self.faults.pop(0)
        if fault == "late":
            self._late = request
            raise errors.RequestTimeout("No answer came in time.", safe_to_retry=False)
        if fault != "lost on the way":
            answer = self._real.send(request, cancellation)
        if fault is not None:
            raise errors.TransportError("The line was cut.", safe_to_retry=False)
        return answer

    def finish(self):
        """Let the server do what the client has given up waiting for."""
        request, self._late = self._late, None
        if request is not None:
            self._real.send(request)

    def close(self):
        self._real.close()


class Side:
    """A session and the model of it."""

    def __init__(self, box, schema_cache):
        self.line = Line(box)
        self.session = Session(
            box.url, box.api_key, box.api_user, schema_cache_path=schema_cache, transport=self.line, fetch="one"
        )
        self.entities = {}
        self.seen = {}
        self.forget_changes()

    def expected(self, key, name):
        """What the session is to show: what it was told, with the edits made since."""
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

    def told(self, key, values):
        """Take what the server has; where it has what was put into something already, that is no edit any more."""
        self.seen[key] = {**self.seen.get(key, {}), **copy.deepcopy(values)}
        for name, edits in self.edits.get(key, {}).items():
            if name in values and name not in SCALARS:
                for item in [item for item, new in edits.items() if new == values[name].get(item, REMOVED)]:
                    del edits[item]

    def edit(self, key, name, new, item=None):
        """Note an edit, or that it took an earlier one back."""
        edits = self.edits.setdefault(key, {})
        if item is None:
            edits[name] = new
            if new == self.seen[key][name] and key not in self.created:
                del edits[name]
        else:
            edits.setdefault(name, {})[item] = new
            if new == self.seen[key][name].get(item, REMOVED):
                del edits[name][item]

    def real_edits(self):
        """The edits of everything that the next commit changes and does not delete: entity, attribute and edit."""
        for key, edits in self.edits.items():
            if key not in self.deleted:
                yield from ((key, name, value) for name, value in edits.items() if value != {})

    def dirty(self):
        """Whether something must be sent."""
        changed = any(self.expected(key, name) != self.seen[key][name] for key, name, _ in self.real_edits())
        return bool(changed or self.created or self.deleted)

    def forget_changes(self):
        self.edits, self.created, self.deleted = {}, set(), set()


class Refused(Exception):
    """The server of the model refuses the commit."""


def carried_out(side, server):
    """Return the model of the server after a commit of *side*; raises `Refused`."""
    server = copy.deepcopy(server)
    for key in side.created:
        server[key] = {name: side.expected(key, name) for name in SCALARS}
        server[key] |= {"scopes": {}, "metadata": {}, "custom": dict(DEFAULTS)}
    for key, name, value in side.real_edits():
        if key not in server:
            if _only_removes(name, value):
                continue  # What was to be removed is gone with its entity.
            raise Refused
        if name not in SCALARS:
            _apply_difference(server[key][name], value)
        else:
            server[key][name] = value
    for key in side.deleted:
        if key not in server:
            raise Refused
        del server[key]
    for each in server.values():
        if not all(item in server or item in side.deleted for item in each.get("items", ())):
            raise Refused  # something is to be put into a list that somebody else has deleted
        for gone in side.deleted:
            each.get("items", {}).pop(gone, None)
    return server


def _only_removes(name, edits):
    return name in ("scopes", "metadata") and all(new == REMOVED for new in edits.values())


def _apply_difference(present, edits):
    """Make the edits of a collection or mapping: those of others to other items stay."""
    for item, new in edits.items():
        if new == REMOVED:
            present.pop(item, None)
        else:
            present[item] = new


def has_conflict(side, server):
    """Whether a commit of *side* would overwrite what somebody else has changed since the session was told of it."""
    for key, name, value in side.real_edits():
        if key in side.created:
            continue
        seen, present = side.seen[key][name], server.get(key, {}).get(name)
        if name == "metadata":
            # Keys that come and go are rows that are created and deleted, which overwrites nothing.
            pairs = [(seen[item], (present or {}).get(item), new) for item, new in value.items() if item in seen]
            pairs = [pair for pair in pairs if pair[2] != REMOVED]
        elif name == "custom":
            pairs = [(seen[item], (present or DEFAULTS)[item], new) for item, new in value.items()]
        elif present is None:
            return True
        elif name not in SCALARS:
            continue  # Differences of collections overwrite nothing.
        else:
            pairs = [(seen, present, side.expected(key, name))]
        if any(now not in (before, new) for before, now, new in pairs):
            return True
    return False


def holds_already(side, server):
    """Whether the server has everything already that a commit of *side* would change."""
    if side.created or not side.deleted.isdisjoint(server):
        return False
    for key, name, value in side.real_edits():
        if key not in server and _only_removes(name, value):
            continue
        present = server[key][name]
        if name in SCALARS:
            fits = present == value
        else:
            fits = all(present.get(item, REMOVED) == new for item, new in value.items())
        if not fits:
            return False
    return True
