"""The order and number of events that faults make of those published."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox.events.faults import Faults


def arranged(faults: Faults, names: str) -> str:
    return "".join(event["id"] for name in names for event in faults.arrange({"id": name}))


def test_without_faults_events_pass_as_they_come() -> None:
    assert arranged(Faults(), "abc") == "abc"


def test_as_many_events_as_asked_for_are_doubled() -> None:
    faults = Faults()
    faults.duplicate(2)
    assert arranged(faults, "abc") == "aabbc"


def test_as_many_events_as_asked_for_come_last_first() -> None:
    faults = Faults()
    faults.reorder(3)
    assert arranged(faults, "ab") == ""
    assert arranged(faults, "cd") == "cbad"


def test_what_was_kept_back_is_given_out_when_reordering_begins_anew_or_ends() -> None:
    faults = Faults()
    faults.reorder(3)
    arranged(faults, "ab")
    assert [event["id"] for event in faults.reorder(0)] == ["a", "b"]
    assert arranged(faults, "cd") == "cd"


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 8))
def test_nothing_is_lost_and_only_what_was_asked_for_is_doubled(doubled: int, reordered: int, count: int) -> None:
    faults = Faults()
    faults.duplicate(doubled)
    faults.reorder(reordered)
    events: list[dict[str, Any]] = [{"id": number} for number in range(count)]
    due = [each["id"] for event in events for each in faults.arrange(event)]
    held = [each["id"] for each in faults.reorder(0)]
    assert set(due) | set(held) == set(range(count))
    assert len(due) - len(set(due)) == min(doubled, len(set(due)))


def test_refusals_are_counted() -> None:
    faults = Faults()
    faults.refusals = 2
    assert [faults.refuses_handshake() for _ in range(3)] == [True, True, False]
