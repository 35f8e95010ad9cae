"""State: responses in the form of a real server, prepared in advance so that only the client is measured.

They contain a given number of tasks, on shots, in sequences, in one project. A reply contains the values of an entity
at its first occurrence only, as those of ftrack do (PROTOCOL 1.3).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ftrack_orm.sandbox import datamodel
from ftrack_orm.sandbox.reading.component_urls import ComponentUrls
from ftrack_orm.sandbox.server_information import describe_server
from ftrack_orm.schema.model import schema_hash

from .production import ENTITY_TYPES, PAGE_SIZE, key

TASKS_PER_SHOT = 5
SHOTS_PER_SEQUENCE = 20

_EMPTY_REPLY = b'{"action":"query","data":[],"metadata":{"next":{"offset":null}}}'
_OFFSET, _LIMIT = re.compile(r"\boffset (\d+)"), re.compile(r"\blimit (\d+)")
_ENTITY_TYPE = re.compile(r"(?:\bfrom\s+|^\s*)(\w+)")

Row = dict[str, Any]


class ReplyBuilder:
    """Builds the rows of one reply, in which repeated entities are references."""

    def __init__(self) -> None:
        self._included: set[str] = set()

    def entity(self, entity_type: str, number: int, values: Callable[[], Row]) -> Row:
        """Return an entity with its *values*, or a reference if the reply contains the entity already."""
        identifier = key(entity_type, number)
        reference: Row = {"__entity_type__": entity_type, "id": identifier}
        if identifier in self._included:
            return reference
        self._included.add(identifier)
        return {**reference, **values()}

    def wide_task(self, number: int) -> Row:
        """Return a task with the projections of `EXPRESSION`."""
        shot = number // TASKS_PER_SHOT
        sequence = shot // SHOTS_PER_SEQUENCE
        status, type_, priority = number % 9, number % 12, number % 5
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
                "type": self.entity("Type", type_, lambda: {"name": f"type {type_}"}),
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

    def narrow_task(self, number: int) -> Row:
        """Return a task with the projections of `NARROW`."""
        return self.entity("Task", number, lambda: {**self._context("Task"), "name": f"task{number}", "bid": 0.0})

    def _context(self, entity_type: str) -> Row:
        """Return the attributes of a context that a server always adds to a projection."""
        object_type = key("ObjectType", ENTITY_TYPES.index(entity_type.lower()))
        return {"context_type": "task", "object_type_id": object_type, "project_id": key("Project", 0)}


class PreparedResponses:
    """Responses to all requests of both clients in these benchmarks, for a production of *tasks* tasks."""

    def __init__(self, tasks: int) -> None:
        self.tasks = tasks
        self.requests = 0
        schemas = datamodel.load().schemas
        server_information = describe_server((), schema_hash=schema_hash(schemas), user=dict, urls=ComponentUrls())
        self._schemas, self._information = json.dumps(schemas).encode(), json.dumps(server_information).encode()
        self._pages: dict[tuple[bool, int, int], bytes] = {}
        for offset in range(0, tasks, PAGE_SIZE):
            self.page(True, offset, PAGE_SIZE)
            self.page(False, offset, PAGE_SIZE)

    def respond(self, body: bytes) -> bytes:
        """Return the body of the response to a request."""
        self.requests += 1
        operations: list[dict[str, Any]] = json.loads(body)
        return b"[" + b",".join(map(self._reply, operations)) + b"]"

    def page(self, is_wide: bool, offset: int, limit: int) -> bytes:
        """Return the reply with *limit* tasks from *offset* on, which is built once."""
        key_of_page = (is_wide, offset, limit)
        if key_of_page not in self._pages:
            builder, end = ReplyBuilder(), min(offset + limit, self.tasks)
            rows = [
                builder.wide_task(number) if is_wide else builder.narrow_task(number) for number in range(offset, end)
            ]
            next_offset = end if end < self.tasks else None
            page = {"action": "query", "data": rows, "metadata": {"next": {"offset": next_offset}}}
            self._pages[key_of_page] = json.dumps(page, separators=(",", ":")).encode()
        return self._pages[key_of_page]

    def _reply(self, operation: Mapping[str, Any]) -> bytes:
        action = operation["action"]
        if action == "query":
            return self._query(operation["expression"])
        if action == "query_server_information":
            return self._information
        if action == "query_schemas":
            return self._schemas
        if action in ("create", "update"):
            return _write_reply(operation)
        raise ValueError(f"The benchmarks' server has no response to the action {action!r}.")

    def _query(self, expression: str) -> bytes:
        match = _ENTITY_TYPE.search(expression.partition(" from ")[2] or expression)
        if match is None or match.group(1) != "Task":
            # Clients query configurations of custom attributes, among others, which this production does not have.
            return _EMPTY_REPLY
        if " where " in expression:
            raise ValueError(f"The benchmarks' server has prepared responses only and cannot evaluate: {expression}")
        offset, limit = _OFFSET.search(expression), _LIMIT.search(expression)
        start = int(offset.group(1)) if offset else 0
        return self.page("status" in expression, start, int(limit.group(1)) if limit else self.tasks)


def _write_reply(operation: Mapping[str, Any]) -> bytes:
    """Return the reply to a create or update operation: the values that were written."""
    data = {"__entity_type__": operation["entity_type"], **operation["entity_data"]}
    if operation["action"] == "update":
        entity_key = operation["entity_key"]
        data["id"] = entity_key[0] if isinstance(entity_key, list) else entity_key
    return json.dumps({"action": operation["action"], "data": data}, separators=(",", ":")).encode()
