"""Queries as a whole: the shape of entities, order, pages, groups and refusals."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import QueryError, SandboxUnsupported, UnknownAttribute, UnknownEntityType
from ftrack_orm.query.language.nodes import Aggregate, Function, Ordering, Path, Select
from ftrack_orm.wire.replies import QueryReply
from tests.sandbox.criteria import is_, path
from tests.sandbox.small_database import QueryRunner

pytestmark = pytest.mark.usefixtures("small_production")


def test_an_entity_has_its_concrete_type_its_key_and_its_system_projections(ask: QueryRunner) -> None:
    assert ask("Task", "name", where=is_("id", "task-1")).data == [
        {
            "__entity_type__": "Task",
            "id": "task-1",
            "name": "Comp",
            "context_type": "task",
            "object_type_id": "object-task",
            "project_id": "project-a",
        }
    ]


def test_a_datetime_is_a_typed_value(ask: QueryRunner) -> None:
    entity = ask("Task", "created_at", where=is_("id", "task-1")).data[0]
    assert entity["created_at"] == {"__type__": "datetime", "value": "2024-05-01T10:00:00"}


def test_a_projection_that_ends_on_a_reference_gives_a_reference_and_no_foreign_key(ask: QueryRunner) -> None:
    entity = ask("Task", "status", where=is_("id", "task-1")).data[0]
    assert entity["status"] == {"__entity_type__": "Status", "id": "status-1"}
    assert "status_id" not in entity


def test_unknown_names_are_refused_with_near_ones(ask: QueryRunner) -> None:
    with pytest.raises(UnknownEntityType, match="Task"):
        ask("Tesk", "name")
    with pytest.raises(UnknownAttribute, match="name"):
        ask("Task", "nmae")


def test_an_attribute_for_criteria_only_cannot_be_selected(ask: QueryRunner) -> None:
    with pytest.raises(QueryError, match="criteria"):
        ask("Task", "custom_attribute_links")


def test_a_query_beyond_what_the_database_can_do_is_refused_by_name(ask: QueryRunner) -> None:
    with pytest.raises(SandboxUnsupported, match=r"Task.*64 tables"):
        ask("Task", ".".join(["parent"] * 70))


def test_a_path_ends_at_a_value(ask: QueryRunner) -> None:
    with pytest.raises(UnknownAttribute, match="holds a value"):
        ask("Task", "name.id")


# -- order and pages ----------------------------------------------------------------------------------------------


def names(reply: QueryReply) -> list[str]:
    return [entity["name"] for entity in reply.data]


def test_results_are_ordered_by_the_primary_key(ask: QueryRunner) -> None:
    assert names(ask("Task", "name")) == ["Comp", "anim", "Layout", "edit 100%"]


def test_text_is_ordered_without_regard_to_case(ask: QueryRunner) -> None:
    entities = ask("Task", "name", order_by=(Ordering(Path.of("name")),))
    assert names(entities) == ["anim", "Comp", "edit 100%", "Layout"]


def test_order_follows_references_and_several_keys_and_ends_with_the_primary_key(ask: QueryRunner) -> None:
    entities = ask(
        "Task", "name", order_by=(Ordering(Path.of("project", "name")), Ordering(Path.of("status", "sort"), True))
    )
    assert names(entities) == ["anim", "Comp", "Layout", "edit 100%"]
    tied = ask("Task", "name", order_by=(Ordering(Path.of("project", "name"), True),))
    assert names(tied) == ["edit 100%", "Comp", "anim", "Layout"]


def test_order_over_a_collection_is_refused(ask: QueryRunner) -> None:
    with pytest.raises(QueryError, match="many"):
        ask("Task", "name", order_by=(Ordering(Path.of("assignments", "id")),))


@pytest.mark.parametrize(
    ("offset", "limit", "expected", "following"),
    [
        (None, 2, ["Comp", "anim"], 2),
        (2, 2, ["Layout", "edit 100%"], None),
        (3, 2, ["edit 100%"], None),
        (1, None, ["anim", "Layout", "edit 100%"], None),
        (None, None, ["Comp", "anim", "Layout", "edit 100%"], None),
        (9, 2, [], None),
        (None, 0, [], None),
    ],
)
def test_pages(
    ask: QueryRunner, offset: int | None, limit: int | None, expected: list[str], following: int | None
) -> None:
    entities = ask("Task", "name", offset=offset, limit=limit)
    assert (names(entities), entities.next_offset) == (expected, following)


# -- groups -------------------------------------------------------------------------------------------------------


def aggregate(function: Function, *names: str) -> Aggregate:
    return Aggregate(function, Path.of(*names))


def grouped(ask: QueryRunner, *projections: Any, by: str, **clauses: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ask.run(Select("Task", projections, group_by=(path(by),), **clauses)).data
    return rows


def test_groups_are_plain_rows_of_their_aggregates_and_their_values(ask: QueryRunner) -> None:
    entities = grouped(
        ask,
        aggregate(Function.COUNT, "id"),
        aggregate(Function.SUM, "bid"),
        aggregate(Function.AVG, "bid"),
        aggregate(Function.MIN, "bid"),
        aggregate(Function.MAX, "created_at"),
        by="project_id",
    )
    latest = {"__type__": "datetime", "value": "2024-05-03T10:00:00"}
    assert entities == [
        {
            "count_id": 3,
            "sum_bid": 3.0,
            "avg_bid": 1.5,
            "min_bid": 1.0,
            "max_created_at": latest,
            "project_id": "project-a",
        },
        {
            "count_id": 1,
            "sum_bid": None,
            "avg_bid": None,
            "min_bid": None,
            "max_created_at": None,
            "project_id": "project-b",
        },
    ]


def test_groups_over_references_are_ordered_and_paged(ask: QueryRunner) -> None:
    entities = grouped(
        ask,
        aggregate(Function.COUNT, "id"),
        by="status.name",
        order_by=(Ordering(Path.of("status", "name"), True),),
        limit=2,
    )
    assert entities == [{"count_id": 1, "status.name": "Not started"}, {"count_id": 1, "status.name": "In progress"}]


def test_a_projection_that_is_not_grouped_by_is_refused(ask: QueryRunner) -> None:
    with pytest.raises(QueryError, match="group by"):
        grouped(ask, Path.of("name"), by="project_id")


def test_aggregates_without_groups_are_refused(ask: QueryRunner) -> None:
    with pytest.raises(QueryError, match="group by"):
        ask.run(Select("Task", (aggregate(Function.COUNT, "id"),)))
