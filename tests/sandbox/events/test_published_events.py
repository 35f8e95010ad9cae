"""The bounds of the list of published events."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from ftrack_orm.errors import InvalidValue
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.sandbox.events.published_events import PublishedEvents, size_in_memory


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


def real_size(value: Any) -> int:
    """Return the bytes that a JSON value takes in memory."""
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        return size + sum(real_size(part) for item in value.items() for part in item)
    return size + sum(map(real_size, value)) if isinstance(value, list) else size


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"a": 1},
        "x" * 10_000,
        "\U0001f3ac" + "x" * 10_000,
        "é" * 10_000,
        [[] for _ in range(10_000)],
        [{} for _ in range(10_000)],
        [{"a": {}} for _ in range(10_000)],
        [1000 + number for number in range(10_000)],
        [number / 3 for number in range(10_000)],
        [str(number) for number in range(10_000)],
        [[number] for number in range(10_000)],
        {f"key {number}": None for number in range(10_000)},
        nested(200),
    ],
    ids=lambda data: json.dumps(data)[:20],
)
def test_the_size_of_an_event_is_not_underestimated(data: Any) -> None:
    event = {"topic": "a", "data": data, "source": {}, "target": "", "id": "1"}
    event = json.loads(json.dumps(event))
    real = real_size(event)
    assert real <= size_in_memory(event) <= 20 * real + 2_000


@pytest.mark.parametrize("data", ["\udce9", float("nan"), {"a": [float("inf")]}, nested(100_000), {1, object()}])
def test_an_event_that_cannot_be_sent_has_no_size(data: Any) -> None:
    with pytest.raises(InvalidValue):
        size_in_memory({"topic": "a", "data": data})


def test_the_oldest_events_are_dropped_at_either_bound() -> None:
    events = PublishedEvents(max_events=3, max_bytes=100)
    for number, size in enumerate([10, 10, 10, 10]):
        events.append({"id": number}, size)
    assert [event["id"] for event in events] == [1, 2, 3]
    events.append({"id": 4}, 85)
    assert [event["id"] for event in events] == [3, 4]
    events.append({"id": 5}, 100)
    assert ([event["id"] for event in events], len(events)) == ([5], 1)


def test_an_event_that_is_larger_than_the_bound_is_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    events = PublishedEvents(max_bytes=100)
    events.append({"id": 1}, 10)
    events.append({"id": 2}, 101)
    assert [event["id"] for event in events] == [1]
    assert "too large for the list of published events" in caplog.text


def test_large_events_stay_within_the_bound(box: Sandbox) -> None:
    lists: dict[str, list[list[int]]] = {"lists": [[] for _ in range(200_000)]}  # 600 KB of text, 16 MB of memory
    for _ in range(12):
        box.events.publish("a", lists)
    published = box.events.published
    assert 0 < len(published) < 12
    assert sum(map(size_in_memory, published)) <= 256 * 1024 * 1024


def test_an_event_that_cannot_be_sent_is_refused_and_the_connection_stays_open(box: Sandbox, connect: Any) -> None:
    client = connect()
    assert client.subscribe("topic=a") == {"success": True}
    with pytest.raises(InvalidValue, match="JSON can express"):
        box.events.publish("a", {"number": float("nan")})
    assert box.events.published == ()
    identifier = box.events.publish("a", {"number": 1})
    assert client.event()["id"] == identifier
