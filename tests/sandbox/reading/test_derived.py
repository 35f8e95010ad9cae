"""The values and relations the server works out: links, times, latest versions, addresses, custom attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.query.language.nodes import And, Comparison, Criterion, Operator, Path, Quantifier, Related
from ftrack_orm.sandbox.reading.serialization import Serializer
from ftrack_orm.sandbox.tables import Tables

pytestmark = pytest.mark.usefixtures("small_production")

Ask = Callable[..., Any]
Insert = Callable[..., None]
IS = Operator.IS


def only(attribute: str, value: Any, operator: Operator = IS) -> Comparison:
    return Comparison(Path.of(*attribute.split(".")), operator, value)


def any_(path: str, *criteria: Criterion) -> Related:
    return Related(Path.of(*path.split(".")), Quantifier.ANY, And(criteria) if len(criteria) > 1 else criteria[0])


def found_ids(rows: Any) -> list[str]:
    return [entity["id"] for entity in rows.data]


# -- paths --------------------------------------------------------------------------------------------------------


def test_link_tells_the_way_from_the_project_down(ask: Ask) -> None:
    found = ask("Context", "link", where=only("id", "task-1")).data[0]
    assert found["link"] == [
        {"id": "project-a", "name": "demo", "type": "Project"},
        {"id": "shot-1", "name": "sh010", "type": "TypedContext"},
        {"id": "task-1", "name": "Comp", "type": "TypedContext"},
    ]


def test_the_link_of_a_version_goes_over_its_asset(ask: Ask, insert: Insert) -> None:
    insert("Asset", id="asset-1", name="plate", context_id="shot-1")
    insert("AssetVersion", id="version-1", version=3, asset_id="asset-1")
    found = ask("AssetVersion", "link").data[0]["link"]
    assert [step["id"] for step in found] == ["project-a", "shot-1", "version-1"]
    assert found[-1] == {"id": "version-1", "name": "plate v3", "type": "AssetVersion"}


def test_the_link_of_a_group_goes_over_the_groups_above_it(ask: Ask, insert: Insert) -> None:
    insert("Group", id="group-2", name="lighting", parent_id="group-1", resource_type="group")
    found = ask("Group", "link", where=only("id", "group-2")).data[0]["link"]
    assert [(step["name"], step["type"]) for step in found] == [("crew", "Group"), ("lighting", "Group")]


def test_ancestors_come_nearest_first_without_the_project(ask: Ask, insert: Insert) -> None:
    insert("Task", id="task-5", name="detail", parent_id="task-1")
    found = ask("Task", "ancestors.name", where=only("id", "task-5")).data[0]
    assert [entity["name"] for entity in found["ancestors"]] == ["Comp", "sh010"]


def test_the_ancestors_of_an_asset_begin_with_its_context(ask: Ask, insert: Insert) -> None:
    insert("Asset", id="asset-1", name="plate", context_id="task-1")
    found = ask("Asset", "ancestors.name").data[0]
    assert [entity["name"] for entity in found["ancestors"]] == ["Comp", "sh010"]


def test_descendants_are_everything_below(ask: Ask) -> None:
    found = ask("Project", "descendants", where=only("id", "project-a")).data[0]
    assert [entity["id"] for entity in found["descendants"]] == ["shot-1", "task-1", "task-2", "task-3"]


# -- times and versions -------------------------------------------------------------------------------------------


def test_logged_time_counts_what_is_below(ask: Ask, insert: Insert) -> None:
    insert("Timelog", id="log-1", context_id="task-1", duration=3.0)
    insert("Timelog", id="log-2", context_id="shot-1", duration=4.0)
    found = ask("TypedContext", "time_logged", "bid_time_logged_difference").data
    logged = {entity["id"]: (entity["time_logged"], entity["bid_time_logged_difference"]) for entity in found}
    assert logged["shot-1"] == (7.0, 3.0)
    assert logged["task-1"] == (3.0, -2.0)
    assert logged["task-4"] == (0.0, 0.0)
    assert found_ids(ask("Task", where=only("time_logged", 2, Operator.GREATER))) == ["task-1"]


@pytest.fixture
def versions(insert: Insert) -> None:
    insert("Asset", id="asset-1", name="plate", context_id="shot-1")
    insert("Asset", id="asset-2", name="empty", context_id="shot-1")
    for number in (1, 2):
        insert("AssetVersion", id=f"version-{number}", version=number, asset_id="asset-1")


@pytest.mark.usefixtures("versions")
def test_the_latest_version_is_that_of_the_highest_number(ask: Ask) -> None:
    found = ask("Asset", "latest_version.version").data
    assert found[0]["latest_version"]["version"] == 2
    assert found[1]["latest_version"] is None
    assert found_ids(ask("Asset", where=only("latest_version.version", 2))) == ["asset-1"]


@pytest.mark.usefixtures("versions")
def test_a_version_knows_whether_it_is_the_latest(ask: Ask) -> None:
    found = ask("AssetVersion", "is_latest_version").data
    assert [entity["is_latest_version"] for entity in found] == [False, True]
    assert found_ids(ask("AssetVersion", where=only("is_latest_version", True))) == ["version-2"]


@pytest.mark.usefixtures("versions")
def test_versions_that_use_each_other_are_found_from_both_sides(ask: Ask, insert: Insert) -> None:
    insert("AssetVersionLink", id="link-1", from_id="version-1", to_id="version-2")
    first, second = ask("AssetVersion", "uses_versions", "used_in_versions").data
    assert [entity["id"] for entity in second["uses_versions"]] == ["version-1"]
    assert [entity["id"] for entity in first["used_in_versions"]] == ["version-2"]
    assert first["uses_versions"] == []


# -- addresses and reviews ----------------------------------------------------------------------------------------


def test_addresses_have_both_keys_that_clients_read_and_are_null_without_a_component(ask: Ask, insert: Insert) -> None:
    insert("User", id="user-3", username="jill", thumbnail_id="component-1")
    serializer = Serializer(base_url="http://box")
    found = ask("User", "thumbnail_url", serializer=serializer, where=only("id", "user-", Operator.GREATER)).data
    address = "http://box/component/thumbnail?id=component-1"
    assert [entity["thumbnail_url"] for entity in found] == [None, None, {"url": address, "value": address}]
    assert found_ids(ask("User", where=only("thumbnail_url", None))) == ["user-1", "user-2"]
    insert("ComponentLocation", id="place-1", component_id="component-1")
    assert ask("ComponentLocation", "url").data[0]["url"]["value"] == "/component/get?id=component-1"


@pytest.mark.parametrize(
    ("availability", "start", "end", "is_open"),
    [
        ("always", "2030-01-01T00:00:00", None, True),
        ("set", "2024-04-01T00:00:00", "2024-06-01T00:00:00", True),
        ("set", "2024-05-02T00:00:00", "2024-06-01T00:00:00", False),
        ("set", None, "2024-04-01T00:00:00", False),
        (None, None, None, True),
    ],
)
def test_a_review_session_is_open_between_its_dates(
    ask: Ask, insert: Insert, availability: str | None, start: str | None, end: str | None, is_open: bool
) -> None:
    insert("ReviewSession", id="review-1", availability=availability, start_date=start, end_date=end)
    assert ask("ReviewSession", "is_open").data[0]["is_open"] is is_open


def test_a_review_session_shows_the_first_thumbnail_of_its_versions(ask: Ask, insert: Insert) -> None:
    insert("ReviewSession", id="review-1")
    insert("Component", id="component-1", name="still")
    insert("AssetVersion", id="version-1", version=1, asset_id="asset-1")
    insert("AssetVersion", id="version-2", version=2, asset_id="asset-1", thumbnail_id="component-1")
    for number in (1, 2):
        insert(
            "ReviewSessionObject",
            id=f"object-{number}",
            review_session_id="review-1",
            version_id=f"version-{number}",
            sort_order=number,
        )
    found = ask("ReviewSession", "thumbnail.name", "thumbnail_id").data[0]
    assert (found["thumbnail"]["name"], found["thumbnail_id"]) == ("still", "component-1")


def test_a_recipient_is_a_user_or_not(ask: Ask, insert: Insert) -> None:
    insert("Recipient", note_id="note-1", resource_id="user-1")
    insert("Recipient", note_id="note-2", resource_id="group-1")
    first, second = ask("Recipient", "user.username", "recipient").data
    assert first["user"]["username"] == "jane"
    assert (second["user"], second["recipient"]["id"]) == (None, "group-1")


def test_labels_and_categories_of_notes_are_the_same_rows_by_two_names(ask: Ask, insert: Insert) -> None:
    insert("NoteCategory", id="category-1", name="internal")
    insert("Note", id="note-1", category_id="category-1", parent_id="task-1")
    assert ask("NoteLabel", "name").data[0]["__entity_type__"] == "NoteLabel"
    assert ask("Note", "category.name").data[0]["category"]["__entity_type__"] == "NoteCategory"


def test_two_names_of_one_value_show_the_same(ask: Ask, insert: Insert) -> None:
    insert("UserSecurityRole", id="role-1", is_all_projects=True)
    found = ask("UserSecurityRole", "is_all_projects", "is_all_open_projects").data[0]
    assert (found["is_all_projects"], found["is_all_open_projects"]) == (True, True)


# -- custom attributes --------------------------------------------------------------------------------------------


@pytest.fixture
def configured(insert: Insert) -> None:
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


def told(ask: Ask, entity_type: str, id_: str) -> dict[str, Any]:
    found = ask(entity_type, "custom_attributes.key", "custom_attributes.value", where=only("id", id_)).data[0]
    return {value["key"]: value["value"] for value in found["custom_attributes"]}


@pytest.mark.usefixtures("configured")
def test_an_entity_tells_a_value_for_every_configuration_that_applies_to_it(ask: Ask) -> None:
    assert told(ask, "Shot", "shot-1") == {"fstart": 1001, "tree": None}
    assert told(ask, "Task", "task-1") == {"rating": "Good", "tags": ["A", "b"], "tree": None}
    assert told(ask, "Task", "task-2")["rating"] == "bad"
    assert told(ask, "User", "user-1") == {"desk": ""}


@pytest.mark.usefixtures("configured")
def test_a_project_has_its_own_configurations_which_hide_global_ones_of_the_same_key(ask: Ask) -> None:
    assert told(ask, "Project", "project-a") == {"code": "mine", "tree": "pine"}
    assert told(ask, "Project", "project-b") == {"alien": "x", "code": "none", "tree": None}


@pytest.mark.usefixtures("configured")
def test_hierarchical_configurations_apply_to_assets_of_the_project(ask: Ask, insert: Insert) -> None:
    insert("Asset", id="asset-1", name="plate", context_id="shot-1")
    assert told(ask, "Asset", "asset-1") == {"tree": None}
    insert("AssetVersion", id="version-1", version=1, asset_id="asset-1")
    assert told(ask, "AssetVersion", "version-1") == {"tree": None}


@pytest.mark.usefixtures("configured")
def test_items_of_lists_have_the_configurations_of_the_lists_project(ask: Ask, insert: Insert) -> None:
    configuration = {"key": "reason", "default": "", "entity_type": "listobject"}
    insert("CustomAttributeConfiguration", id="configuration-reason", project_id="project-a", **configuration)
    for letter in "ab":
        insert("TypedContextList", id=f"list-{letter}", project_id=f"project-{letter}")
        insert("ListObject", id=f"object-{letter}", list_id=f"list-{letter}", entity_id="task-1")
    assert told(ask, "ListObject", "object-a") == {"reason": ""}
    assert told(ask, "ListObject", "object-b") == {}


def test_custom_attributes_of_a_type_that_cannot_be_configured_are_refused_by_name(ask: Ask) -> None:
    with pytest.raises(SandboxUnsupported, match="Disk"):
        ask("Disk", "custom_attributes")


@pytest.mark.usefixtures("configured")
def test_custom_attributes_are_told_with_their_key_and_their_type(ask: Ask) -> None:
    found = ask("Shot", "custom_attributes").data[0]["custom_attributes"]
    assert found[0] == {
        "__entity_type__": "ContextCustomAttributeValue",
        "configuration_id": "configuration-fstart",
        "entity_id": "shot-1",
        "key": "fstart",
    }


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ((only("key", "rating"), only("value", "GOOD")), ["task-1", "task-3", "task-4"]),
        ((only("key", "rating"), only("value", "good", Operator.IS_NOT)), ["task-2"]),
        ((only("key", "rating"), only("value", "%a%", Operator.LIKE)), ["task-2"]),
        ((only("key", "fstart"), only("value", 1001)), ["shot-1"]),
        ((only("key", "fstart"), only("value", "1001")), ["shot-1"]),
        ((only("key", "fstart"), only("value", 200, Operator.GREATER)), ["shot-1"]),
        ((only("key", "fstart"), only("value", 1001, Operator.GREATER)), []),
        ((only("key", "tags"), only("value", "B")), ["task-1", "task-2", "task-3", "task-4"]),
        ((only("key", "tags"), only("value", "b", Operator.IS_NOT)), []),
        ((only("key", "tree"), only("value", None)), ["shot-1", "task-1", "task-2", "task-3", "task-4"]),
        ((only("configuration.key", "fstart"),), ["shot-1"]),
    ],
    ids=str,
)
def test_custom_attributes_are_found_by_what_they_tell(
    ask: Ask, criteria: tuple[Comparison, ...], expected: list[str]
) -> None:
    assert found_ids(ask("TypedContext", where=any_("custom_attributes", *criteria))) == expected


@pytest.mark.usefixtures("configured")
def test_dates_among_custom_attributes_compare_as_dates(ask: Ask, insert: Insert) -> None:
    due = {"__type__": "datetime", "value": "2024-05-01T00:00:00"}
    insert("CustomAttributeValue", configuration_id="configuration-rating", entity_id="task-3", value=due)
    after = any_("custom_attributes", only("key", "rating"), only("value", "2024-04-30", Operator.GREATER))
    assert "task-3" in found_ids(ask("Task", where=after))
    assert found_ids(ask("Task", where=any_("custom_attributes", only("value", "datetime")))) == []


@pytest.mark.usefixtures("configured")
def test_values_asked_for_directly_are_those_that_were_set(ask: Ask) -> None:
    found = ask("CustomAttributeValue", "value", "configuration.key").data
    assert [(value["entity_id"], value["configuration"]["key"], value["value"]) for value in found] == [
        ("task-2", "rating", "bad"),
        ("project-a", "tree", "pine"),
    ]


@pytest.mark.usefixtures("configured")
def test_values_asked_for_by_the_type_of_their_entity_are_those_of_that_type(ask: Ask, insert: Insert) -> None:
    insert("CustomAttributeValue", configuration_id="configuration-desk", entity_id="user-1", value="4")
    assert [value["entity_id"] for value in ask("UserCustomAttributeValue", "value").data] == ["user-1"]
    found = ask("ContextCustomAttributeValue", "value", where=only("key", "tree")).data
    assert [(value["__entity_type__"], value["key"]) for value in found] == [("ContextCustomAttributeValue", "tree")]


@pytest.mark.usefixtures("configured")
def test_links_have_the_relations_of_all_their_kinds(ask: Ask, insert: Insert) -> None:
    link = {"configuration_id": "configuration-supervisor", "from_id": "task-1"}
    insert("CustomAttributeLink", id="link-1", to_id="user-1", **link)
    insert("CustomAttributeLink", id="link-2", to_id="shot-1", **link)
    by_user = any_("custom_attribute_links", only("configuration.key", "supervisor"), only("user.username", "jane"))
    assert found_ids(ask("Task", where=by_user)) == ["task-1"]
    found = ask("CustomAttributeLink", "user.username", "context").data
    assert (found[0]["user"]["username"], found[1]["context"]["id"]) == ("jane", "shot-1")
    assert found_ids(ask("UserCustomAttributeLink")) == ["link-1"]


@pytest.mark.usefixtures("configured")
def test_the_types_at_the_ends_of_a_link_are_those_of_its_configuration(
    ask: Ask, insert: Insert, connection: sa.Connection, tables: Tables
) -> None:
    link = {"configuration_id": "configuration-supervisor", "from_id": "task-1", "to_id": "user-1"}
    insert("CustomAttributeLink", id="link-1", **link)
    configurations = tables.table("CustomAttributeLinkConfiguration")
    connection.execute(configurations.update().values(entity_type_to="user"))
    found = ask("CustomAttributeLinkFrom", "from_entity_type", "to_entity_type").data[0]
    assert (found["from_entity_type"], found["to_entity_type"]) == ("TypedContext", "User")


def test_a_relation_by_a_key_of_two_parts_is_followed(ask: Ask, insert: Insert) -> None:
    insert("Setting", name="logo", group="company", value="x")
    insert("Setting", name="logo", group="studio", value="y")
    insert("SettingComponent", component_id="component-1", name="logo", group="studio")
    found = ask("SettingComponent", "setting.value", "url").data[0]
    assert found["setting"] == {"__entity_type__": "Setting", "name": "logo", "group": "studio", "value": "y"}
    assert found["url"]["url"] == "/component/get?id=component-1"


def test_a_derived_value_without_a_rule_is_refused_by_name(ask: Ask) -> None:
    with pytest.raises(SandboxUnsupported, match=r"State\.usage"):
        ask("Task", "status.state.usage")
