"""How the changes of one entity come together, in whatever order they are made."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox.writing.change_log import ChangeLog

STEPS = st.lists(st.tuples(st.sampled_from(["add", "change", "remove"]), st.sampled_from("xy"), st.integers(0, 2)))


@given(st.booleans(), STEPS)
def test_a_record_tells_the_first_row_and_the_last(exists: bool, steps: list[tuple[str, str, int]]) -> None:
    first: dict[str, Any] | None = {"x": 0, "y": 0} if exists else None
    now = dict(first) if first is not None else None
    record, touched = ChangeLog(), False
    for step, column, value in steps:
        if step == "add" and now is None:
            now = {"x": value, "y": 0}
            record.added("T", ("1",), dict(now))
        elif step == "change" and now is not None:
            record.changed("T", ("1",), now, {column: value})
            now = {**now, column: value}
        elif step == "remove" and now is not None:
            record.removed("T", ("1",), now)
            now = None
        else:
            continue
        touched = True
    told = [(change.before, change.after) for change in record.changes()]
    assert told == ([(first, now)] if touched and (first is not None or now is not None) else [])


def test_entities_are_told_in_the_order_they_were_first_touched() -> None:
    record = ChangeLog()
    record.changed("T", ("2",), {"x": 0}, {"x": 1})
    record.added("T", ("1",), {"x": 0})
    record.changed("T", ("2",), {"x": 1}, {"x": 2})
    assert [change.key for change in record.changes()] == [("2",), ("1",)]


def test_a_collection_s_members_are_told_from_the_first_to_the_last() -> None:
    record, row = ChangeLog(), {"id": "1"}
    record.relinked("T", ("1",), row, "scopes", ["a"], ["a", "b"])
    record.relinked("T", ("1",), row, "scopes", ["a", "b"], ["b"])
    (change,) = record.changes()
    assert change.members == {"scopes": (["a"], ["b"])}
    assert change.before == change.after == row


def test_a_row_that_is_changed_later_does_not_change_what_it_was_before() -> None:
    record, row = ChangeLog(), {"x": 0}
    record.changed("T", ("1",), row, {"x": 1})
    row["x"] = 5
    (change,) = record.changes()
    assert (change.before, change.after, change.row) == ({"x": 0}, {"x": 1}, {"x": 1})
