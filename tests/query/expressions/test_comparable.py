from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.errors import QueryError

NOON = datetime.datetime(2017, 2, 8, 12, tzinfo=datetime.timezone.utc)


def test_every_comparison_has_its_criterion(task: Any) -> None:
    criteria = [
        (task.name == "x", 'name is "x"'),
        (task.name != "x", 'name is_not "x"'),
        (task.bid < 1, "bid < 1"),
        (task.bid <= 1, "bid <= 1"),
        (task.bid > 1, "bid > 1"),
        (task.bid >= 1, "bid >= 1"),
        (task.bid == None, "bid is none"),  # noqa: E711  # the comparison is tested
        (task.name.is_(None), "name is none"),
        (task.name.is_not(None), "name is_not none"),
        (task.name.in_(["a", "b"]), 'name in ("a", "b")'),
        (task.name.not_in(iter(["a"])), 'name not_in ("a")'),
        (task.name.in_(set()), "name in ()"),
        (task.name.like("sh%"), 'name like "sh%"'),
        (task.name.not_like("sh%"), 'name not_like "sh%"'),
        (task.name.startswith("50%_"), r'name like "50\\%_%"'),
        (task.name.endswith("a"), 'name like "%a"'),
        (task.name.contains("a\\"), r'name like "%a\\\\%"'),
        (task.end_date.before(NOON), 'end_date < "2017-02-08T12:00:00"'),
        (task.end_date.after(NOON.date()), 'end_date > "2017-02-08"'),
        (task.status.is_active == True, "status.is_active is true"),  # noqa: E712  # the comparison is tested
    ]
    for criterion, text in criteria:
        assert str(criterion) == text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda task: task.bid == "x", "Task.bid is compared with a number, not with 'x'"),
        (lambda task: task.name == 3, "Task.name is compared with text, not with 3"),
        (lambda task: task.end_date > 3, "Task.end_date is compared with a datetime"),
        (lambda task: task.end_date > NOON.replace(tzinfo=None), "which has no timezone"),
        (lambda task: task.bid.like("3%"), "Task.bid is not text, so like cannot be used"),
        (lambda task: task.status.is_active < True, "Task.status.is_active has no order"),
        (lambda task: task.status < 3, "Task.status is a relation and has no order"),
        (lambda task: task.status == "Done", "Task.status is a relation: compare it with a Status entity"),
        (lambda task: task.name == task.parent.name, "ftrack compares attributes with values only"),
        (lambda task: task.name.in_("abc"), "needs several values for in_"),
        (lambda task: task.name.in_(3), "needs several values for in_"),
        (lambda task: task.name.in_(["a", None]), r"add \| \(Task.name == None\)"),
        (lambda task: task.name.not_in(["a", None]), r"add & \(Task.name != None\)"),
        (lambda task: task.name.in_(["a", ["b"]]), "is a list"),
        (lambda task: task.name != ["a"], r"Use Task.name.not_in\(...\)"),
        (lambda task: task.bid < [3], "Give one value"),
        (lambda task: len(task.children), "has no length"),
        (lambda task: task.bid + 1, "Compute on the side of the value"),
        (lambda task: 2 * task.bid, "Compute on the side of the value"),
        (lambda task: -task.bid, "Compute on the side of the value"),
        (lambda task: task.name.in_(["a", 3]), "Task.name is compared with text, not with 3"),
        (lambda task: task.name.startswith(3), r"startswith\(3\) is a int"),
        (lambda task: task.parent == task, "Compare with an entity, or cast a relation"),
        (lambda task: task.name == ["a"], r"Use Task.name.in_\(...\)"),
        (lambda task: "a" in task.name, r"Write Task.name.contains\('a'\)"),
        (lambda task: list(task.children), "has no items of its own"),
        (lambda task: not task.name, "has no truth value of its own"),
        (lambda task: ~task.name, "is not a criterion"),
    ],
)
def test_invalid_comparisons_are_refused_at_once(wrong: Callable[[Any], Any], message: str, task: Any) -> None:
    with pytest.raises(QueryError, match=message):
        wrong(task)
