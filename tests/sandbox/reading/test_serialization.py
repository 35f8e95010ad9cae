"""Attributes that a response holds once, and those it repeats."""

from __future__ import annotations

import pytest

from ftrack_orm.query.language.nodes import Comparison, Operator, Path
from ftrack_orm.sandbox.reading.serialization import Serializer
from tests.sandbox.small_database import QueryRunner, RowInserter

pytestmark = pytest.mark.usefixtures("small_production")

TASKS = Comparison(Path.of("id"), Operator.LIKE, "task-%")


def test_attributes_of_an_entity_are_not_repeated(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Task", id="task-0", name="first", parent_id="shot-1", status_id="status-1")
    first, second = ask("Task", "status.state.short", limit=2).data
    assert first["status"]["state"]["short"] == "NOT_STARTED"
    assert second["status"] == {"__entity_type__": "Status", "id": "status-1"}


def test_an_entity_below_itself_is_a_bare_reference(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Asset", id="asset-1", name="plate", context_id="shot-1")
    for number in (1, 2):
        insert("AssetVersion", id=f"version-{number}", version=number, asset_id="asset-1")
    entity = ask("AssetVersion", "version", "asset.versions.version", limit=1).data[0]
    assert entity["asset"]["context_id"] == "shot-1"
    assert entity["asset"]["versions"] == [
        {"__entity_type__": "AssetVersion", "id": "version-1"},
        {"__entity_type__": "AssetVersion", "id": "version-2", "asset_id": "asset-1", "version": 2},
    ]


def test_later_queries_of_a_batch_add_only_new_attributes(ask: QueryRunner) -> None:
    batch = Serializer()
    ask("Task", "name", "status", serializer=batch, where=TASKS)
    again = ask("Task", "name", "bid", "status.name", serializer=batch, where=TASKS, limit=1).data[0]
    assert again == {
        "__entity_type__": "Task",
        "id": "task-1",
        "bid": 1.0,
        "status": {"__entity_type__": "Status", "id": "status-1", "name": "Not started"},
    }


def test_the_same_projection_again_is_all_references(ask: QueryRunner) -> None:
    batch = Serializer()
    ask("Task", "name", "assignments.resource", serializer=batch)
    again = ask("Task", "name", "assignments", serializer=batch, limit=1).data[0]
    assert again == {"__entity_type__": "Task", "id": "task-1"}


def test_after_a_write_all_attributes_are_repeated(ask: QueryRunner) -> None:
    batch = Serializer()
    first = ask("Task", "name", serializer=batch).data
    batch.reset()
    assert ask("Task", "name", serializer=batch).data == first


def test_an_entity_of_two_queried_types_is_one_entity(ask: QueryRunner) -> None:
    batch = Serializer()
    ask("Task", "name", serializer=batch)
    again = ask("Context", "name", serializer=batch, where=TASKS, limit=1).data[0]
    assert again == {"__entity_type__": "Task", "id": "task-1"}


def test_a_denormalised_response_repeats_all_attributes(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Task", id="task-0", name="first", parent_id="shot-1", status_id="status-1")
    first, second = ask("Task", "status.state.short", limit=2, serializer=Serializer(denormalised=True)).data
    assert first["status"] == second["status"]
    assert second["status"]["state"]["short"] == "NOT_STARTED"
