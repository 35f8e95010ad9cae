"""The index that SQLite uses, with and without rows to analyze."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from ftrack_orm.sandbox import index_statistics
from ftrack_orm.sandbox.tables import Tables
from tests.sandbox.criteria import any_, is_
from tests.sandbox.small_database import QueryRunner


@pytest.fixture
def plan(ask: QueryRunner, connection: sa.Connection) -> Callable[..., str]:
    """Return the steps by which SQLite runs a query."""

    def explain(entity_type: str, **clauses: Any) -> str:
        sent: list[tuple[str, Any]] = []

        def record(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            sent.append((statement, parameters))

        sa.event.listen(connection, "before_cursor_execute", record)
        ask(entity_type, "name", **clauses)
        sa.event.remove(connection, "before_cursor_execute", record)
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent[0][0]}", sent[0][1])
        return "\n".join(step.detail for step in steps)

    return explain


def test_children_are_found_by_their_parent_and_not_by_their_type(plan: Callable[..., str]) -> None:
    assert "ix_Context_parent_id" in plan("Task", where=is_("parent_id", "x"))


def test_a_page_of_a_type_with_subtypes_is_read_in_order_and_not_sorted(plan: Callable[..., str]) -> None:
    assert "TEMP B-TREE" not in plan("TypedContext", limit=10)
    assert "TEMP B-TREE" not in plan("Task", limit=10)


def test_items_of_a_collection_are_found_by_their_owner(plan: Callable[..., str]) -> None:
    assigned = any_("assignments", is_("resource_id", "x"), is_("type", "y"))
    assert "ix_Appointment_context_id" in plan("Task", where=assigned)


@pytest.mark.usefixtures("small_production")
def test_analyzing_again_replaces_the_default_statistics(connection: sa.Connection, tables: Tables) -> None:
    index_statistics.analyze(connection, tables.metadata)
    index_statistics.analyze(connection, tables.metadata)
    statistics = connection.exec_driver_sql(
        "SELECT stat FROM sqlite_stat1 WHERE idx = ?", (index_statistics.type_index_name("Context"),)
    ).scalars()
    assert [stat.split()[0] for stat in statistics] == ["7"]
