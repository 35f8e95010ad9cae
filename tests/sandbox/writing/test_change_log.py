"""Merging the changes of one entity, made in any order."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox.writing.change_log import ChangeLog

STEPS = st.lists(st.tuples(st.sampled_from(["add", "change", "remove"]), st.sampled_from("xy"), st.integers(0, 2)))


@given(st.booleans(), STEPS)
def test_a_change_has_the_first_row_and_the_last(exists: bool, steps: list[tuple[str, str, int]]) -> None:
    first: dict[str, Any] | None = {"x": 0, "y": 0} if exists else None
    now = dict(first) if first is not None else None
    log, touched = ChangeLog(), False
    for step, column, value in steps:
        if step == "add" and now is None:
            now = {"x": value, "y": 0}
            log.record_insert("T", ("1",), dict(now))
        elif step == "change" and now is not None:
            log.record_update("T", ("1",), now, {column: value})
            now = {**now, column: value}
        elif step == "remove" and now is not None:
            log.record_delete("T", ("1",), now)
            now = None
        else:
            continue
        touched = True
    changes = [(change.before, change.after) for change in log.changes()]
    assert changes == ([(first, now)] if touched and (first is not None or now is not None) else [])


def test_changes_are_ordered_by_the_first_one_of_each_entity() -> None:
    log = ChangeLog()
    log.record_update("T", ("2",), {"x": 0}, {"x": 1})
    log.record_insert("T", ("1",), {"x": 0})
    log.record_update("T", ("2",), {"x": 1}, {"x": 2})
    assert [change.key for change in log.changes()] == [("2",), ("1",)]


def test_members_of_a_collection_are_those_before_the_first_change_and_after_the_last() -> None:
    log, row = ChangeLog(), {"id": "1"}
    log.record_links("T", ("1",), row, "scopes", ["a"], ["a", "b"])
    log.record_links("T", ("1",), row, "scopes", ["a", "b"], ["b"])
    (change,) = log.changes()
    assert change.members == {"scopes": (["a"], ["b"])}
    assert change.before == change.after == row


def test_a_row_that_is_changed_later_does_not_affect_the_row_before() -> None:
    log, row = ChangeLog(), {"x": 0}
    log.record_update("T", ("1",), row, {"x": 1})
    row["x"] = 5
    (change,) = log.changes()
    assert (change.before, change.after, change.row) == ({"x": 0}, {"x": 1}, {"x": 1})
