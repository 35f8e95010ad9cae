"""Events as lines of text."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm import Event
from ftrack_orm.cli.event_lines import columns_of, summary_of

CHANGE = {
    "action": "update",
    "entity_type": "Task",
    "entityId": "1",
    "changes": {"name": {"old": None, "new": "a"}, "bid": {"old": "long " * 20, "new": 2}, "x": 1},
}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"entities": [CHANGE]}, "update Task 1 name: null → a, bid: long long"),
        ({"entities": [{"entityType": "task"}, 5]}, "  task"),
        ({"entities": [CHANGE] * 5}, "… → 2; and 2 more"),
        ({"entities": 5}, '{"entities": 5}'),
        ({}, "{}"),
        (["x" * 300], "xxx…"),
    ],
    ids=["update", "parts", "many", "number", "empty", "long"],
)
def test_a_summary_names_the_changes_or_the_data(data: Any, text: str) -> None:
    assert text in summary_of(Event("studio.x", data, source={"user": {"username": "jane"}}))


def test_columns_have_the_local_time_with_its_offset() -> None:
    event = Event("studio.x", {"a": 1}, source={"user": "text"}, id="i")
    event.received_at = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
    time, *others = columns_of(event)
    assert datetime.datetime.fromisoformat(time) == event.received_at
    assert others == ["studio.x", "", "i", '{"a": 1}']
