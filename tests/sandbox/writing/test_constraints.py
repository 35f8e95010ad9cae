"""Constraints: existing references, required values and unique values."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.studio import Studio


@pytest.mark.parametrize(
    ("entity_type", "data", "attribute"),
    [
        ("Task", {"parent": {"__entity_type__": "Shot", "id": "nowhere"}}, "parent_id"),
        ("Task", {"parent_id": "H", "status_id": "nowhere"}, "status"),
        ("Task", {"parent_id": "H", "type": {"__entity_type__": "Type", "id": "nowhere"}}, "type"),
        ("Asset", {"context_id": "nowhere"}, "context_id"),
        ("AssetVersion", {"asset_id": "nowhere"}, "asset_id"),
        ("Appointment", {"context_id": "H", "resource_id": "nowhere", "type": "assignment"}, "resource"),
        ("Metadata", {"parent_id": "nowhere", "parent_type": "Task", "key": "k", "value": "v"}, "parent_id"),
        ("ListObject", {"list_id": "nowhere", "entity_id": "T1"}, "list"),
        ("SchemaStatus", {"schema_id": "nowhere", "status_id": "status-first"}, "schema_id"),
        ("Status", {"name": "x", "state": {"__entity_type__": "State", "id": "nowhere"}}, "state"),
    ],
)
def test_a_reference_must_lead_to_an_existing_entity(
    production: Studio, entity_type: str, data: dict[str, Any], attribute: str
) -> None:
    name, text = production.refused(production.creating(entity_type, **data))
    assert name == "IntegrityError"
    assert f"{entity_type}.{attribute}" in text
    assert "'nowhere'" in text


def test_a_reference_must_lead_to_the_right_type(production: Studio) -> None:
    name, text = production.refused(production.updating("AssetVersion", ["V"], task_id="P"))
    assert (name, "no TypedContext with id 'P'" in text) == ("IntegrityError", True)


def test_an_update_checks_references_too(production: Studio) -> None:
    name, text = production.refused(production.updating("Task", ["T1"], status_id="nowhere"))
    assert (name, "'nowhere'" in text) == ("IntegrityError", True)


@pytest.mark.parametrize(
    ("entity_type", "data", "missing"),
    [
        ("Task", {"name": "x"}, "parent_id"),
        ("Project", {"name": "x"}, "project_schema_id"),
        ("Asset", {"name": "x"}, "context_id"),
        ("AssetVersion", {}, "asset_id"),
        ("Scope", {}, "name"),
        ("Appointment", {"context_id": "H", "resource_id": "user-jane"}, "type"),
        ("Metadata", {"parent_id": "H", "key": "k", "value": None}, "value"),
    ],
)
def test_values_without_a_default_are_required(
    production: Studio, entity_type: str, data: dict[str, Any], missing: str
) -> None:
    name, text = production.refused(production.creating(entity_type, **data))
    assert name == "IntegrityError"
    assert f"Column '{missing}' cannot be null" in text


def test_users_need_no_name(studio: Studio) -> None:
    first, second = (studio.create("User") for _ in range(2))
    assert "username" not in first
    assert first["id"] != second["id"]
    assert [row["username"] for row in studio.rows("Resource") if row["id"] == first["id"]] == [None]


def test_a_part_of_the_primary_key_cannot_follow_later(production: Studio) -> None:
    name, text = production.refused(production.creating("NoteLabelLink", note_id="N"))
    assert (name, "Column 'label_id' cannot be null" in text) == ("IntegrityError", True)


def test_a_required_attribute_cannot_be_set_to_null(production: Studio) -> None:
    name, text = production.refused(production.updating("Task", ["T1"], name=None))
    assert (name, "Column 'name'" in text) == ("IntegrityError", True)


@pytest.mark.parametrize(
    ("entity_type", "data"),
    [
        ("User", {"username": "JANE"}),
        ("Project", {"name": "Film", "project_schema_id": "schema"}),
        ("Task", {"name": "Animation", "parent_id": "H"}),
        ("AssetVersion", {"asset_id": "A", "version": 1}),
        ("Scope", {"id": "scope-1", "name": "x"}),
        ("Appointment", {"context_id": "H", "resource_id": "user-jane", "type": "assignment"}),
        ("Metadata", {"parent_id": "H", "key": "k", "value": "v"}),
        ("Timer", {}),
        ("Setting", {"name": "n", "group": "g"}),
        ("ListObject", {"list_id": "L", "entity_id": "T1"}),
        ("Membership", {"group_id": "G", "user_id": "user-jane"}),
    ],
)
def test_a_duplicate_is_refused(production: Studio, entity_type: str, data: dict[str, Any]) -> None:
    creating = production.creating
    production.call(
        creating("Appointment", context_id="H", resource_id="user-jane", type="assignment"),
        creating("Metadata", parent_id="H", key="k", value="v"),
        creating("Timer"),
        creating("Setting", name="n", group="g", value="v"),
        creating("List", id="L", name="l", category_id="category", project_id="P"),
        creating("ListObject", list_id="L", entity_id="T1"),
        creating("Group", id="G", name="g"),
        creating("Membership", group_id="G", user_id="user-jane"),
    )
    name, text = production.refused(creating(entity_type, **data))
    assert name == "IntegrityError"
    assert "Duplicate entry '" in text
    # Clients recognise a running timer by this name in the message; messages for other types are not known to hold it.
    assert ("DuplicateEntryError" in text) == (entity_type == "Timer")


def test_a_name_may_be_used_again_elsewhere_and_by_another_type(production: Studio) -> None:
    production.create("Task", name="animation", parent_id="Q")
    production.create("Shot", name="animation", parent_id="H")


def test_a_name_in_use_is_refused_for_an_update(production: Studio) -> None:
    name, text = production.refused(production.updating("Task", ["T2"], name="animation"))
    assert (name, "Duplicate entry" in text) == ("IntegrityError", True)
    production.update("Task", ["T2"], name="Lighting")  # not a duplicate of itself
