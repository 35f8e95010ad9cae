from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.expressions.attributes import attr
from ftrack_orm.query.expressions.criteria import CriterionExpression, and_, as_criterion, not_, or_

A, B, C = (attr(name) == 1 for name in "abc")


def test_criteria_are_joined_by_operators_and_by_functions() -> None:
    assert str((A | B) & ~C) == "(a is 1 or b is 1) and not (c is 1)"
    assert and_(or_(A, B), not_(C)) == (A | B) & ~C
    assert str(and_(A)) == str(or_(A)) == "a is 1"


def test_joining_flattens_and_negating_twice_is_nothing() -> None:
    assert (A & B) & C == A & (B & C) == and_(A, B, C)
    assert (A | B) | C == A | (B | C) == or_(A, B, C)
    assert ~~A == A


def test_joining_keeps_what_types_the_parts_were_made_with(task: Any, shot: Any) -> None:
    criterion = ~((task.name == "x") & A) | (shot.name == "y")
    assert criterion.roots == {"Task", "Shot"}


def test_truth_is_refused_with_what_to_write_instead(task: Any) -> None:
    for trap in (
        lambda: task.name == "x" and task.bid == 1,
        lambda: task.name == "x" or task.bid == 1,
        lambda: not (task.bid > 1),
        lambda: 1 < task.bid < 2,
    ):
        with pytest.raises(QueryError, match=r"\(a\) & \(b\) instead of 'a and b'"):
            trap()


def test_forgotten_parentheses_are_pointed_out(task: Any) -> None:
    with pytest.raises(QueryError, match=r"put each comparison in parentheses: \(a == 1\) & \(b == 2\)"):
        task.name == "x" & task.bid == 1  # noqa: B015  # the comparison is what is tested


def test_only_criteria_can_be_joined() -> None:
    for wrong in ("b is 1", None, attr("a")):
        for join in (and_, or_, lambda one, other: one & other, lambda one, other: other | one):
            with pytest.raises(QueryError):
                join(A, wrong)
        with pytest.raises(QueryError):
            not_(wrong)
    for join in (and_, or_):
        with pytest.raises(QueryError, match="takes at least one criterion"):
            join()


def test_what_python_decided_itself_is_recognised() -> None:
    with pytest.raises(QueryError, match="Python decided this one"):
        as_criterion(False, "where")


def test_equal_criteria_are_equal_values() -> None:
    assert len({A, attr("a") == 1, B}) == 2
    assert repr(A) == "<criterion a is 1>"
    assert isinstance(A, CriterionExpression)
