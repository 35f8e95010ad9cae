"""The projection `__permissions`: the values that attributes may be set to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.studio import Studio


def options(studio: Studio, expression: str) -> dict[str, Any]:
    """Return the allowed values of each attribute, by the id of the entity."""
    return {
        entity["id"]: {name: each["__options"] for name, each in entity["__permissions"].items()}
        for entity in studio.query(expression)
    }


def test_the_statuses_of_tasks_follow_the_workflow_and_its_overrides(production: Studio) -> None:
    production.update("Task", ["T2"], type_id="type-light")
    assert options(production, "select status_id, __permissions.status_id from Task") == {
        "T1": {"status_id": ["status-first", "status-late"]},
        "T2": {"status_id": ["status-light"]},
    }


def test_other_contexts_have_those_of_their_schema(production: Studio) -> None:
    expression = "select __permissions.status_id, __permissions.type_id, name from TypedContext where id in (H, Q)"
    assert options(production, expression) == {
        "H": {"status_id": ["status-shot"], "type_id": ["type-shot"]},
        "Q": {"status_id": ["status-first", "status-late"], "type_id": []},
    }


def test_versions_have_those_of_the_version_workflow(production: Studio) -> None:
    assert options(production, "select __permissions.status_id from AssetVersion") == {
        "V": {"status_id": ["status-version"]}
    }


def test_types_and_priorities_of_tasks(production: Studio) -> None:
    expression = 'select __permissions.type_id, __permissions.priority_id from Task where id is "T1"'
    allowed = options(production, expression)["T1"]
    assert allowed["type_id"] == ["type-anim", "type-light"]
    assert "high" in allowed["priority_id"]


def test_an_attribute_that_an_entity_does_not_have_is_left_out(production: Studio) -> None:
    assert options(production, 'select __permissions.type_id from Context where id is "P"') == {"P": {}}


@pytest.mark.parametrize(
    "expression",
    [
        "select __permissions.name from Task",
        "select __permissions from Task",
        "select __permissions.status_id.name from Task",
        "select __permissions.status_id from User",
    ],
)
def test_others_are_refused_by_name(production: Studio, expression: str) -> None:
    name, text = production.refused({"action": "query", "expression": expression})
    assert (name, "__permissions" in text) == ("NotImplementedError", True)
