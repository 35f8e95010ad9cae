"""The embedded server's SQL chooses the same configurations as the rule it is derived from."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import pytest

from ftrack_orm.query.language.nodes import Comparison, Operator, Path
from ftrack_orm.schema.custom_attributes import ConfigurationScope, applicable
from tests.sandbox.conftest import Insert

pytestmark = pytest.mark.usefixtures("small_production")

ENTITY_TYPES = ("show", "task", "asset", "assetversion", "list", "listobject", "user", "component", None)
OBJECT_TYPES = (None, "object-task", "object-shot")
PROJECTS = (None, "project-a", "project-b")

#: Entity type, id, and the facts about the entity that the rule asks for.
OWNERS = [
    ("Project", "project-a", ConfigurationScope("Context", True, None, "project-a")),
    ("Project", "project-b", ConfigurationScope("Context", True, None, "project-b")),
    ("Shot", "shot-1", ConfigurationScope("Context", False, "object-shot", "project-a")),
    ("Task", "task-1", ConfigurationScope("Context", False, "object-task", "project-a")),
    ("TypedContext", "task-4", ConfigurationScope("Context", False, "object-task", "project-b")),
    ("Asset", "asset-1", ConfigurationScope("Asset", False, None, "project-a")),
    ("AssetVersion", "version-1", ConfigurationScope("AssetVersion", False, None, "project-a")),
    ("TypedContextList", "list-1", ConfigurationScope("List", False, None, "project-b")),
    ("ListObject", "object-1", ConfigurationScope("ListObject", False, None, "project-b")),
    ("User", "user-1", ConfigurationScope("Resource", False, None, None)),
]


@attrs.frozen
class Configuration:
    id: str
    key: str
    entity_type: str | None
    object_type_id: str | None
    project_id: str | None
    is_hierarchical: bool


def configurations(keys: Any) -> list[Configuration]:
    """Return a configuration for each combination of entity type, object type, project and hierarchy."""
    combinations = itertools.product(ENTITY_TYPES, OBJECT_TYPES, PROJECTS, (False, True))
    return [Configuration(f"c{number}", keys(number), *each) for number, each in enumerate(combinations)]


def paired_configurations() -> list[Configuration]:
    """Return a global configuration and one of a project with the same key, for each pair of targets."""
    targets = list(itertools.product(("show", "task", "asset", "list"), OBJECT_TYPES, (False, True)))
    pairs = itertools.product(targets, targets)
    return [
        Configuration(f"c{number}-{project}", f"k{number}", entity_type, object_type, project, is_hierarchical)
        for number, pair in enumerate(pairs)
        for project, (entity_type, object_type, is_hierarchical) in zip((None, "project-a"), pair, strict=True)
    ]


@pytest.fixture
def insert_owners(insert: Insert) -> None:
    insert("Asset", id="asset-1", name="plate", context_id="shot-1")
    insert("AssetVersion", id="version-1", version=1, asset_id="asset-1")
    insert("TypedContextList", id="list-1", project_id="project-b")
    insert("ListObject", id="object-1", list_id="list-1", entity_id="task-1")


@pytest.mark.usefixtures("insert_owners")
@pytest.mark.parametrize(
    "all_configurations",
    [configurations(lambda number: f"k{number}"), configurations(lambda number: "k"), paired_configurations()],
    ids=["keys of their own", "one key", "pairs with one key"],
)
def test_the_sql_and_the_rule_choose_the_same_configurations(
    all_configurations: list[Configuration], insert: Insert, ask: Any
) -> None:
    for configuration in all_configurations:
        insert("CustomAttributeConfiguration", **attrs.asdict(configuration))
    chosen_at_all = 0
    for entity_type, id_, scope in OWNERS:
        (row,) = ask(
            entity_type, "custom_attributes.configuration_id", where=Comparison(Path.of("id"), Operator.IS, id_)
        ).data
        chosen = [value["configuration_id"] for value in row["custom_attributes"]]
        expected = [configuration.id for configuration in applicable(all_configurations, scope)]
        assert sorted(chosen) == sorted(expected), (entity_type, id_)
        chosen_at_all += len(chosen)
    assert chosen_at_all > 20


@pytest.mark.usefixtures("insert_owners")
def test_a_link_configuration_of_the_project_shadows_no_attribute(insert: Insert, ask: Any) -> None:
    shared = {"key": "code", "entity_type": "show"}
    insert("CustomAttributeConfiguration", id="attribute", **shared)
    insert("CustomAttributeLinkConfiguration", id="link", project_id="project-a", **shared)
    rows = ask("Project", "custom_attributes.configuration_id").data
    assert [[value["configuration_id"] for value in row["custom_attributes"]] for row in rows] == [["attribute"]] * 2
