"""State: answers made before anything is measured, in a real server's form, so that only the client is measured.

They hold as many tasks as one asks for, on shots, in sequences, in one project. An answer tells an entity's values at
its first occurrence only, as ftrack does (PROTOCOL 1.3).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ftrack_orm.sandbox import datamodel
from ftrack_orm.sandbox.server_information import describe_server
from ftrack_orm.schema.model import schema_hash

from .production import KINDS, PAGE_SIZE, key

TASKS_ON_A_SHOT = 5
SHOTS_IN_A_SEQUENCE = 20

_EMPTY = b'{"action":"query","data":[],"metadata":{"next":{"offset":null}}}'
_OFFSET, _LIMIT = re.compile(r"\boffset (\d+)"), re.compile(r"\blimit (\d+)")
_ENTITY_TYPE = re.compile(r"(?:\bfrom\s+|^\s*)(\w+)")

Row = dict[str, Any]


class Telling:
    """One answer in the making: whoever was told of once is only referred to from then on."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def entity(self, kind: str, number: int, values: Callable[[], Row]) -> Row:
        """Return an entity with its *values*, or a bare reference if the answer has told of it already."""
        identifier = key(kind, number)
        reference: Row = {"__entity_type__": kind, "id": identifier}
        if identifier in self._told:
            return reference
        self._told.add(identifier)
        return {**reference, **values()}

    def wide(self, number: int) -> Row:
        """Return a task as the `EXPRESSION` projection has it."""
        shot = number // TASKS_ON_A_SHOT
        sequence = shot // SHOTS_IN_A_SEQUENCE
        status, kind, priority = number % 9, number % 12, number % 5
        return self.entity(
            "Task",
            number,
            lambda: {
                **self._context("Task"),
                "name": f"task{number}",
                "description": f"What is to be done in task {number}, as a coordinator would write it.",
                "bid": 3600.0 * (number % 40),
                "end_date": {
                    "__type__": "datetime",
                    "value": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T18:00:00",
                },
                "status": self.entity("Status", status, lambda: {"name": f"status {status}", "color": "#3498db"}),
                "type": self.entity("Type", kind, lambda: {"name": f"type {kind}"}),
                "priority": self.entity(
                    "Priority", priority, lambda: {"name": f"p{priority}", "value": float(priority)}
                ),
                "parent": self.entity(
                    "Shot",
                    shot,
                    lambda: {
                        **self._context("Shot"),
                        "name": f"sh{shot:05}",
                        "parent": self.entity(
                            "Sequence",
                            sequence,
                            lambda: {**self._context("Sequence"), "name": f"sq{sequence:04}"},
                        ),
                    },
                ),
                "project": self.entity("Project", 0, lambda: {"context_type": "show", "name": "bench"}),
            },
        )

    def narrow(self, number: int) -> Row:
        """Return a task as the `NARROW` projection has it."""
        return self.entity("Task", number, lambda: {**self._context("Task"), "name": f"task{number}", "bid": 0.0})

    def _context(self, kind: str) -> Row:
        """Return what a server always tells of a context of the production's tree."""
        object_type = key("ObjectType", KINDS.index(kind.lower()))
        return {"context_type": "task", "object_type_id": object_type, "project_id": key("Project", 0)}


class Answers:
    """Answers to everything both clients ask in these benchmarks, for a production of *tasks* tasks."""

    def __init__(self, tasks: int) -> None:
        self.tasks = tasks
        self.requests = 0
        schemas = datamodel.load().schemas
        facts = describe_server((), schema_hash=schema_hash(schemas), user=dict)
        self._schemas, self._information = json.dumps(schemas).encode(), json.dumps(facts).encode()
        self._pages: dict[tuple[bool, int, int], bytes] = {}
        for offset in range(0, tasks, PAGE_SIZE):
            self.page(True, offset, PAGE_SIZE)
            self.page(False, offset, PAGE_SIZE)

    def respond(self, body: bytes) -> bytes:
        """Return the body of the answer to the body of a request."""
        self.requests += 1
        operations: list[dict[str, Any]] = json.loads(body)
        return b"[" + b",".join(map(self._element, operations)) + b"]"

    def page(self, is_wide: bool, offset: int, limit: int) -> bytes:
        """Return the answer that has *limit* tasks from *offset* on, made at most once."""
        asked = (is_wide, offset, limit)
        if asked not in self._pages:
            telling, end = Telling(), min(offset + limit, self.tasks)
            rows = [telling.wide(i) if is_wide else telling.narrow(i) for i in range(offset, end)]
            following = end if end < self.tasks else None
            page = {"action": "query", "data": rows, "metadata": {"next": {"offset": following}}}
            self._pages[asked] = json.dumps(page, separators=(",", ":")).encode()
        return self._pages[asked]

    def _element(self, operation: Mapping[str, Any]) -> bytes:
        action = operation["action"]
        if action == "query":
            return self._query(operation["expression"])
        if action == "query_server_information":
            return self._information
        if action == "query_schemas":
            return self._schemas
        if action in ("create", "update"):
            return _echo(operation)
        raise ValueError(f"The benchmarks' server has no answer to the action {action!r}.")

    def _query(self, expression: str) -> bytes:
        found = _ENTITY_TYPE.search(expression.partition(" from ")[2] or expression)
        if found is None or found.group(1) != "Task":
            # Clients ask for configurations of custom attributes and the like; this production has none.
            return _EMPTY
        if " where " in expression:
            raise ValueError(f"The benchmarks' server holds whole answers and cannot look for: {expression}")
        offset, limit = _OFFSET.search(expression), _LIMIT.search(expression)
        start = int(offset.group(1)) if offset else 0
        return self.page("status" in expression, start, int(limit.group(1)) if limit else self.tasks)


def _echo(operation: Mapping[str, Any]) -> bytes:
    """Return what a server has after a change: just what was written."""
    data = {"__entity_type__": operation["entity_type"], **operation["entity_data"]}
    if operation["action"] == "update":
        told = operation["entity_key"]
        data["id"] = told[0] if isinstance(told, list) else told
    return json.dumps({"action": operation["action"], "data": data}, separators=(",", ":")).encode()
