"""The values that the server fills in for a new entity."""

from __future__ import annotations

import pytest

from tests.sandbox.studio import Studio


def test_an_id_is_generated_unless_the_client_sends_one(studio: Studio) -> None:
    assert len(studio.create("Scope", name="x")["id"]) == 36
    assert studio.create("Scope", name="y", id="given")["id"] == "given"


def test_a_project_gets_its_dates_names_and_status(studio: Studio) -> None:
    reply = studio.create("Project", name="film", project_schema_id="schema")
    assert reply["full_name"] == "film"
    assert reply["status"] == "active"
    assert reply["context_type"] == "show"
    assert reply["created_at"] == {"__type__": "datetime", "value": "2024-05-01T12:00:00"}
    assert reply["created_by_id"] == studio.user_id


def test_a_task_needs_no_more_than_a_name_and_a_parent(production: Studio) -> None:
    reply = production.create("Task", name="comp", parent=production.ref("Shot", "H"))
    assert reply["project_id"] == "P"
    assert reply["parent_id"] == "H"
    assert reply["context_type"] == "task"
    assert reply["object_type_id"] == "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c"
    assert reply["priority_id"] == "9661b320-3a0c-11e2-81c1-0800200c9a66"
    assert reply["bid"] == 0
    assert reply["type_id"] == "type-anim"  # the first by sort of the project's task types
    assert reply["status_id"] == "status-first"  # the first by sort of its task workflow


def test_versions_of_an_asset_are_numbered(production: Studio) -> None:
    first, second = (production.create("AssetVersion", asset=production.ref("Asset", "A"))["version"] for _ in range(2))
    assert (first, second) == (2, 3)
    other = production.create("Asset", name="x", parent=production.ref("Shot", "H"), type_id="asset-type")
    reply = production.create("AssetVersion", asset_id=other["id"])
    assert reply["version"] == 1
    assert reply["user_id"] == production.user_id
    assert reply["date"]["value"] == "2024-05-01T12:00:00"
    assert reply["is_published"] is True


def test_a_context_without_parent_is_a_child_of_its_project(production: Studio) -> None:
    assert production.create("Sequence", name="x", project_id="P")["parent_id"] == "P"


@pytest.mark.parametrize(
    ("entity_type", "system_type"),
    [("FileComponent", "file"), ("SequenceComponent", "sequence"), ("ContainerComponent", "container")],
)
def test_components_have_the_system_type_of_their_entity_type(
    studio: Studio, entity_type: str, system_type: str
) -> None:
    reply = studio.create(entity_type)
    assert (reply["system_type"], reply["name"], reply["size"]) == (system_type, "main", 0)


def test_a_component_on_the_server_is_identified_by_its_own_id(studio: Studio) -> None:
    studio.create("FileComponent", id="C")
    server = "3a372bde-05bc-11e4-8908-20c9d081909b"
    studio.create("ComponentLocation", component_id="C", location_id=server)
    assert studio.rows("ComponentLocation")[0]["resource_identifier"] == "C"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("show", "Project"), ("Project", "Project"), ("asset_version", "AssetVersion"), (None, "Project")],
)
def test_the_type_of_a_parent_is_stored_by_its_name_in_the_schema(
    production: Studio, sent: str | None, stored: str
) -> None:
    parent = "V" if stored == "AssetVersion" else "P"
    reply = production.create("Metadata", key="k", value="v", parent_id=parent, parent_type=sent)
    assert reply["parent_type"] == stored


def test_another_object_type_than_the_types_own_is_refused(production: Studio) -> None:
    of_shots = "bad911de-3bd6-47b9-8b46-3476e237cb36"
    operation = production.creating("Task", name="x", parent=production.ref("Shot", "H"), object_type_id=of_shots)
    name, text = production.refused(operation)
    assert (name, "object_type_id" in text) == ("ValidationError", True)


def test_an_object_of_a_review_session_is_named_after_its_version(production: Studio) -> None:
    production.create("ReviewSession", id="R", project_id="P", name="dailies")
    reply = production.create("ReviewSessionObject", review_session_id="R", version_id="V")
    assert (reply["name"], reply["version"]) == ("plate", "Version 1")
    assert production.rows("ReviewSession")[0]["start_date"] == "2024-05-01T12:00:00"
