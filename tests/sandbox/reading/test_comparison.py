"""Comparisons of values of every type, and conditions that are joined in any number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.nodes import And, Criterion, Membership, Not, Operator, Or
from tests.sandbox.criteria import compare, is_, path
from tests.sandbox.small_database import QueryRunner

pytestmark = pytest.mark.usefixtures("small_production")

Find = Callable[..., list[str]]


@pytest.fixture
def find(ask: QueryRunner) -> Find:
    """Return the last characters of the ids that a criterion finds: "1" for "task-1"."""
    return lambda criterion, entity_type="Task": [
        entity["id"].rpartition("-")[2] for entity in ask(entity_type, "id", where=criterion).data
    ]


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (is_("name", "COMP"), "1"),
        (compare("name", Operator.IS_NOT, "comp"), "234"),
        (compare("name", Operator.GREATER, "COMP"), "34"),
        (compare("name", Operator.LIKE, "%M%"), "12"),
        (compare("name", Operator.LIKE, "comp"), "1"),
        (compare("name", Operator.LIKE, "com"), ""),
        (compare("name", Operator.NOT_LIKE, "%m%"), "34"),
        (compare("name", Operator.LIKE, "%100\\%"), "4"),
        (compare("name", Operator.LIKE, "%1\\%"), ""),
        (compare("name", Operator.LIKE, "edit_100%"), ""),
        (is_("id", "task-1"), "1"),
        (is_("id", "TASK-1"), ""),
        (is_("bid", 1), "1"),
        (is_("bid", "2"), "2"),
        (compare("bid", Operator.IS_NOT, 1), "2"),
        (compare("bid", Operator.GREATER, 1), "2"),
        (compare("bid", Operator.GREATER_OR_EQUAL, 1.0), "12"),
        (compare("bid", Operator.LESS, 2), "1"),
        (compare("bid", Operator.LESS_OR_EQUAL, 2), "12"),
        (is_("bid", None), "34"),
        (compare("bid", Operator.IS_NOT, None), "12"),
        (is_("status", None), "34"),
        (compare("status", Operator.IS_NOT, None), "12"),
        (is_("status", "status-1"), "1"),
        (is_("status.name", "not STARTED"), "1"),
        (compare("status.name", Operator.IS_NOT, "not started"), "2"),
        (is_("status.state.short", "NOT_STARTED"), "12"),
        (is_("parent.name", "sh010"), "123"),
        (is_("parent[Shot].bid", 10), "123"),
        (is_("parent[Task].bid", 10), ""),
        (is_("parent[Shot]", None), "4"),
    ],
    ids=str,
)
def test_comparisons(find: Find, criterion: Criterion, expected: str) -> None:
    assert "".join(find(criterion)) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(True, "1"), ("true", "1"), ("False", "2"), (1, "1"), (0, "2")], ids=repr
)
def test_booleans_compare_with_every_spelling_clients_send(find: Find, value: Any, expected: str) -> None:
    assert "".join(find(is_("is_active", value), "User")) == expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        (Operator.IS, "2024-05-02", "2"),
        (Operator.IS_NOT, "2024-05-02", "13"),
        (Operator.GREATER, "2024-05-02", "23"),
        (Operator.GREATER_OR_EQUAL, "2024-05-02", "23"),
        (Operator.LESS, "2024-05-02", "1"),
        (Operator.LESS_OR_EQUAL, "2024-05-02", "1"),
        (Operator.IS, "2024-05-02T10:00:00", "2"),
        (Operator.IS, "2024-05-02 10:00:00", "2"),
        (Operator.IS, "2024-05-02T12:00:00+02:00", "2"),
        (Operator.IS, "2024-05-02T10:00:00Z", "2"),
        (Operator.GREATER, "2024-05-02T10:00:00", "3"),
        (Operator.LIKE, "2024-05-02%", "2"),
    ],
)
def test_datetimes_compare_in_utc_and_a_day_by_its_midnight_except_for_equality(
    find: Find, operator: Operator, value: str, expected: str
) -> None:
    assert "".join(find(compare("created_at", operator, value))) == expected


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        (is_("bid", "much"), "Task.bid is a number"),
        (is_("created_at", "yesterday"), "Task.created_at is a datetime"),
        (compare("bid", Operator.LESS, None), "none"),
        (is_("thumbnail_url", "x"), "only be compared with none"),
    ],
)
def test_an_operand_that_the_type_does_not_allow_is_refused(find: Find, criterion: Criterion, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        find(criterion)


def test_true_and_false_have_no_order(find: Find) -> None:
    with pytest.raises(QueryError, match=r"User\.is_active .* has no order"):
        find(compare("is_active", Operator.LESS, True), "User")


def test_null_matches_neither_a_comparison_nor_its_negation(find: Find) -> None:
    assert find(Not(is_("bid", 1))) == ["2"]


# -- any number of conditions and values --------------------------------------------------------------------------


def test_thousands_of_conditions_can_be_joined(find: Find) -> None:
    by_pair = [And((is_("id", f"task-{number}"), is_("name", "comp"))) for number in range(2_000)]
    assert find(Or(tuple(by_pair))) == ["1"]
    others = tuple(compare("id", Operator.IS_NOT, f"task-{number}") for number in range(2, 2_000))
    assert find(And(others)) == ["1"]
    assert find(Not(And(others))) == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (Membership(path("name"), ("COMP", "layout", "x")), "13"),
        (Membership(path("name"), ("comp", "anim"), negated=True), "34"),
        (Membership(path("name"), ()), ""),
        (Membership(path("name"), (), negated=True), "1234"),
        (Membership(path("bid"), (1, "2")), "12"),
        (Membership(path("bid"), (1, None)), "134"),
        (Membership(path("bid"), (1, None), negated=True), "2"),
        (Membership(path("status.name"), ("Not started",)), "1"),
        (Membership(path("status"), ("status-1",)), "1"),
        (Membership(path("created_at"), ("2024-05-01", "2024-05-03T10:00:00")), "13"),
        (Membership(path("assignments.resource_id"), ("user-1",)), "1"),
    ],
    ids=str,
)
def test_membership(find: Find, criterion: Criterion, expected: str) -> None:
    assert "".join(find(criterion)) == expected


def test_ten_thousand_values_are_one_parameter(find: Find) -> None:
    assert find(Membership(path("name"), (*(f"name {number}" for number in range(10_000)), "comp"))) == ["1"]
