"""Which entities a criterion finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.errors import QueryError, UnknownAttribute
from ftrack_orm.query.language.nodes import (
    And,
    Comparison,
    Criterion,
    Membership,
    Not,
    Operator,
    Or,
    Path,
    Quantifier,
    Related,
    Select,
    Step,
)

pytestmark = pytest.mark.usefixtures("small_production")

IS, IS_NOT = Operator.IS, Operator.IS_NOT
Find = Callable[..., list[str]]


def at(path: str) -> Path:
    steps = (piece.partition("[") for piece in path.split("."))
    return Path(tuple(Step(name, cast.removesuffix("]") or None) for name, _, cast in steps))


def compare(path: str, operator: Operator, value: Any) -> Comparison:
    return Comparison(at(path), operator, value)


def any_(path: str, criterion: Criterion | None = None) -> Related:
    return Related(at(path), Quantifier.ANY, criterion)


def has(path: str, criterion: Criterion | None = None) -> Related:
    return Related(at(path), Quantifier.HAS, criterion)


@pytest.fixture
def find(ask: Callable[..., Any]) -> Find:
    """The last characters of the ids that a criterion finds: "1" for "task-1"."""
    return lambda criterion, entity_type="Task": [
        entity["id"].rpartition("-")[2] for entity in ask(entity_type, "id", where=criterion).data
    ]


# -- values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (compare("name", IS, "COMP"), "1"),
        (compare("name", IS_NOT, "comp"), "234"),
        (compare("name", Operator.GREATER, "COMP"), "34"),
        (compare("name", Operator.LIKE, "%M%"), "12"),
        (compare("name", Operator.LIKE, "comp"), "1"),
        (compare("name", Operator.LIKE, "com"), ""),
        (compare("name", Operator.NOT_LIKE, "%m%"), "34"),
        (compare("name", Operator.LIKE, "%100\\%"), "4"),
        (compare("name", Operator.LIKE, "%1\\%"), ""),
        (compare("name", Operator.LIKE, "edit_100%"), ""),
        (compare("id", IS, "task-1"), "1"),
        (compare("id", IS, "TASK-1"), ""),
        (compare("bid", IS, 1), "1"),
        (compare("bid", IS, "2"), "2"),
        (compare("bid", IS_NOT, 1), "2"),
        (compare("bid", Operator.GREATER, 1), "2"),
        (compare("bid", Operator.GREATER_OR_EQUAL, 1.0), "12"),
        (compare("bid", Operator.LESS, 2), "1"),
        (compare("bid", Operator.LESS_OR_EQUAL, 2), "12"),
        (compare("bid", IS, None), "34"),
        (compare("bid", IS_NOT, None), "12"),
        (compare("status", IS, None), "34"),
        (compare("status", IS_NOT, None), "12"),
        (compare("status", IS, "status-1"), "1"),
        (compare("status.name", IS, "not STARTED"), "1"),
        (compare("status.name", IS_NOT, "not started"), "2"),
        (compare("status.state.short", IS, "NOT_STARTED"), "12"),
        (compare("parent.name", IS, "sh010"), "123"),
        (compare("parent[Shot].bid", IS, 10), "123"),
        (compare("parent[Task].bid", IS, 10), ""),
        (compare("parent[Shot]", IS, None), "4"),
    ],
    ids=str,
)
def test_comparisons(find: Find, criterion: Criterion, expected: str) -> None:
    assert "".join(find(criterion)) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(True, "1"), ("true", "1"), ("False", "2"), (1, "1"), (0, "2")], ids=repr
)
def test_booleans_compare_with_every_spelling_clients_send(find: Find, value: Any, expected: str) -> None:
    assert "".join(find(compare("is_active", IS, value), "User")) == expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        (IS, "2024-05-02", "2"),
        (IS_NOT, "2024-05-02", "13"),
        (Operator.GREATER, "2024-05-02", "23"),
        (Operator.GREATER_OR_EQUAL, "2024-05-02", "23"),
        (Operator.LESS, "2024-05-02", "1"),
        (Operator.LESS_OR_EQUAL, "2024-05-02", "1"),
        (IS, "2024-05-02T10:00:00", "2"),
        (IS, "2024-05-02 10:00:00", "2"),
        (IS, "2024-05-02T12:00:00+02:00", "2"),
        (IS, "2024-05-02T10:00:00Z", "2"),
        (Operator.GREATER, "2024-05-02T10:00:00", "3"),
        (Operator.LIKE, "2024-05-02%", "2"),
    ],
)
def test_datetimes_compare_as_moments_and_a_day_is_its_midnight_but_for_equality(
    find: Find, operator: Operator, value: str, expected: str
) -> None:
    assert "".join(find(compare("created_at", operator, value))) == expected


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        (compare("bid", IS, "much"), "Task.bid is a number"),
        (compare("created_at", IS, "yesterday"), "Task.created_at is a datetime"),
        (compare("bid", Operator.LESS, None), "none"),
        (compare("assignments", IS, None), "any"),
        (compare("thumbnail_url", IS, "x"), "only be compared with none"),
        (any_("name"), "holds a value"),
    ],
)
def test_comparisons_that_make_no_sense_are_refused(find: Find, criterion: Criterion, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        find(criterion)


def test_unknown_attributes_are_refused(find: Find) -> None:
    with pytest.raises(UnknownAttribute, match="status"):
        find(compare("statsu.name", IS, "x"))


# -- and, or, not -------------------------------------------------------------------------------------------------


def test_criteria_combine(find: Find) -> None:
    comp, anim = compare("name", IS, "comp"), compare("name", IS, "anim")
    assert find(Or((comp, anim))) == ["1", "2"]
    assert find(And((Or((comp, anim)), compare("bid", Operator.GREATER, 1)))) == ["2"]
    assert find(Not(Or((comp, anim)))) == ["3", "4"]


def test_thousands_of_conditions_can_be_joined(find: Find) -> None:
    by_pair = [And((compare("id", IS, f"task-{number}"), compare("name", IS, "comp"))) for number in range(2_000)]
    assert find(Or(tuple(by_pair))) == ["1"]
    others = tuple(compare("id", IS_NOT, f"task-{number}") for number in range(2, 2_000))
    assert find(And(others)) == ["1"]
    assert find(Not(And(others))) == ["2", "3", "4"]


def test_a_missing_value_is_found_neither_by_a_comparison_nor_by_its_negation(find: Find) -> None:
    assert find(Not(compare("bid", IS, 1))) == ["2"]


# -- in -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (Membership(at("name"), ("COMP", "layout", "x")), "13"),
        (Membership(at("name"), ("comp", "anim"), negated=True), "34"),
        (Membership(at("name"), ()), ""),
        (Membership(at("name"), (), negated=True), "1234"),
        (Membership(at("bid"), (1, "2")), "12"),
        (Membership(at("bid"), (1, None)), "134"),
        (Membership(at("bid"), (1, None), negated=True), "2"),
        (Membership(at("status.name"), ("Not started",)), "1"),
        (Membership(at("status"), ("status-1",)), "1"),
        (Membership(at("created_at"), ("2024-05-01", "2024-05-03T10:00:00")), "13"),
        (Membership(at("assignments.resource_id"), ("user-1",)), "1"),
    ],
    ids=str,
)
def test_membership(find: Find, criterion: Criterion, expected: str) -> None:
    assert "".join(find(criterion)) == expected


def test_ten_thousand_values_are_one_parameter(find: Find) -> None:
    assert find(Membership(at("name"), (*(f"name {number}" for number in range(10_000)), "comp"))) == ["1"]


def test_a_subquery_gives_the_values(find: Find) -> None:
    open_ = Select("Status", (at("id"),), compare("state.short", IS, "NOT_STARTED"))
    assert find(Membership(at("status_id"), open_)) == ["1", "2"]
    assert find(Membership(at("status"), open_, negated=True)) == []
    assert find(Membership(at("id"), Select("Appointment", (at("context"),)))) == ["1", "2"]
    assert find(Membership(at("id"), Select("Task", (at("id"),), limit=2, offset=1))) == ["2", "3"]


def test_nulls_of_a_subquery_do_not_make_not_in_find_nothing(find: Find) -> None:
    used = Select("Task", (at("status_id"),))
    assert find(Membership(at("id"), used, negated=True), "Status") == ["3"]


def test_a_subquery_must_select_one_attribute(find: Find) -> None:
    with pytest.raises(QueryError, match="exactly one"):
        find(Membership(at("id"), Select("Task", (at("id"), at("name")))))


# -- relations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (any_("assignments"), "12"),
        (Not(any_("assignments")), "34"),
        (any_("allocations"), "1"),
        (any_("assignments", compare("resource_id", IS, "user-1")), "1"),
        (any_("assignments", has("resource[User]", compare("username", IS, "joe"))), "2"),
        (compare("assignments.resource[User].username", IS, "jane"), "1"),
        (has("status"), "12"),
        (Not(has("status")), "34"),
        (has("status", compare("name", IS, "In progress")), "2"),
        (Not(has("status", compare("name", IS, "In progress"))), "134"),
        (has("parent[Shot]", compare("bid", IS, 10)), "123"),
        (has("parent[Task]"), ""),
        (has("status.state", compare("short", IS, "NOT_STARTED")), "12"),
        (any_("parent.children", compare("name", IS, "anim")), "123"),
        (any_("parent.children[Shot]"), ""),
        (any_("ancestors", compare("name", IS, "sh010")), "123"),
    ],
    ids=str,
)
def test_relations(find: Find, criterion: Criterion, expected: str) -> None:
    assert "".join(find(criterion)) == expected


def test_any_binds_one_item_where_two_paths_may_hold_for_different_ones(find: Find) -> None:
    kind, two = compare("metadata.key", IS, "kind"), compare("metadata.value", IS, "two")
    assert find(And((kind, two))) == ["1", "2"]
    bound = And((compare("key", IS, "kind"), compare("value", IS, "two")))
    assert find(any_("metadata", bound)) == ["2"]


def test_a_negative_operator_over_a_collection_asks_for_an_item_that_differs(find: Find) -> None:
    assert find(compare("assignments.resource_id", IS_NOT, "user-1")) == ["1", "2"]
    assert find(Not(compare("assignments.resource_id", IS, "user-1"))) == ["2", "3", "4"]


def test_a_cast_narrows_a_collection(find: Find) -> None:
    assert find(any_("children[Shot]"), "Project") == ["a"]
    assert find(any_("children[Task]"), "Project") == ["b"]


def test_many_to_many_collections_are_followed_from_both_sides(find: Find, insert: Callable[..., None]) -> None:
    insert("Scope", id="scope-1", name="local")
    insert("ContextScope", context_id="task-2", scope_id="scope-1")
    assert find(any_("scopes", compare("name", IS, "local"))) == ["2"]
    insert("TypedContextList", id="list-1", name="dailies", system_type="task")
    insert("ListObject", id="object-1", list_id="list-1", entity_id="task-3")
    assert find(compare("lists.name", IS, "dailies")) == ["3"]
    assert find(compare("items.name", IS, "layout"), "TypedContextList") == ["1"]


def test_descendants_are_found_at_any_depth(find: Find) -> None:
    assert find(compare("descendants.name", IS, "anim"), "Project") == ["a"]


def test_the_items_of_a_collection_are_those_of_its_type(find: Find, insert: Callable[..., None]) -> None:
    insert("CustomAttributeLinkConfiguration", id="configuration-1", key="x", entity_type="task")
    assert find(None, "CustomAttributeConfiguration") == []
    assert find(None, "CustomConfigurationBase") == ["1"]
