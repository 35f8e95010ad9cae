"""What a create answers and stores: what the client said, what the server fills in, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_new_user_is_answered_as_a_real_server_answers_it(studio: Any) -> None:
    answer = studio.create("User", username="ada", first_name="Ada", last_name="L")
    # Names as in a recorded answer: defaults and the key are there, empty attributes are not.
    assert set(answer) == {
        "__entity_type__", "id", "username", "first_name", "last_name", "is_active", "is_otp_enabled",
        "is_totp_enabled", "require_details_update", "resource_type", "user_type_id",
    }  # fmt: skip
    assert answer["resource_type"] == "user"
    assert answer["is_active"] is False
    assert answer["user_type_id"] == "ac9fa5aa-4361-11e0-b7cc-0019bb4983d8"


def test_an_id_is_made_when_the_client_gives_none_and_kept_when_it_does(studio: Any) -> None:
    assert len(studio.create("Scope", name="x")["id"]) == 36
    assert studio.create("Scope", name="y", id="given")["id"] == "given"


def test_a_project_gets_its_dates_names_and_state(studio: Any) -> None:
    answer = studio.create("Project", name="film", project_schema_id="schema")
    assert answer["full_name"] == "film"
    assert answer["status"] == "active"
    assert answer["context_type"] == "show"
    assert answer["created_at"] == {"__type__": "datetime", "value": "2024-05-01T12:00:00"}
    assert answer["created_by_id"] == studio.user_id


def test_a_task_needs_no_more_than_a_name_and_a_parent(production: Any) -> None:
    answer = production.create("Task", name="comp", parent=production.ref("Shot", "H"))
    assert answer["project_id"] == "P"
    assert answer["parent_id"] == "H"
    assert answer["context_type"] == "task"
    assert answer["object_type_id"] == "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c"
    assert answer["priority_id"] == "9661b320-3a0c-11e2-81c1-0800200c9a66"
    assert answer["bid"] == 0
    assert answer["type_id"] == "type-anim"  # the first by sort of the project's task types
    assert answer["status_id"] == "status-first"  # the first by sort of its task workflow


def test_the_first_status_follows_the_workflow_of_the_kind_of_thing(production: Any) -> None:
    tasks = {row["id"]: row["status_id"] for row in production.rows("Task")}
    assert tasks["T1"] == "status-first"
    assert tasks["T2"] == "status-light"  # lighting has a workflow of its own in this project schema
    assert tasks["H"] == "status-shot"  # shots have a schema of their own
    assert tasks["Q"] == "status-first"
    assert production.rows("AssetVersion")[0]["status_id"] == "status-version"


def test_a_shot_starts_with_the_first_type_of_its_schema(production: Any) -> None:
    (shot,) = [row for row in production.rows("Shot") if row["id"] == "H"]
    assert shot["type_id"] == "type-shot"


def test_versions_of_an_asset_are_numbered(production: Any) -> None:
    first, second = (production.create("AssetVersion", asset=production.ref("Asset", "A"))["version"] for _ in range(2))
    assert (first, second) == (2, 3)
    other = production.create("Asset", name="x", parent=production.ref("Shot", "H"), type_id="asset-type")
    answer = production.create("AssetVersion", asset_id=other["id"])
    assert answer["version"] == 1
    assert answer["user_id"] == production.user_id
    assert answer["date"]["value"] == "2024-05-01T12:00:00"
    assert answer["is_published"] is True


def test_a_relation_wins_over_the_default_of_its_key_that_clients_send_along(production: Any) -> None:
    answer = production.create(
        "Task",
        name="x",
        parent=production.ref("Shot", "H"),
        priority_id="9661b320-3a0c-11e2-81c1-0800200c9a66",
        priority=production.ref("Priority", "high"),
    )
    assert answer["priority_id"] == "high"


def test_a_context_without_parent_hangs_on_its_project(production: Any) -> None:
    assert production.create("Sequence", name="x", project_id="P")["parent_id"] == "P"


@pytest.mark.parametrize(
    "value",
    [
        {"__type__": "datetime", "value": "2024-02-01T10:00:00"},
        {"__type__": "datetime", "value": "2024-02-01T12:00:00.123+02:00"},
        "2024-02-01T10:00:00Z",
        "2024-02-01T10:00:00",
    ],
)
def test_datetimes_are_kept_in_utc_whatever_form_they_came_in(production: Any, value: Any) -> None:
    answer = production.create("Task", name="x", parent=production.ref("Shot", "H"), start_date=value)
    assert answer["start_date"] == {"__type__": "datetime", "value": "2024-02-01T10:00:00"}


def test_a_date_is_its_midnight(production: Any) -> None:
    value = {"__type__": "date", "value": "2024-02-01"}
    answer = production.create("Task", name="x", parent=production.ref("Shot", "H"), start_date=value)
    assert answer["start_date"]["value"] == "2024-02-01T00:00:00"


@pytest.mark.parametrize(
    ("entity_type", "system_type"),
    [("FileComponent", "file"), ("SequenceComponent", "sequence"), ("ContainerComponent", "container")],
)
def test_components_say_of_what_system_type_they_are(studio: Any, entity_type: str, system_type: str) -> None:
    answer = studio.create(entity_type)
    assert (answer["system_type"], answer["name"], answer["size"]) == (system_type, "main", 0)


def test_a_component_on_the_server_is_identified_by_its_own_id(studio: Any) -> None:
    studio.create("FileComponent", id="C")
    server = "3a372bde-05bc-11e4-8908-20c9d081909b"
    studio.create("ComponentLocation", component_id="C", location_id=server)
    assert studio.rows("ComponentLocation")[0]["resource_identifier"] == "C"


def test_a_list_becomes_the_kind_of_list_its_system_type_says(production: Any) -> None:
    data = {"name": "x", "category_id": "category", "project_id": "P"}
    assert production.create("List", **data)["__entity_type__"] == "TypedContextList"
    assert production.create("List", **data, system_type="assetversion")["__entity_type__"] == "AssetVersionList"


def test_a_reply_hangs_where_its_note_does_and_moves_the_thread_on(production: Any) -> None:
    production.create("Note", id="N", content="look", parent_id="T1", parent_type="task")
    production.moment = production.moment.replace(hour=15)
    reply = production.create("Note", content="seen", in_reply_to=production.ref("Note", "N"))
    assert (reply["parent_id"], reply["parent_type"]) == ("T1", "Task")
    (note,) = [row for row in production.rows("Note") if row["id"] == "N"]
    assert (note["date"], note["thread_activity"]) == ("2024-05-01T12:00:00", "2024-05-01T15:00:00")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("show", "Project"), ("Project", "Project"), ("asset_version", "AssetVersion"), (None, "Project")],
)
def test_the_type_of_a_parent_is_kept_as_the_schema_calls_it(production: Any, given: str | None, kept: str) -> None:
    parent = "V" if kept == "AssetVersion" else "P"
    answer = production.create("Metadata", key="k", value="v", parent_id=parent, parent_type=given)
    assert answer["parent_type"] == kept


@pytest.mark.parametrize("entity_type", ["Context", "TypedContext", "Component", "Resource"])
def test_what_only_its_subtypes_can_be_is_not_created(studio: Any, entity_type: str) -> None:
    name, text = studio.refused(studio.creating(entity_type, name="x"))
    assert name == "ValidationError"
    assert entity_type in text
    assert "Create one of its types" in text


def test_an_unknown_attribute_is_refused_with_the_nearest_name(production: Any) -> None:
    operation = production.creating("Task", nmae="x", parent=production.ref("Shot", "H"))
    assert production.refused(operation) == ("KeyError", "Task has no attribute 'nmae'. Did you mean 'name'?")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("name", 3),
        ("bid", "long"),
        ("bid", True),
        ("start_date", "tomorrow"),
        ("start_date", {"__type__": "datetime", "value": "?"}),
        ("status", "status-first"),
        ("status", {"id": "status-first"}),
        ("status", {"__entity_type__": "Status"}),
        ("status", {"__entity_type__": "Priority", "id": "high"}),
        ("notes", {"__entity_type__": "Note", "id": "N"}),
        ("notes", ["N"]),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(production: Any, attribute: str, value: Any) -> None:
    data = {"name": "x", "parent": production.ref("Shot", "H"), attribute: value}
    name, text = production.refused(production.creating("Task", **data))
    assert name == "ValidationError"
    assert f"Task.{attribute}" in text


def test_an_enumeration_lists_what_it_takes(studio: Any) -> None:
    name, text = studio.refused(studio.creating("Job", status="lost"))
    assert name == "ValidationError"
    assert "'queued', 'running', 'done', 'failed'" in text


@pytest.mark.parametrize("attribute", ["link", "time_logged", "thumbnail_url", "ancestors", "custom_attribute_links"])
def test_what_the_server_works_out_cannot_be_set(production: Any, attribute: str) -> None:
    data = {"name": "x", "parent": production.ref("Shot", "H"), attribute: []}
    name, text = production.refused(production.creating("Task", **data))
    assert name == "ValidationError"
    assert f"Task.{attribute}" in text


def test_another_object_type_than_the_types_own_is_refused(production: Any) -> None:
    of_shots = "bad911de-3bd6-47b9-8b46-3476e237cb36"
    operation = production.creating("Task", name="x", parent=production.ref("Shot", "H"), object_type_id=of_shots)
    name, text = production.refused(operation)
    assert (name, "object_type_id" in text) == ("ValidationError", True)


def test_what_is_shown_to_a_client_is_named_after_the_version(production: Any) -> None:
    production.create("ReviewSession", id="R", project_id="P", name="dailies")
    answer = production.create("ReviewSessionObject", review_session_id="R", version_id="V")
    assert (answer["name"], answer["version"]) == ("plate", "Version 1")
    assert production.rows("ReviewSession")[0]["start_date"] == "2024-05-01T12:00:00"


def test_events_are_counted(production: Any) -> None:
    first, second = (production.create("Event", action="x", project_id="P")["id"] for _ in range(2))
    assert second == first + 1


def test_a_parents_type_may_be_called_as_the_database_calls_it_or_not_at_all(production: Any) -> None:
    for name in ("TaskStatus", "status"):  # the internal name of Status, and its own in another case
        name, text = production.refused(
            production.creating("Metadata", parent_id="nowhere", parent_type=name, key="k", value="v")
        )
        assert (name, "'nowhere'" in text) == ("IntegrityError", True)
    name, text = production.refused(
        production.creating("Metadata", parent_id="T1", parent_type="Taks", key="k", value="v")
    )
    assert (name, "'Task'" in text) == ("ValidationError", True)
