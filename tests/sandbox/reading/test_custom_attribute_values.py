"""Custom attribute values: the configurations that apply, their defaults, and criteria on values."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from ftrack_orm.query.language.nodes import Comparison, Operator, Path
from ftrack_orm.schema.custom_attributes import ConfigurationScope, applicable
from ftrack_orm.wire.replies import QueryReply
from tests.sandbox.criteria import any_, compare, is_
from tests.sandbox.small_database import QueryRunner, RowInserter

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


def configurations(keys: Callable[[int], str]) -> list[Configuration]:
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
def insert_owners(insert: RowInserter) -> None:
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
    all_configurations: list[Configuration], insert: RowInserter, ask: QueryRunner
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
def test_a_link_configuration_of_the_project_shadows_no_attribute(insert: RowInserter, ask: QueryRunner) -> None:
    shared = {"key": "code", "entity_type": "show"}
    insert("CustomAttributeConfiguration", id="attribute", **shared)
    insert("CustomAttributeLinkConfiguration", id="link", project_id="project-a", **shared)
    rows = ask("Project", "custom_attributes.configuration_id").data
    assert [[value["configuration_id"] for value in row["custom_attributes"]] for row in rows] == [["attribute"]] * 2


# -- the values of entities ----------------------------------------------------------------------------------------


def ids(reply: QueryReply) -> list[str]:
    return [entity["id"] for entity in reply.data]


@pytest.fixture
def configured(insert: RowInserter) -> None:
    """Configurations for several entity types and projects, and two values."""

    def configure(key: str, default: Any, **values: Any) -> None:
        values.update(id=f"configuration-{key}", key=key.split("-")[0], default=default)
        insert("CustomAttributeConfiguration", **values)

    configure("fstart", 1001, entity_type="task", object_type_id="object-shot")
    configure("rating", "Good", entity_type="task", object_type_id="object-task")
    configure("tags", ["A", "b"], entity_type="task", object_type_id="object-task")
    configure("tree", "x", entity_type="show", is_hierarchical=True)
    configure("code", "none", entity_type="show")
    configure("code-a", "mine", entity_type="show", project_id="project-a")
    configure("alien", "x", entity_type="show", project_id="project-b")
    configure("desk", "", entity_type="user")
    insert("CustomAttributeLinkConfiguration", id="configuration-supervisor", key="supervisor", entity_type="task")
    insert("CustomAttributeValue", configuration_id="configuration-rating", entity_id="task-2", value="bad")
    insert("CustomAttributeValue", configuration_id="configuration-tree", entity_id="project-a", value="pine")


def values_by_key(ask: QueryRunner, entity_type: str, id_: str) -> dict[str, Any]:
    entity = ask(entity_type, "custom_attributes.key", "custom_attributes.value", where=is_("id", id_)).data[0]
    return {value["key"]: value["value"] for value in entity["custom_attributes"]}


@pytest.mark.usefixtures("configured")
def test_an_entity_has_a_value_for_every_configuration_that_applies_to_it(ask: QueryRunner) -> None:
    assert values_by_key(ask, "Shot", "shot-1") == {"fstart": 1001, "tree": None}
    assert values_by_key(ask, "Task", "task-1") == {"rating": "Good", "tags": ["A", "b"], "tree": None}
    assert values_by_key(ask, "Task", "task-2")["rating"] == "bad"
    assert values_by_key(ask, "User", "user-1") == {"desk": ""}


@pytest.mark.usefixtures("configured")
def test_a_configuration_of_a_project_shadows_the_global_one_of_the_same_key(ask: QueryRunner) -> None:
    assert values_by_key(ask, "Project", "project-a") == {"code": "mine", "tree": "pine"}
    assert values_by_key(ask, "Project", "project-b") == {"alien": "x", "code": "none", "tree": None}


@pytest.mark.usefixtures("configured")
def test_hierarchical_configurations_apply_to_assets_of_the_project(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Asset", id="asset-1", name="plate", context_id="shot-1")
    assert values_by_key(ask, "Asset", "asset-1") == {"tree": None}
    insert("AssetVersion", id="version-1", version=1, asset_id="asset-1")
    assert values_by_key(ask, "AssetVersion", "version-1") == {"tree": None}


@pytest.mark.usefixtures("configured")
def test_items_of_lists_have_the_configurations_of_the_lists_project(ask: QueryRunner, insert: RowInserter) -> None:
    configuration = {"key": "reason", "default": "", "entity_type": "listobject"}
    insert("CustomAttributeConfiguration", id="configuration-reason", project_id="project-a", **configuration)
    for suffix in "ab":
        insert("TypedContextList", id=f"list-{suffix}", project_id=f"project-{suffix}")
        insert("ListObject", id=f"object-{suffix}", list_id=f"list-{suffix}", entity_id="task-1")
    assert values_by_key(ask, "ListObject", "object-a") == {"reason": ""}
    assert values_by_key(ask, "ListObject", "object-b") == {}


@pytest.mark.usefixtures("configured")
def test_values_include_their_key_and_their_type(ask: QueryRunner) -> None:
    entity = ask("Shot", "custom_attributes").data[0]["custom_attributes"]
    assert entity[0] == {
        "__entity_type__": "ContextCustomAttributeValue",
        "configuration_id": "configuration-fstart",
        "entity_id": "shot-1",
        "key": "fstart",
    }


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ((is_("key", "rating"), is_("value", "GOOD")), ["task-1", "task-3", "task-4"]),
        ((is_("key", "rating"), compare("value", Operator.IS_NOT, "good")), ["task-2"]),
        ((is_("key", "rating"), compare("value", Operator.LIKE, "%a%")), ["task-2"]),
        ((is_("key", "fstart"), is_("value", 1001)), ["shot-1"]),
        ((is_("key", "fstart"), is_("value", "1001")), ["shot-1"]),
        ((is_("key", "fstart"), compare("value", Operator.GREATER, 200)), ["shot-1"]),
        ((is_("key", "fstart"), compare("value", Operator.GREATER, 1001)), []),
        ((is_("key", "tags"), is_("value", "B")), ["task-1", "task-2", "task-3", "task-4"]),
        ((is_("key", "tags"), compare("value", Operator.IS_NOT, "b")), []),
        ((is_("key", "tree"), is_("value", None)), ["shot-1", "task-1", "task-2", "task-3", "task-4"]),
        ((is_("configuration.key", "fstart"),), ["shot-1"]),
    ],
    ids=str,
)
def test_entities_are_found_by_their_values(
    ask: QueryRunner, criteria: tuple[Comparison, ...], expected: list[str]
) -> None:
    assert ids(ask("TypedContext", where=any_("custom_attributes", *criteria))) == expected


@pytest.mark.usefixtures("configured")
def test_values_that_are_dates_compare_as_dates(ask: QueryRunner, insert: RowInserter) -> None:
    due = {"__type__": "datetime", "value": "2024-05-01T00:00:00"}
    insert("CustomAttributeValue", configuration_id="configuration-rating", entity_id="task-3", value=due)
    after = any_("custom_attributes", is_("key", "rating"), compare("value", Operator.GREATER, "2024-04-30"))
    assert "task-3" in ids(ask("Task", where=after))
    assert ids(ask("Task", where=any_("custom_attributes", is_("value", "datetime")))) == []


@pytest.mark.usefixtures("configured")
def test_a_query_for_values_finds_those_that_were_set(ask: QueryRunner) -> None:
    entities = ask("CustomAttributeValue", "value", "configuration.key").data
    assert [(value["entity_id"], value["configuration"]["key"], value["value"]) for value in entities] == [
        ("task-2", "rating", "bad"),
        ("project-a", "tree", "pine"),
    ]


@pytest.mark.usefixtures("configured")
def test_a_query_for_the_values_of_one_type_finds_no_others(ask: QueryRunner, insert: RowInserter) -> None:
    insert("CustomAttributeValue", configuration_id="configuration-desk", entity_id="user-1", value="4")
    assert [value["entity_id"] for value in ask("UserCustomAttributeValue", "value").data] == ["user-1"]
    entities = ask("ContextCustomAttributeValue", "value", where=is_("key", "tree")).data
    assert [(value["__entity_type__"], value["key"]) for value in entities] == [("ContextCustomAttributeValue", "tree")]
