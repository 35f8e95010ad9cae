from __future__ import annotations

import math
from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.compiler import compile_criterion, compile_pretty, compile_select, compile_value, quote
from ftrack_orm.query.language.nodes import (
    Aggregate,
    And,
    Comparison,
    Criterion,
    Function,
    Membership,
    Not,
    Operator,
    Or,
    Ordering,
    Path,
    Quantifier,
    Related,
    Select,
)


def equals(name: str, value: Any = 1) -> Criterion:
    return Comparison(Path.of(name), Operator.IS, value)


A, B, C = equals("a"), equals("b"), equals("c")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", '"plain"'),
        ("none", '"none"'),
        ("", '""'),
        ('say "hi"', r'"say \"hi\""'),
        ("back\\slash", r'"back\\slash"'),
        ("100%", '"100%"'),
        ("it's", '"it\'s"'),
        (3, "3"),
        (-3, "-3"),
        (1.5, "1.5"),
        (2.0, "2.0"),
        (1e21, "1000000000000000000000.0"),
        (1e-7, "0.0000001"),
        (True, "true"),
        (False, "false"),
        (None, "none"),
    ],
)
def test_the_text_of_a_value_keeps_its_type(value: Any, text: str) -> None:
    assert compile_value(value) == text


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, pytest.param(10**5000, id="5001 digits")])
def test_numbers_without_a_literal_are_refused(value: float) -> None:
    with pytest.raises(QueryError):
        compile_value(value)


def test_quotes_and_backslashes_are_escaped_and_nothing_else() -> None:
    assert quote('a"b\\c\n%') == '"a\\"b\\\\c\n%"'


def test_clauses_come_in_a_fixed_order() -> None:
    select = Select(
        "Task",
        (Aggregate(Function.COUNT, Path.of("id")), Path.of("status_id")),
        A,
        (Path.of("status_id"),),
        (Ordering(Path.of("status_id"), descending=True), Ordering(Path.of("type", "name"))),
        20,
        10,
    )
    assert compile_select(select) == (
        "select count(id), status_id from Task where a is 1 group by status_id "
        "order by status_id descending, type.name offset 20 limit 10"
    )


def test_a_query_without_projections_is_written_without_select() -> None:
    assert compile_select(Select("Task")) == "Task"
    assert compile_select(Select("Task", limit=0)) == "Task limit 0"


@pytest.mark.parametrize(
    ("criterion", "text"),
    [
        (And((A, B)), "a is 1 and b is 1"),
        (Or((A, And((B, C)))), "a is 1 or b is 1 and c is 1"),
        (And((A, Or((B, C)))), "a is 1 and (b is 1 or c is 1)"),
        (Not(A), "not (a is 1)"),
        (Not(And((A, B))), "not (a is 1 and b is 1)"),
        (Not(Not(A)), "not (not (a is 1))"),
        (Not(Related(Path.of("timelogs"), Quantifier.ANY)), "not timelogs any ()"),
        (Related(Path.of("parent"), Quantifier.HAS, Or((A, B))), "parent has (a is 1 or b is 1)"),
        (Membership(Path.of("a"), ("x", 1, None)), 'a in ("x", 1, none)'),
        (Membership(Path.of("a"), (), negated=True), "a not_in ()"),
        (
            Membership(Path.of("parent", "id"), Select("Shot", (Path.of("id"),), A)),
            "parent.id in (select id from Shot where a is 1)",
        ),
        (Comparison(Path.of("a"), Operator.NOT_LIKE, "x%"), 'a not_like "x%"'),
    ],
)
def test_criteria_have_parentheses_only_where_needed(criterion: Criterion, text: str) -> None:
    assert compile_criterion(criterion) == text


@pytest.mark.parametrize("projections", [(), (Path.of("id"), Path.of("name"))])
def test_a_subquery_of_other_than_one_attribute_is_refused(projections: tuple[Path, ...]) -> None:
    with pytest.raises(QueryError, match=r"'a in' must select exactly one attribute"):
        compile_criterion(Membership(Path.of("a"), Select("Shot", projections)))


def test_the_pretty_form_has_a_line_for_each_clause_and_condition() -> None:
    select = Select("Task", (Path.of("name"),), And((A, Or((B, C)))), order_by=(Ordering(Path.of("name")),), limit=5)
    assert compile_pretty(select).splitlines() == [
        "select name",
        "from Task",
        "where a is 1",
        "  and (b is 1 or c is 1)",
        "order by name",
        "limit 5",
    ]
    assert compile_pretty(Select("Task", (), Or((A, B)))).splitlines() == ["Task", "where a is 1", "   or b is 1"]
    assert compile_pretty(Select("Task", (), Not(A))).splitlines() == ["Task", "where not (a is 1)"]


def test_nesting_beyond_the_stack_is_a_query_error() -> None:
    criterion = A
    for _ in range(5000):
        criterion = Not(criterion)
    with pytest.raises(QueryError, match="nested too deeply"):
        compile_criterion(criterion)
