"""The closure table after every change of the hierarchy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm.errors import InvalidValue
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.sandbox.writing import closure

pytestmark = pytest.mark.usefixtures("small_production")


@pytest.fixture
def above(connection: sa.Connection, tables: Tables) -> Callable[[str], list[str]]:
    """Return the ids of a context's ancestors, nearest first."""
    pairs = tables.closure
    return lambda context_id: list(
        connection.execute(
            sa.select(pairs.c.ancestor_id)
            .where(pairs.c.descendant_id == context_id, pairs.c.depth > 0)
            .order_by(pairs.c.depth)
        ).scalars()
    )


def test_a_new_context_has_its_parents_ancestors(above: Callable[[str], list[str]]) -> None:
    assert above("task-1") == ["shot-1", "project-a"]
    assert above("project-a") == []


def test_descendants_are_ordered_by_level(connection: sa.Connection, tables: Tables) -> None:
    assert closure.descendants(connection, tables, ["project-a"]) == ["shot-1", "task-1", "task-2", "task-3"]
    assert closure.descendants(connection, tables, ["shot-1", "project-b"]) == ["task-1", "task-2", "task-3", "task-4"]
    assert closure.descendants(connection, tables, []) == []


def test_a_moved_subtree_leaves_its_old_ancestors_and_gains_the_new_ones(
    connection: sa.Connection, tables: Tables, above: Callable[[str], list[str]]
) -> None:
    closure.move(connection, tables, "shot-1", "task-4")
    assert above("task-1") == ["shot-1", "task-4", "project-b"]
    assert closure.descendants(connection, tables, ["project-a"]) == []
    closure.move(connection, tables, "shot-1", None)
    assert above("task-1") == ["shot-1"]


def test_a_context_cannot_be_moved_below_itself(connection: sa.Connection, tables: Tables) -> None:
    for inside in ("shot-1", "task-1"):
        with pytest.raises(InvalidValue, match=f"shot-1 cannot be moved to {inside}"):
            closure.move(connection, tables, "shot-1", inside)


def test_removed_contexts_have_no_pairs(
    connection: sa.Connection, tables: Tables, above: Callable[[str], list[str]]
) -> None:
    closure.remove(connection, tables, ["task-1", "task-2"])
    assert above("task-1") == []
    assert closure.descendants(connection, tables, ["project-a"]) == ["shot-1", "task-3"]


def rows(connection: sa.Connection, tables: Tables) -> list[Any]:
    return sorted(connection.execute(sa.select(tables.closure)).all())


def test_rebuilding_gives_the_pairs_that_were_maintained(connection: sa.Connection, tables: Tables) -> None:
    maintained = rows(connection, tables)
    closure.rebuild(connection, tables)
    assert rows(connection, tables) == maintained != []


@settings(max_examples=30, deadline=None)
@given(
    parents=st.lists(st.integers(0, 30), min_size=1, max_size=12),
    moves=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=8),
)
def test_any_sequence_of_inserts_and_moves_equals_a_rebuild(
    tables: Tables, parents: list[int], moves: list[tuple[int, int]]
) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        table = tables.table("Context")
        pairs = [(str(n), str(wanted % n) if n else None) for n, wanted in enumerate(parents)]
        for id_, parent in pairs:
            connection.execute(table.insert().values({"id": id_, "parent_id": parent, ENTITY_TYPE: "Shot"}))
        closure.insert_many(connection, tables, pairs)
        for moved, target in moves:
            if moved >= len(parents) or target >= len(parents):
                continue
            try:
                closure.move(connection, tables, str(moved), str(target))
            except InvalidValue:
                continue
            connection.execute(table.update().where(table.c.id == str(moved)).values(parent_id=str(target)))
        maintained = rows(connection, tables)
        closure.rebuild(connection, tables)
        assert rows(connection, tables) == maintained
    engine.dispose()
