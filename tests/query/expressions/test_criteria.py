from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import QueryError, UnknownAttribute
from ftrack_orm.query.expressions.attributes import attr
from ftrack_orm.query.expressions.criteria import CriterionExpression, and_, as_criterion, build_criteria, not_, or_
from ftrack_orm.query.language.compiler import compile_criterion
from ftrack_orm.schema.model import Schema

A, B, C = (attr(name) == 1 for name in "abc")


def test_criteria_are_joined_by_operators_and_by_functions() -> None:
    assert str((A | B) & ~C) == "(a is 1 or b is 1) and not (c is 1)"
    assert and_(or_(A, B), not_(C)) == (A | B) & ~C
    assert str(and_(A)) == str(or_(A)) == "a is 1"


def test_joining_flattens_and_a_double_negation_is_the_criterion() -> None:
    assert (A & B) & C == A & (B & C) == and_(A, B, C)
    assert (A | B) | C == A | (B | C) == or_(A, B, C)
    assert ~~A == A


def test_a_joined_criterion_has_the_roots_of_its_parts(task: Any, shot: Any) -> None:
    criterion = ~((task.name == "x") & A) | (shot.name == "y")
    assert criterion.roots == {"Task", "Shot"}


def test_truth_values_are_refused_with_advice(task: Any) -> None:
    for trap in (
        lambda: task.name == "x" and task.bid == 1,
        lambda: task.name == "x" or task.bid == 1,
        lambda: not (task.bid > 1),
        lambda: 1 < task.bid < 2,
    ):
        with pytest.raises(QueryError, match=r"\(a\) & \(b\) instead of 'a and b'"):
            trap()


def test_missing_parentheses_are_reported(task: Any) -> None:
    with pytest.raises(QueryError, match=r"with each comparison in parentheses: \(a == 1\) & \(b == 2\)"):
        task.name == "x" & task.bid == 1  # noqa: B015  # the comparison is tested


def test_only_criteria_can_be_joined() -> None:
    wrong: Any
    for wrong in ("b is 1", None, attr("a")):
        for join in (and_, or_, lambda one, other: one & other, lambda one, other: other | one):
            with pytest.raises(QueryError):
                join(A, wrong)
        with pytest.raises(QueryError):
            not_(wrong)
    for join in (and_, or_):
        with pytest.raises(QueryError, match="takes at least one criterion"):
            join()


def test_a_boolean_that_python_computed_is_recognised() -> None:
    with pytest.raises(QueryError, match="Python decided this one"):
        as_criterion(False, "where")


def test_equal_criteria_are_equal_values() -> None:
    assert len({A, attr("a") == 1, B}) == 2
    assert repr(A) == "<criterion a is 1>"
    assert isinstance(A, CriterionExpression)


def test_criteria_are_built_from_expressions_and_texts(schema: Schema) -> None:
    nodes = build_criteria("where", (attr("name") == "x", "bid > 3 or bid < 1"), "Task", schema)
    assert [compile_criterion(node) for node in nodes] == ['name is "x"', "bid > 3 or bid < 1"]


def test_criteria_are_checked_for_the_type_of_the_query(schema: Schema, shot: Any) -> None:
    with pytest.raises(QueryError, match="An expression on Shot was given for Task"):
        build_criteria("where", (shot.name == "x",), "Task", schema)
    with pytest.raises(UnknownAttribute, match=r"\n  nam is x\n  \^"):
        build_criteria("where", ("nam is x",), "Task", schema)
    with pytest.raises(QueryError, match="has takes criteria"):
        build_criteria("has", (3,), "Task", schema)
    assert len(build_criteria("where", ("nam is x", attr("nonsense") > 3), None, None)) == 2
