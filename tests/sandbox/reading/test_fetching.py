"""Fetching collections: items with their own references, at any depth, with few statements."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.sandbox.criteria import is_
from tests.sandbox.small_database import QueryRunner, RowInserter

pytestmark = pytest.mark.usefixtures("small_production")


def test_items_of_a_collection_have_references_of_their_own(ask: QueryRunner) -> None:
    entity = ask("Task", "assignments.resource", where=is_("id", "task-1")).data[0]
    assert entity["assignments"] == [
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


def test_collections_follow_collections_and_an_empty_one_is_an_empty_list(ask: QueryRunner) -> None:
    entities = ask("Project", "children.children.assignments.resource[User].username").data
    tasks = entities[0]["children"][0]["children"]
    assert [len(task["assignments"]) for task in tasks] == [2, 1, 0]
    assert tasks[1]["assignments"][0]["resource"]["username"] == "joe"
    assert "username" not in tasks[0]["assignments"][1]["resource"]
    assert entities[1]["children"][0]["children"] == []


def test_the_number_of_statements_depends_on_the_query_and_not_on_the_rows(
    ask: QueryRunner, connection: sa.Connection, insert: RowInserter
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
