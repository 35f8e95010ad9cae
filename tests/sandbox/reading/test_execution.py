"""How queries are answered: shapes, projections, paging, order, polymorphism, groups, and how many statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from ftrack_orm.errors import QueryError, SandboxUnsupported, UnknownAttribute, UnknownEntityType
from ftrack_orm.query.language.nodes import Aggregate, Comparison, Function, Operator, Ordering, Path, Select
from ftrack_orm.sandbox.reading.execution import run_query
from ftrack_orm.sandbox.reading.serialization import Serializer

pytestmark = pytest.mark.usefixtures("small_production")

Ask = Callable[..., Any]


def only(attribute: str, value: Any) -> Comparison:
    return Comparison(Path.of(*attribute.split(".")), Operator.IS, value)


def test_an_entity_is_told_with_its_concrete_type_its_key_and_its_system_projections(ask: Ask) -> None:
    assert ask("Task", "name", where=only("id", "task-1")).data == [
        {
            "__entity_type__": "Task",
            "id": "task-1",
            "name": "Comp",
            "context_type": "task",
            "object_type_id": "object-task",
            "project_id": "project-a",
        }
    ]


def test_a_base_type_finds_all_types_of_its_family_each_with_what_its_type_always_tells(ask: Ask) -> None:
    found = ask("Context", "name", where=only("project_id", "project-a")).data
    assert [(entity["__entity_type__"], entity["id"]) for entity in found] == [
        ("Project", "project-a"),
        ("Shot", "shot-1"),
        ("Task", "task-1"),
        ("Task", "task-2"),
        ("Task", "task-3"),
    ]
    assert "object_type_id" not in found[0]
    assert found[1]["object_type_id"] == "object-shot"


def test_a_type_in_the_middle_of_a_family_finds_those_below_it_only(ask: Ask) -> None:
    found = ask("TypedContext", "id").data
    assert [entity["id"] for entity in found] == ["shot-1", "task-1", "task-2", "task-3", "task-4"]
    assert [entity["id"] for entity in ask("Shot", "id").data] == ["shot-1"]


def test_missing_values_and_missing_references_are_null(ask: Ask) -> None:
    found = ask("Task", "status.name", "bid", "created_at", where=only("id", "task-4")).data[0]
    assert (found["status"], found["bid"], found["created_at"]) == (None, None, None)


def test_a_datetime_is_told_as_a_typed_value(ask: Ask) -> None:
    found = ask("Task", "created_at", where=only("id", "task-1")).data[0]
    assert found["created_at"] == {"__type__": "datetime", "value": "2024-05-01T10:00:00"}


def test_a_projection_that_ends_on_a_reference_gives_a_reference_and_no_foreign_key(ask: Ask) -> None:
    found = ask("Task", "status", where=only("id", "task-1")).data[0]
    assert found["status"] == {"__entity_type__": "Status", "id": "status-1"}
    assert "status_id" not in found


def test_a_projection_leads_over_hidden_keys_to_any_depth(ask: Ask) -> None:
    found = ask("Task", "status.state.short", "parent.parent.name", where=only("id", "task-1")).data[0]
    assert found["status"]["state"] == {"__entity_type__": "State", "id": "state-open", "short": "NOT_STARTED"}
    assert found["parent"]["__entity_type__"] == "Shot"
    assert found["parent"]["parent"]["name"] == "demo"


def test_a_collection_tells_its_items_with_their_own_references(ask: Ask) -> None:
    found = ask("Task", "assignments.resource", where=only("id", "task-1")).data[0]
    assert found["assignments"] == [
        {
            "__entity_type__": "Appointment",
            "id": "appointment-1",
            "resource": {"__entity_type__": "User", "id": "user-1", "resource_type": "user"},
        },
        {
            "__entity_type__": "Appointment",
            "id": "appointment-2",
            "resource": {"__entity_type__": "Group", "id": "group-1", "resource_type": "group"},
        },
    ]


def test_collections_follow_collections_and_an_empty_one_is_an_empty_list(ask: Ask) -> None:
    found = ask("Project", "children.children.assignments.resource[User].username").data
    tasks = found[0]["children"][0]["children"]
    assert [len(task["assignments"]) for task in tasks] == [2, 1, 0]
    assert tasks[1]["assignments"][0]["resource"]["username"] == "joe"
    assert "username" not in tasks[0]["assignments"][1]["resource"]
    assert found[1]["children"][0]["children"] == []


def test_a_cast_tells_more_of_items_of_that_type_and_leaves_out_none(ask: Ask) -> None:
    found = ask("Project", "children[Shot].bid", where=only("id", "project-a")).data[0]
    assert [(child["id"], child["bid"]) for child in found["children"]] == [("shot-1", 10.0)]
    found = ask("Project", "children[Shot].bid", where=only("id", "project-b")).data[0]
    assert [child["id"] for child in found["children"]] == ["task-4"]
    assert "bid" not in found["children"][0]


def test_a_collection_described_by_an_object_type_holds_every_object_type(ask: Ask) -> None:
    found = ask("ObjectType", "tasks", where=only("id", "object-shot")).data[0]
    assert [task["__entity_type__"] for task in found["tasks"]] == ["Shot"]


def test_an_attribute_of_a_subtype_is_told_of_the_entities_that_have_it(ask: Ask) -> None:
    found = ask("Context", "bid", where=only("project_id", "project-a"), limit=2).data
    assert "bid" not in found[0]
    assert found[1]["bid"] == 10.0
    assert [entity["id"] for entity in ask("Context", "id", where=only("status.name", "In progress")).data] == [
        "shot-1",
        "task-2",
    ]


def test_another_attribute_of_the_same_name_is_not_mistaken_for_what_was_asked(ask: Ask) -> None:
    project, shot = ask("Context", "status", where=only("project_id", "project-a"), limit=2).data
    assert "status" not in project
    assert shot["status"]["id"] == "status-2"
    with pytest.raises(SandboxUnsupported, match=r"Project\.status and TypedContext\.status"):
        ask("Task", "parent[Project].status", "parent[TypedContext].status")


def test_the_default_projections_stand_in_for_none(ask: Ask) -> None:
    assert ask("Status", where=only("id", "status-1")).data[0]["name"] == "Not started"


def test_unknown_names_are_refused_with_near_ones(ask: Ask) -> None:
    with pytest.raises(UnknownEntityType, match="Task"):
        ask("Tesk", "name")
    with pytest.raises(UnknownAttribute, match="name"):
        ask("Task", "nmae")


def test_what_can_be_used_in_criteria_only_is_not_projected(ask: Ask) -> None:
    with pytest.raises(QueryError, match="criteria"):
        ask("Task", "custom_attribute_links")


def test_a_query_beyond_what_the_database_can_do_is_refused_by_name(ask: Ask) -> None:
    with pytest.raises(SandboxUnsupported, match=r"Task.*64 tables"):
        ask("Task", ".".join(["parent"] * 70))


def test_nothing_can_follow_a_value(ask: Ask) -> None:
    with pytest.raises(UnknownAttribute, match="holds a value"):
        ask("Task", "name.id")


# -- order and pages ----------------------------------------------------------------------------------------------


def names(rows: Any) -> list[str]:
    return [entity["name"] for entity in rows.data]


def test_results_come_in_the_order_of_the_primary_key(ask: Ask) -> None:
    assert names(ask("Task", "name")) == ["Comp", "anim", "Layout", "edit 100%"]


def test_text_is_ordered_without_regard_to_case(ask: Ask) -> None:
    found = ask("Task", "name", order_by=(Ordering(Path.of("name")),))
    assert names(found) == ["anim", "Comp", "edit 100%", "Layout"]


def test_order_follows_references_and_several_keys_and_ends_with_the_primary_key(ask: Ask) -> None:
    found = ask(
        "Task", "name", order_by=(Ordering(Path.of("project", "name")), Ordering(Path.of("status", "sort"), True))
    )
    assert names(found) == ["anim", "Comp", "Layout", "edit 100%"]
    tied = ask("Task", "name", order_by=(Ordering(Path.of("project", "name"), True),))
    assert names(tied) == ["edit 100%", "Comp", "anim", "Layout"]


def test_order_over_a_collection_is_refused(ask: Ask) -> None:
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
def test_pages(ask: Ask, offset: int | None, limit: int | None, expected: list[str], following: int | None) -> None:
    found = ask("Task", "name", offset=offset, limit=limit)
    assert (names(found), found.next_offset) == (expected, following)


# -- groups -------------------------------------------------------------------------------------------------------


def aggregate(function: Function, *names: str) -> Aggregate:
    return Aggregate(function, Path.of(*names))


def grouped(run_select: Callable[[Select], Any], *projections: Any, by: str, **clauses: Any) -> Any:
    return run_select(Select("Task", projections, group_by=(Path.of(*by.split(".")),), **clauses)).data


@pytest.fixture
def run_select(connection: sa.Connection, tables: Any, now: Any) -> Callable[[Select], Any]:
    return lambda select: run_query(connection, tables, select, Serializer(), now)


def test_groups_are_plain_rows_of_their_aggregates_and_their_values(run_select: Callable[[Select], Any]) -> None:
    found = grouped(
        run_select,
        aggregate(Function.COUNT, "id"),
        aggregate(Function.SUM, "bid"),
        aggregate(Function.AVG, "bid"),
        aggregate(Function.MIN, "bid"),
        aggregate(Function.MAX, "created_at"),
        by="project_id",
    )
    latest = {"__type__": "datetime", "value": "2024-05-03T10:00:00"}
    assert found == [
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


def test_groups_may_be_made_over_references_ordered_and_paged(run_select: Callable[[Select], Any]) -> None:
    found = grouped(
        run_select,
        aggregate(Function.COUNT, "id"),
        by="status.name",
        order_by=(Ordering(Path.of("status", "name"), True),),
        limit=2,
    )
    assert found == [{"count_id": 1, "status.name": "Not started"}, {"count_id": 1, "status.name": "In progress"}]


def test_a_projection_that_is_not_grouped_by_is_refused(run_select: Callable[[Select], Any]) -> None:
    with pytest.raises(QueryError, match="group by"):
        grouped(run_select, Path.of("name"), by="project_id")


def test_aggregates_without_groups_are_refused(run_select: Callable[[Select], Any]) -> None:
    with pytest.raises(QueryError, match="group by"):
        run_select(Select("Task", (aggregate(Function.COUNT, "id"),)))


# -- what it costs ------------------------------------------------------------------------------------------------


def test_the_number_of_statements_depends_on_the_query_and_not_on_the_rows(
    ask: Ask, connection: sa.Connection, insert: Callable[..., None]
) -> None:
    sent: list[str] = []

    def count() -> int:
        sent.clear()
        ask("Task", "name", "status.state.name", "parent.parent.name", "link", "time_logged", "assignments.resource.id")
        return len(sent)

    sa.event.listen(connection, "before_cursor_execute", lambda *event: sent.append(event[2]))
    before = count()
    for number in range(50):
        insert("Task", id=f"more-{number}", name="more", parent_id="shot-1", status_id="status-1")
        insert("Appointment", id=f"more-{number}", type="assignment", context_id=f"more-{number}", resource_id="user-1")
    assert count() == before == 2
