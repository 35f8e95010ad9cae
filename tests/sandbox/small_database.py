"""Rows and queries for a database with the small data model."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa

from ftrack_orm.query.language.nodes import Select
from ftrack_orm.sandbox.reading.execution import run_query
from ftrack_orm.sandbox.reading.serialization import Serializer
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.sandbox.writing import closure
from ftrack_orm.wire.replies import QueryReply
from tests.sandbox.criteria import path

#: The time at which queries run.
NOW = datetime.datetime(2024, 5, 1, 12, 0, 0, tzinfo=datetime.timezone.utc)


class RowInserter:
    """Inserts rows: `insert("Task", id="t1", name="x")`; hidden columns are named like attributes."""

    def __init__(self, connection: sa.Connection, tables: Tables) -> None:
        self._connection = connection
        self._tables = tables

    def __call__(self, entity_type: str, /, **values: Any) -> None:
        connection, tables = self._connection, self._tables
        if entity_type not in tables.schema.types:
            connection.execute(tables.metadata.tables[entity_type].insert().values(**values))
            return
        table = tables.table(entity_type)
        columns = {
            (table.c[name] if name in table.c else tables.column(entity_type, name)): value
            for name, value in values.items()
        }
        connection.execute(table.insert().values({**columns, table.c[ENTITY_TYPE]: tables.concrete(entity_type)[0]}))
        if "Context" in (entity_type, *tables.schema.type(entity_type).bases):
            closure.insert(connection, tables, values["id"], values.get("parent_id"))


class QueryRunner:
    """Runs queries given by their nodes: `ask("Task", "name", where=...)`; projections are dotted paths."""

    def __init__(self, connection: sa.Connection, tables: Tables) -> None:
        self._connection = connection
        self._tables = tables

    def __call__(
        self, entity_type: str, *projections: str, serializer: Serializer | None = None, **clauses: Any
    ) -> QueryReply:
        criterion = clauses.pop("where", None)
        return self.run(Select(entity_type, tuple(map(path, projections)), criterion, **clauses), serializer)

    def run(self, select: Select, serializer: Serializer | None = None) -> QueryReply:
        """Run *select*; without a serializer the reply repeats no attribute."""
        return run_query(self._connection, self._tables, select, serializer or Serializer(), NOW)


def insert_small_production(insert: RowInserter) -> None:
    """Insert two projects: "demo" with a shot and three tasks below it, and "other" with one task."""
    insert("State", id="state-open", name="Open", short="NOT_STARTED")
    insert("State", id="state-done", name="Done", short="DONE")
    insert("Status", id="status-1", name="Not started", sort=1, state_id="state-open")
    insert("Status", id="status-2", name="In progress", sort=2, state_id="state-open")
    insert("Status", id="status-3", name="Approved", sort=3, state_id="state-done")
    insert("ObjectType", id="object-task", name="Task")
    insert("ObjectType", id="object-shot", name="Shot")
    insert("Project", id="project-a", name="demo", project_id="project-a", context_type="show")
    insert("Project", id="project-b", name="other", project_id="project-b", context_type="show")
    shot = {"object_type_id": "object-shot", "context_type": "task", "project_id": "project-a"}
    insert("Shot", id="shot-1", name="sh010", parent_id="project-a", status_id="status-2", bid=10.0, **shot)
    task = {"object_type_id": "object-task", "context_type": "task"}
    for number, (name, status, bid) in enumerate(
        [("Comp", "status-1", 1.0), ("anim", "status-2", 2.0), ("Layout", None, None)], start=1
    ):
        insert(
            "Task",
            id=f"task-{number}",
            name=name,
            parent_id="shot-1",
            project_id="project-a",
            status_id=status,
            bid=bid,
            created_at=f"2024-05-0{number}T10:00:00",
            **task,
        )
    insert("Task", id="task-4", name="edit 100%", parent_id="project-b", project_id="project-b", **task)
    insert("User", id="user-1", username="jane", resource_type="user", is_active=True)
    insert("User", id="user-2", username="joe", resource_type="user", is_active=False)
    insert("Group", id="group-1", name="crew", resource_type="group")
    for number, (kind, context, resource) in enumerate(
        [
            ("assignment", "task-1", "user-1"),
            ("assignment", "task-1", "group-1"),
            ("allocation", "task-1", "user-2"),
            ("assignment", "task-2", "user-2"),
        ],
        start=1,
    ):
        insert("Appointment", id=f"appointment-{number}", type=kind, context_id=context, resource_id=resource)
    insert("Metadata", parent_id="task-1", key="kind", value="Hero", parent_type="Task")
    insert("Metadata", parent_id="task-1", key="take", value="two", parent_type="Task")
    insert("Metadata", parent_id="task-2", key="kind", value="two", parent_type="Task")
