"""The rows of one request: cached reads, immediate writes, and the closure table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ftrack_orm.errors import EntityNotFound, IntegrityError
from ftrack_orm.sandbox.datamodel.unique_constraints import UNIQUE_CONSTRAINTS
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.sandbox.writing.references import References
from ftrack_orm.sandbox.writing.store import RequestContext, Store
from tests.sandbox.small_database import NOW
from tests.sandbox.studio import Studio

pytestmark = pytest.mark.usefixtures("small_production")


@pytest.fixture
def store(connection: sa.Connection, tables: Tables) -> Store:
    return Store(connection, tables, References(tables), RequestContext(NOW, "user-1"))


@pytest.fixture
def statements(connection: sa.Connection) -> Iterator[list[str]]:
    """The statements that were executed."""
    executed: list[str] = []

    def record(*arguments: object) -> None:
        executed.append(str(arguments[2]))

    sa.event.listen(connection, "before_cursor_execute", record)
    yield executed
    sa.event.remove(connection, "before_cursor_execute", record)


def test_a_row_is_read_once(store: Store, statements: list[str]) -> None:
    assert store.get("Task", ("task-1",))["name"] == "Comp"
    assert store.find("Context", ("task-1",)) is store.get("Task", ["task-1"])
    assert len(statements) == 1


def test_prefetched_rows_are_not_read_again(store: Store, statements: list[str]) -> None:
    assert store.prefetch("Task", [("task-1",), ("task-2",), ("missing",)]) == {"task-1", "task-2"}
    assert {store.get("Task", (f"task-{number}",))["name"] for number in (1, 2)} == {"Comp", "anim"}
    assert len(statements) == 1


def test_an_entity_of_another_type_is_not_found(store: Store) -> None:
    assert store.find("Shot", ("task-1",)) is None
    assert store.find("Metadata", ("task-1",)) is None  # its key has two parts
    with pytest.raises(EntityNotFound, match="Could not find entity Shot"):
        store.get("Shot", ("task-1",))


def test_null_is_a_value_to_look_for(store: Store) -> None:
    assert [row["id"] for row in store.rows("Task", status_id=None)] == ["task-3", "task-4"]
    assert [row["id"] for row in store.rows("Task", status_id=None, project_id="project-b")] == ["task-4"]


def test_writes_are_visible_and_logged(store: Store) -> None:
    store.insert("Scope", {"id": "scope-1", "name": "local"})
    store.update("Scope", ("scope-1",), {"name": "global"})
    store.update("Task", ("task-1",), {"bid": 4.0})
    store.update("Task", ("missing",), {"bid": 4.0})
    assert [row["name"] for row in store.rows("Scope")] == ["global"]
    assert store.get("Task", ("task-1",))["bid"] == store.rows("Task", id="task-1")[0]["bid"] == 4.0
    created, updated = store.change_log.changes()
    assert (created.before, created.row["name"]) == (None, "global")
    assert updated.before is not None
    assert (updated.before["bid"], updated.row["bid"]) == (1.0, 4.0)


def test_a_counter_is_generated_and_a_taken_key_is_refused(store: Store) -> None:
    first, second = (store.insert("Event", {"action": "x"})["id"] for _ in range(2))
    assert second == first + 1
    with pytest.raises(IntegrityError, match=r"Duplicate entry .user-1. for key .User\.PRIMARY."):
        store.insert("User", {"id": "user-1", "username": "x"})


def test_new_contexts_are_flushed_at_once(store: Store, statements: list[str]) -> None:
    for number in range(5):
        store.add_context(f"new-{number}", "shot-1")
    assert statements == []
    store.flush()
    store.flush()
    assert len(statements) == 2
    ancestors = sa.select(sa.func.count()).where(store.tables.closure.c.descendant_id == "new-4")
    assert store.connection.execute(ancestors).scalar() == 3  # itself, the shot and the project


def test_deleted_rows_are_remembered_until_they_are_created_again(store: Store) -> None:
    store.get("Status", ("status-1",))
    store.mark_deleted("Status", [("status-1",)])
    assert store.was_deleted("Status", ["status-1"])
    store.insert("Status", {"id": "status-9", "name": "x"})
    store.mark_deleted("Status", [("status-9",)])
    store.connection.execute(store.tables.table("Status").delete().where(sa.text("id = 'status-9'")))
    store.insert("Status", {"id": "status-9", "name": "y"})
    assert not store.was_deleted("Status", ["status-9"])


def test_expired_rows_are_read_again(store: Store, statements: list[str]) -> None:
    store.get("Task", ("task-1",))
    store.lookup_cache["key"] = 1  # type: ignore[index]  # any key will do
    store.expire_all()
    assert store.lookup_cache == {}
    store.get("Task", ("task-1",))
    assert len(statements) == 2


def test_events_are_counted(production: Studio) -> None:
    first, second = (production.create("Event", action="x", project_id="P")["id"] for _ in range(2))
    assert second == first + 1


def test_rows_with_the_same_unique_values_are_found_by_all_of_them(
    store: Store, connection: sa.Connection, statements: list[str]
) -> None:
    # A user has assignments by the thousand; comparing each new one with all of them would take ever longer.
    constraints = [each for each in UNIQUE_CONSTRAINTS if each.entity_type in store.schema.types]
    assert len(constraints) > 4
    for unique in constraints:
        columns = [store.tables.column(unique.entity_type, name) for name in unique.attributes]
        values = {column.name: "x" for column in columns if column is not None}
        store.rows(unique.entity_type, **values)
        (step,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[-1]}", tuple(values.values()))
        assert step.detail.startswith("SEARCH")
        assert step.detail.count("=?") == len(unique.attributes)
