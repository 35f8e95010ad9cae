"""The order and number of the events that are delivered while faults are due."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox.events.faults import EventFaults


def delivered(faults: EventFaults, names: str) -> str:
    return "".join(event["id"] for name in names for event in faults.apply({"id": name}))


def test_without_faults_events_are_delivered_unchanged() -> None:
    assert delivered(EventFaults(), "abc") == "abc"


def test_the_requested_number_of_events_is_duplicated() -> None:
    faults = EventFaults()
    faults.duplicate(2)
    assert delivered(faults, "abc") == "aabbc"


def test_the_requested_number_of_events_is_delivered_last_first() -> None:
    faults = EventFaults()
    faults.reorder(3)
    assert delivered(faults, "ab") == ""
    assert delivered(faults, "cd") == "cbad"


def test_held_events_are_returned_when_reordering_restarts_or_ends() -> None:
    faults = EventFaults()
    faults.reorder(3)
    delivered(faults, "ab")
    assert [event["id"] for event in faults.reorder(0)] == ["a", "b"]
    assert delivered(faults, "cd") == "cd"


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 8))
def test_no_event_is_lost_and_only_the_requested_number_is_duplicated(
    duplicated: int, reordered: int, count: int
) -> None:
    faults = EventFaults()
    faults.duplicate(duplicated)
    faults.reorder(reordered)
    events: list[dict[str, Any]] = [{"id": number} for number in range(count)]
    due = [each["id"] for event in events for each in faults.apply(event)]
    held = [each["id"] for each in faults.reorder(0)]
    assert set(due) | set(held) == set(range(count))
    assert len(due) - len(set(due)) == min(duplicated, len(set(due)))


def test_refused_handshakes_are_counted() -> None:
    faults = EventFaults()
    faults.handshakes_to_refuse = 2
    assert [faults.take_handshake_refusal() for _ in range(3)] == [True, True, False]
