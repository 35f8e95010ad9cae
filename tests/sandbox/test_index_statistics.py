"""Which index SQLite uses, with and without rows to measure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from ftrack_orm.query.language.nodes import And, Comparison, Operator, Path, Quantifier, Related
from ftrack_orm.sandbox import index_statistics
from ftrack_orm.sandbox.tables import Tables

Ask = Callable[..., Any]


@pytest.fixture
def plan(ask: Ask, connection: sa.Connection) -> Callable[..., str]:
    """How SQLite finds the answer to a query."""

    def explain(entity_type: str, **clauses: Any) -> str:
        sent: list[tuple[str, Any]] = []

        def remember(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            sent.append((statement, parameters))

        sa.event.listen(connection, "before_cursor_execute", remember)
        ask(entity_type, "name", **clauses)
        sa.event.remove(connection, "before_cursor_execute", remember)
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent[0][0]}", sent[0][1])
        return "\n".join(step.detail for step in steps)

    return explain


def only(attribute: str, value: Any) -> Comparison:
    return Comparison(Path.of(attribute), Operator.IS, value)


def test_children_are_found_by_their_parent_and_not_by_their_type(plan: Callable[..., str]) -> None:
    assert "ix_Context_parent_id" in plan("Task", where=only("parent_id", "x"))


def test_a_page_of_a_middle_type_is_read_in_order_and_not_sorted(plan: Callable[..., str]) -> None:
    assert "TEMP B-TREE" not in plan("TypedContext", limit=10)
    assert "TEMP B-TREE" not in plan("Task", limit=10)


def test_the_items_of_a_collection_are_found_by_their_entity(plan: Callable[..., str]) -> None:
    assigned = Related(Path.of("assignments"), Quantifier.ANY, And((only("resource_id", "x"), only("type", "y"))))
    assert "ix_Appointment_context_id" in plan("Task", where=assigned)


@pytest.mark.usefixtures("small_production")
def test_measuring_again_replaces_what_was_assumed(connection: sa.Connection, tables: Tables) -> None:
    index_statistics.analyze(connection, tables.metadata)
    index_statistics.analyze(connection, tables.metadata)
    found = connection.exec_driver_sql(
        "SELECT stat FROM sqlite_stat1 WHERE idx = ?", (index_statistics.type_index_name("Context"),)
    ).scalars()
    assert [stat.split()[0] for stat in found] == ["7"]
