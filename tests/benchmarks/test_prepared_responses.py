"""The prepared responses of the benchmarks' server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.prepared_responses import PreparedResponses
from benchmarks.production import EXPRESSION


@pytest.fixture(scope="module")
def call() -> Callable[[Any], Any]:
    """Return a function that returns the reply to an operation or a query, for a production of 1,201 tasks."""
    responses = PreparedResponses(1_201)

    def call(operation: Any) -> Any:
        if isinstance(operation, str):
            operation = {"action": "query", "expression": operation}
        (reply,) = json.loads(responses.respond(json.dumps([operation]).encode()))
        return reply

    return call


def test_pages_lead_to_the_end_without_gaps(call: Callable[[Any], Any]) -> None:
    offset, keys = 0, []
    while offset is not None:
        reply = call(f"{EXPRESSION} offset {offset} limit 500")
        keys += [row["id"] for row in reply["data"]]
        offset = reply["metadata"]["next"]["offset"]
    assert len(keys) == len(set(keys)) == 1_201


def test_a_reply_contains_the_values_of_an_entity_once(call: Callable[[Any], Any]) -> None:
    rows = call(f"{EXPRESSION} offset 0 limit 500")["data"]
    statuses = [row["status"] for row in rows]
    assert sum("name" in status for status in statuses) == 9
    assert {frozenset(status) for status in statuses[9:]} == {frozenset(("__entity_type__", "id"))}


def test_the_reply_to_an_update_contains_the_written_values(call: Callable[[Any], Any]) -> None:
    update = {"action": "update", "entity_type": "Task", "entity_key": ["k"], "entity_data": {"bid": 5}}
    assert call(update)["data"] == {"__entity_type__": "Task", "id": "k", "bid": 5}


def test_operations_without_a_prepared_response_are_refused(call: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match="cannot evaluate"):
        call("select name from Task where name is x")
    with pytest.raises(ValueError, match="no response to the action 'delete'"):
        call({"action": "delete"})
