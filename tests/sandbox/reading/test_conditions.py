"""Criteria as SQL conditions: paths over references and collections, subqueries, negation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ftrack_orm.errors import QueryError, SandboxUnsupported, UnknownAttribute
from ftrack_orm.query.language.nodes import And, Criterion, Membership, Not, Operator, Or, Select
from tests.sandbox.criteria import any_, compare, has, is_, path
from tests.sandbox.small_database import QueryRunner

pytestmark = pytest.mark.usefixtures("small_production")

Find = Callable[..., list[str]]


@pytest.fixture
def find(ask: QueryRunner) -> Find:
    """Return the last characters of the ids that a criterion finds: "1" for "task-1"."""
    return lambda criterion, entity_type="Task": [
        entity["id"].rpartition("-")[2] for entity in ask(entity_type, "id", where=criterion).data
    ]


def test_unknown_attributes_are_refused(find: Find) -> None:
    with pytest.raises(UnknownAttribute, match="status"):
        find(is_("statsu.name", "x"))


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        (is_("assignments", None), "Use 'assignments any"),
        (compare("assignments", Operator.GREATER, 1), "holds many entities"),
        (any_("name"), "holds a value"),
    ],
)
def test_values_and_collections_are_not_mistaken_for_each_other(find: Find, criterion: Criterion, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        find(criterion)


def test_criteria_combine(find: Find) -> None:
    comp, anim = is_("name", "comp"), is_("name", "anim")
    assert find(Or((comp, anim))) == ["1", "2"]
    assert find(And((Or((comp, anim)), compare("bid", Operator.GREATER, 1)))) == ["2"]
    assert find(Not(Or((comp, anim)))) == ["3", "4"]


# -- subqueries ---------------------------------------------------------------------------------------------------


def test_a_subquery_gives_the_values(find: Find) -> None:
    open_ = Select("Status", (path("id"),), is_("state.short", "NOT_STARTED"))
    assert find(Membership(path("status_id"), open_)) == ["1", "2"]
    assert find(Membership(path("status"), open_, negated=True)) == []
    assert find(Membership(path("id"), Select("Appointment", (path("context"),)))) == ["1", "2"]
    assert find(Membership(path("id"), Select("Task", (path("id"),), limit=2, offset=1))) == ["2", "3"]


def test_nulls_of_a_subquery_do_not_make_not_in_find_nothing(find: Find) -> None:
    used = Select("Task", (path("status_id"),))
    assert find(Membership(path("id"), used, negated=True), "Status") == ["3"]


def test_a_subquery_must_select_one_attribute(find: Find) -> None:
    with pytest.raises(QueryError, match="exactly one"):
        find(Membership(path("id"), Select("Task", (path("id"), path("name")))))


def test_a_subquery_over_a_collection_is_refused(find: Find) -> None:
    with pytest.raises(SandboxUnsupported, match="select from the type of the items"):
        find(Membership(path("id"), Select("Project", (path("children.id"),))))


# -- relations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (any_("assignments"), "12"),
        (Not(any_("assignments")), "34"),
        (any_("allocations"), "1"),
        (any_("assignments", is_("resource_id", "user-1")), "1"),
        (any_("assignments", has("resource[User]", is_("username", "joe"))), "2"),
        (is_("assignments.resource[User].username", "jane"), "1"),
        (has("status"), "12"),
        (Not(has("status")), "34"),
        (has("status", is_("name", "In progress")), "2"),
        (Not(has("status", is_("name", "In progress"))), "134"),
        (has("parent[Shot]", is_("bid", 10)), "123"),
        (has("parent[Task]"), ""),
        (has("status.state", is_("short", "NOT_STARTED")), "12"),
        (any_("parent.children", is_("name", "anim")), "123"),
        (any_("parent.children[Shot]"), ""),
        (any_("ancestors", is_("name", "sh010")), "123"),
    ],
    ids=str,
)
def test_relations(find: Find, criterion: Criterion, expected: str) -> None:
    assert "".join(find(criterion)) == expected


def test_any_binds_one_item_where_two_paths_may_match_different_items(find: Find) -> None:
    kind, two = is_("metadata.key", "kind"), is_("metadata.value", "two")
    assert find(And((kind, two))) == ["1", "2"]
    bound = And((is_("key", "kind"), is_("value", "two")))
    assert find(any_("metadata", bound)) == ["2"]


def test_a_negative_operator_over_a_collection_matches_any_item_that_differs(find: Find) -> None:
    assert find(compare("assignments.resource_id", Operator.IS_NOT, "user-1")) == ["1", "2"]
    assert find(Not(is_("assignments.resource_id", "user-1"))) == ["2", "3", "4"]


def test_a_cast_restricts_a_collection(find: Find) -> None:
    assert find(any_("children[Shot]"), "Project") == ["a"]
    assert find(any_("children[Task]"), "Project") == ["b"]
