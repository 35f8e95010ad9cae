"""The items of collections of every kind, and their order."""

from __future__ import annotations

import pytest

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.query.language.nodes import Criterion
from tests.sandbox.criteria import any_, is_
from tests.sandbox.small_database import QueryRunner, RowInserter

pytestmark = pytest.mark.usefixtures("small_production")


def found_ids(ask: QueryRunner, entity_type: str, criterion: Criterion) -> list[str]:
    return [entity["id"] for entity in ask(entity_type, "id", where=criterion).data]


def test_many_to_many_collections_are_followed_from_both_sides(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Scope", id="scope-1", name="local")
    insert("ContextScope", context_id="task-2", scope_id="scope-1")
    assert found_ids(ask, "Task", any_("scopes", is_("name", "local"))) == ["task-2"]
    insert("TypedContextList", id="list-1", name="dailies", system_type="task")
    insert("ListObject", id="object-1", list_id="list-1", entity_id="task-3")
    assert found_ids(ask, "Task", is_("lists.name", "dailies")) == ["task-3"]
    assert found_ids(ask, "TypedContextList", is_("items.name", "layout")) == ["list-1"]


def test_descendants_are_found_at_any_depth(ask: QueryRunner) -> None:
    assert found_ids(ask, "Project", is_("descendants.name", "anim")) == ["project-a"]


@pytest.fixture
def versions(insert: RowInserter) -> None:
    insert("Asset", id="asset-1", name="plate", context_id="shot-1")
    insert("Asset", id="asset-2", name="empty", context_id="shot-1")
    for number in (1, 2):
        insert("AssetVersion", id=f"version-{number}", version=number, asset_id="asset-1")


@pytest.mark.usefixtures("versions")
def test_versions_that_use_each_other_are_found_from_both_sides(ask: QueryRunner, insert: RowInserter) -> None:
    insert("AssetVersionLink", id="link-1", from_id="version-1", to_id="version-2")
    first, second = ask("AssetVersion", "uses_versions", "used_in_versions").data
    assert [entity["id"] for entity in second["uses_versions"]] == ["version-1"]
    assert [entity["id"] for entity in first["used_in_versions"]] == ["version-2"]
    assert first["uses_versions"] == []


def test_ancestors_are_ordered_nearest_first_without_the_project(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Task", id="task-5", name="detail", parent_id="task-1")
    task = ask("Task", "ancestors.name", where=is_("id", "task-5")).data[0]
    assert [ancestor["name"] for ancestor in task["ancestors"]] == ["Comp", "sh010"]


def test_the_ancestors_of_an_asset_begin_with_its_context(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Asset", id="asset-1", name="plate", context_id="task-1")
    asset = ask("Asset", "ancestors.name").data[0]
    assert [ancestor["name"] for ancestor in asset["ancestors"]] == ["Comp", "sh010"]


def test_descendants_include_all_levels(ask: QueryRunner) -> None:
    project = ask("Project", "descendants", where=is_("id", "project-a")).data[0]
    assert [descendant["id"] for descendant in project["descendants"]] == ["shot-1", "task-1", "task-2", "task-3"]


def test_a_collection_declared_with_one_object_type_holds_every_object_type(ask: QueryRunner) -> None:
    object_type = ask("ObjectType", "tasks", where=is_("id", "object-shot")).data[0]
    assert [task["__entity_type__"] for task in object_type["tasks"]] == ["Shot"]


def test_a_collection_holds_only_items_that_match_its_key(ask: QueryRunner) -> None:
    (task,) = ask("Task", "assignments", "allocations", where=is_("id", "task-1")).data
    assert [item["id"] for item in task["assignments"]] == ["appointment-1", "appointment-2"]
    assert [item["id"] for item in task["allocations"]] == ["appointment-3"]


def test_a_collection_of_a_type_without_custom_attributes_is_refused_by_name(ask: QueryRunner) -> None:
    with pytest.raises(SandboxUnsupported, match="Disk"):
        ask("Disk", "custom_attributes")
