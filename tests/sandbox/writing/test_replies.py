"""The data of replies to create and update operations."""

from __future__ import annotations

from tests.sandbox.studio import Studio


def test_the_reply_for_a_new_user_is_that_of_a_real_server(studio: Studio) -> None:
    reply = studio.create("User", username="ada", first_name="Ada", last_name="L")
    # The names of a recorded reply: with defaults and the key, without null attributes.
    assert set(reply) == {
        "__entity_type__", "id", "username", "first_name", "last_name", "is_active", "is_otp_enabled",
        "is_totp_enabled", "require_details_update", "resource_type", "user_type_id",
    }  # fmt: skip
    assert reply["resource_type"] == "user"
    assert reply["is_active"] is False
    assert reply["user_type_id"] == "ac9fa5aa-4361-11e0-b7cc-0019bb4983d8"


def test_the_reply_to_an_update_has_key_changes_and_system_projections(studio: Studio) -> None:
    # As in a recorded reply of a real server.
    assert studio.update("User", ["user-jane"], username="jo") == {
        "__entity_type__": "User",
        "id": "user-jane",
        "username": "jo",
        "resource_type": "user",
    }


def test_the_reply_has_the_concrete_type(production: Studio) -> None:
    assert production.update("Context", ["T1"], name="anim")["__entity_type__"] == "Task"


def test_the_reply_has_the_current_members_of_a_collection(production: Studio) -> None:
    production.create("Metadata", parent_id="T1", parent_type="Task", key="b", value="1")
    reply = production.update("Task", ["T1"], metadata=[{"key": "b"}, {"key": "a", "value": "2"}])
    assert reply["metadata"] == [
        {"__entity_type__": "Metadata", "parent_id": "T1", "key": "a"},
        {"__entity_type__": "Metadata", "parent_id": "T1", "key": "b"},
    ]
    reply = production.create(
        "List", name="l", category_id="category", project_id="P", items=[production.ref("Task", "T1")]
    )
    assert reply["items"] == [production.ref("Task", "T1")]
    reply = production.update("Project", ["P"], scopes=[production.ref("Scope", "scope-1")])
    assert reply["scopes"] == [production.ref("Scope", "scope-1")]


def test_a_reference_in_the_request_is_part_of_the_reply(production: Studio) -> None:
    reply = production.update("Task", ["T1"], status=production.ref("Status", "status-late"), type=None)
    assert reply["status"] == production.ref("Status", "status-late")
    assert (reply["status_id"], reply["type"]) == ("status-late", None)


def test_the_reply_to_a_create_has_the_fraction_of_a_second_that_was_sent(production: Studio) -> None:
    start = {"__type__": "datetime", "value": "2024-01-02T03:04:05.678+00:00"}
    reply = production.create("Timelog", id="L", start=start, context_id="T1")
    assert reply["start"] == {"__type__": "datetime", "value": "2024-01-02T03:04:05.678000"}
    whole = {"__type__": "datetime", "value": "2024-01-02T03:04:05"}
    assert production.query("select start from Timelog")[0]["start"] == whole
    assert production.update("Timelog", "L", start=start, duration=3)["start"] == whole
