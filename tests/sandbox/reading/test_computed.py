"""The values and references that the server computes: links, times, latest versions, URLs, reviews."""

from __future__ import annotations

import pytest

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.query.language.nodes import Operator
from ftrack_orm.sandbox.reading.component_urls import ComponentUrls
from ftrack_orm.sandbox.reading.computed import SERVER_LOCATION
from ftrack_orm.sandbox.reading.serialization import Serializer
from ftrack_orm.wire.replies import QueryReply
from tests.sandbox.criteria import compare, is_
from tests.sandbox.small_database import QueryRunner, RowInserter

pytestmark = pytest.mark.usefixtures("small_production")


def ids(reply: QueryReply) -> list[str]:
    return [entity["id"] for entity in reply.data]


# -- paths --------------------------------------------------------------------------------------------------------


def test_a_link_is_the_path_from_the_project(ask: QueryRunner) -> None:
    entity = ask("Context", "link", where=is_("id", "task-1")).data[0]
    assert entity["link"] == [
        {"id": "project-a", "name": "demo", "type": "Project"},
        {"id": "shot-1", "name": "sh010", "type": "TypedContext"},
        {"id": "task-1", "name": "Comp", "type": "TypedContext"},
    ]


def test_the_links_of_groups_that_are_each_others_parents_end(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Group", id="one", name="one", parent_id="other", resource_type="group")
    insert("Group", id="other", name="other", parent_id="one", resource_type="group")
    insert("Group", id="alone", name="alone", parent_id="alone", resource_type="group")
    for entity in ask("Group", "link").data:
        if entity["id"] in ("one", "other", "alone"):
            assert entity["link"][-1]["id"] == entity["id"]
            assert len(entity["link"]) == 100


def test_the_link_of_a_version_follows_its_asset(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Asset", id="asset-1", name="plate", context_id="shot-1")
    insert("AssetVersion", id="version-1", version=3, asset_id="asset-1")
    link = ask("AssetVersion", "link").data[0]["link"]
    assert [step["id"] for step in link] == ["project-a", "shot-1", "version-1"]
    assert link[-1] == {"id": "version-1", "name": "plate v3", "type": "AssetVersion"}


def test_the_link_of_a_group_lists_its_parents(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Group", id="group-2", name="lighting", parent_id="group-1", resource_type="group")
    link = ask("Group", "link", where=is_("id", "group-2")).data[0]["link"]
    assert [(step["name"], step["type"]) for step in link] == [("crew", "Group"), ("lighting", "Group")]


# -- times and versions -------------------------------------------------------------------------------------------


def test_logged_time_includes_that_of_descendants(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Timelog", id="log-1", context_id="task-1", duration=3.0)
    insert("Timelog", id="log-2", context_id="shot-1", duration=4.0)
    entities = ask("TypedContext", "time_logged", "bid_time_logged_difference").data
    logged = {entity["id"]: (entity["time_logged"], entity["bid_time_logged_difference"]) for entity in entities}
    assert logged["shot-1"] == (7.0, 3.0)
    assert logged["task-1"] == (3.0, -2.0)
    assert logged["task-4"] == (0.0, 0.0)
    assert ids(ask("Task", where=compare("time_logged", Operator.GREATER, 2))) == ["task-1"]


@pytest.fixture
def versions(insert: RowInserter) -> None:
    insert("Asset", id="asset-1", name="plate", context_id="shot-1")
    insert("Asset", id="asset-2", name="empty", context_id="shot-1")
    for number in (1, 2):
        insert("AssetVersion", id=f"version-{number}", version=number, asset_id="asset-1")


@pytest.mark.usefixtures("versions")
def test_the_latest_version_has_the_highest_number(ask: QueryRunner) -> None:
    entities = ask("Asset", "latest_version.version").data
    assert entities[0]["latest_version"]["version"] == 2
    assert entities[1]["latest_version"] is None
    assert ids(ask("Asset", where=is_("latest_version.version", 2))) == ["asset-1"]


@pytest.mark.usefixtures("versions")
def test_is_latest_version_is_true_for_one_version(ask: QueryRunner) -> None:
    entities = ask("AssetVersion", "is_latest_version").data
    assert [entity["is_latest_version"] for entity in entities] == [False, True]
    assert ids(ask("AssetVersion", where=is_("is_latest_version", True))) == ["version-2"]


# -- URLs and reviews ---------------------------------------------------------------------------------------------


def test_thumbnails_have_urls_and_the_default_picture_where_there_is_no_component(
    ask: QueryRunner, insert: RowInserter
) -> None:
    insert("User", id="user-3", username="jill", thumbnail_id="component-1")
    serializer = Serializer(urls=ComponentUrls("http://box"))
    entities = ask("User", "thumbnail_url", serializer=serializer, where=compare("id", Operator.GREATER, "user-")).data
    default, url = "http://box/img/thumbnail2.png", "http://box/component/thumbnail?id=component-1"
    assert [entity["thumbnail_url"] for entity in entities] == [
        {"url": default, "value": default},
        {"url": default, "value": default},
        {"url": url, "value": url},
    ]
    assert ids(ask("User", where=is_("thumbnail_url", None))) == ["user-1", "user-2"]


def test_files_on_the_server_have_urls_and_others_have_none(ask: QueryRunner, insert: RowInserter) -> None:
    for number, location_id in enumerate((SERVER_LOCATION, "another", None)):
        insert("ComponentLocation", id=f"{number}", component_id="component-1", location_id=location_id)
    values = [entity["url"] for entity in ask("ComponentLocation", "url").data]
    address = "/component/get?id=component-1"
    assert values == [{"url": address, "value": address}, None, None]


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
    ask: QueryRunner, insert: RowInserter, availability: str | None, start: str | None, end: str | None, is_open: bool
) -> None:
    insert("ReviewSession", id="review-1", availability=availability, start_date=start, end_date=end)
    assert ask("ReviewSession", "is_open").data[0]["is_open"] is is_open


def test_a_review_session_shows_the_first_thumbnail_of_its_versions(ask: QueryRunner, insert: RowInserter) -> None:
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
    entity = ask("ReviewSession", "thumbnail.name", "thumbnail_id").data[0]
    assert (entity["thumbnail"]["name"], entity["thumbnail_id"]) == ("still", "component-1")


# -- references and links -----------------------------------------------------------------------------------------


def test_the_user_of_a_recipient_is_null_for_a_group(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Recipient", note_id="note-1", resource_id="user-1")
    insert("Recipient", note_id="note-2", resource_id="group-1")
    first, second = ask("Recipient", "user.username", "recipient").data
    assert first["user"]["username"] == "jane"
    assert (second["user"], second["recipient"]["id"]) == (None, "group-1")


def test_a_relation_by_a_composite_key_is_followed(ask: QueryRunner, insert: RowInserter) -> None:
    insert("Setting", name="logo", group="company", value="x")
    insert("Setting", name="logo", group="studio", value="y")
    insert("SettingComponent", component_id="component-1", name="logo", group="studio")
    entity = ask("SettingComponent", "setting.value", "url").data[0]
    assert entity["setting"] == {"__entity_type__": "Setting", "name": "logo", "group": "studio", "value": "y"}
    assert entity["url"]["url"] == "/component/get?id=component-1"


def test_the_types_at_the_ends_of_a_link_are_those_of_its_configuration(ask: QueryRunner, insert: RowInserter) -> None:
    insert("CustomAttributeLinkConfiguration", id="configuration-1", entity_type="task", entity_type_to="user")
    insert("CustomAttributeLink", id="link-1", configuration_id="configuration-1", from_id="task-1", to_id="user-1")
    entity = ask("CustomAttributeLinkFrom", "from_entity_type", "to_entity_type").data[0]
    assert (entity["from_entity_type"], entity["to_entity_type"]) == ("TypedContext", "User")


def test_a_derived_value_without_a_rule_is_refused_by_name(ask: QueryRunner) -> None:
    with pytest.raises(SandboxUnsupported, match=r"State\.usage"):
        ask("Task", "status.state.usage")
