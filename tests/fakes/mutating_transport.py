"""A transport to the embedded server that changes rows of the answers to commits, in ways that cannot be merged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ftrack_orm.sandbox import Sandbox
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation

from .transports import ForwardingTransport


def _zero_date(row: dict[str, Any]) -> None:
    row["created_at"] = {"__type__": "datetime", "value": "0000-00-00T00:00:00"}


def _nest(value: Any) -> Callable[[dict[str, Any]], object]:
    return lambda row: row.update(status=value, parent=value, custom_attributes=[value])


#: Changes of one row that servers were seen to make, or could.
MUTATIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a zero date": _zero_date,
    "no type": lambda row: row.pop("__entity_type__"),
    "no key": lambda row: [row.pop(name, None) for name in ("id", "key", "parent_id", "entity_id")],
    "null as key": lambda row: row.update(id=None, key=None),
    "an unknown type": lambda row: row.update(__entity_type__="Unheard"),
    "a number as type": lambda row: row.update(__entity_type__=7),
    "an unhashable type": lambda row: row.update(__entity_type__=["Task"]),
    "an unhashable key": lambda row: row.update(id=[1], key={}),
    "a nested row with an unhashable type": _nest({"__entity_type__": ["Status"], "id": "x"}),
    "a nested row without key": _nest({"__entity_type__": "Status"}),
    "a nested row of an unknown type": _nest({"__entity_type__": "Unheard", "id": "x"}),
    "custom attributes that are texts": lambda row: row.update(custom_attributes=["a"], metadata=["a"]),
    "custom attributes with unhashable keys": lambda row: row.update(
        custom_attributes=[{"__entity_type__": "CustomAttributeValue", "key": [], "value": 1}]
    ),
    "a row in a row, 200 times": lambda row: row.update(status=_deep(200)),
}


def _deep(levels: int) -> dict[str, Any]:
    row: dict[str, Any] = {"__entity_type__": "Shot", "id": "deep"}
    for level in range(levels):
        row = {"__entity_type__": "Shot", "id": f"deep {level}", "parent": row}
    return row


class MutatingTransport(ForwardingTransport):
    """Applies *next_mutation*, a place and a change, to the row in one of the replies to the next commit.

    *replies* is the number of replies to the last commit that have a row.
    """

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self.next_mutation: tuple[int, Callable[[dict[str, Any]], object]] | None = None
        self.replies = 0

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        response = super().send(request, cancellation)
        if request.idempotent:
            return response
        body = json.loads(response.read())
        rows = [reply["data"] for reply in body if isinstance(reply["data"], dict)]
        self.replies = len(rows)
        if self.next_mutation is not None:
            place, mutate = self.next_mutation
            self.next_mutation = None
            mutate(rows[place])
        return Response(response.status, response.headers, json.dumps(body).encode())

    def close(self) -> None:
        """Stay open for the next session."""
