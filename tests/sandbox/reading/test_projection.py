"""The tree of a query's projections, and the effect of casts in them."""

from __future__ import annotations

import pytest

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox.reading.projection import projection_tree, system_projections
from ftrack_orm.sandbox.tables import Tables
from tests.sandbox.criteria import is_, path
from tests.sandbox.small_database import QueryRunner

pytestmark = pytest.mark.usefixtures("small_production")


def test_paths_that_share_a_start_share_a_subtree(tables: Tables) -> None:
    tree = projection_tree(tables, "Task", [path("name"), path("status.name"), path("status.state.short")])
    assert set(tree.fields) == {"name", "status"}
    assert tree.fields["status"].paths == {"name", "state", "state.short"}
    assert tree.fields["name"].subtree is None


def test_casts_add_up_and_a_path_without_one_selects_of_all_types(tables: Tables) -> None:
    paths = [path("parent[Shot].bid"), path("parent[Task].bid"), path("parent[Shot].name"), path("parent.name")]
    tree = projection_tree(tables, "Task", paths)
    parents = tree.fields["parent"].subtree
    assert parents is not None
    assert (parents.fields["bid"].casts, parents.fields["name"].casts) == ({"Shot", "Task"}, None)


def test_typed_contexts_include_their_object_type(tables: Tables) -> None:
    assert set(system_projections(tables, "Task")) == {"project_id", "context_type", "object_type_id"}
    assert system_projections(tables, "Project") == ("context_type",)


def test_a_query_without_projections_selects_the_default_ones(ask: QueryRunner) -> None:
    assert ask("Status", where=is_("id", "status-1")).data[0]["name"] == "Not started"


def test_a_cast_selects_more_of_items_of_that_type_and_keeps_the_others(ask: QueryRunner) -> None:
    entity = ask("Project", "children[Shot].bid", where=is_("id", "project-a")).data[0]
    assert [(child["id"], child["bid"]) for child in entity["children"]] == [("shot-1", 10.0)]
    entity = ask("Project", "children[Shot].bid", where=is_("id", "project-b")).data[0]
    assert [child["id"] for child in entity["children"]] == ["task-4"]
    assert "bid" not in entity["children"][0]


def test_another_attribute_of_the_same_name_is_not_mistaken_for_the_selected_one(ask: QueryRunner) -> None:
    project, shot = ask("Context", "status", where=is_("project_id", "project-a"), limit=2).data
    assert "status" not in project
    assert shot["status"]["id"] == "status-2"
    with pytest.raises(SandboxUnsupported, match=r"Project\.status and TypedContext\.status"):
        ask("Task", "parent[Project].status", "parent[TypedContext].status")
