"""The data of a request: values by column, and the refusal of attributes and values that cannot be set."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.studio import Studio


def test_a_relation_takes_precedence_over_the_default_of_its_key(production: Studio) -> None:
    reply = production.create(
        "Task",
        name="x",
        parent=production.ref("Shot", "H"),
        priority_id="9661b320-3a0c-11e2-81c1-0800200c9a66",
        priority=production.ref("Priority", "high"),
    )
    assert reply["priority_id"] == "high"


def test_an_unknown_attribute_is_refused_with_the_nearest_name(production: Studio) -> None:
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
def test_a_value_of_the_wrong_type_is_refused_by_name(production: Studio, attribute: str, value: Any) -> None:
    data = {"name": "x", "parent": production.ref("Shot", "H"), attribute: value}
    name, text = production.refused(production.creating("Task", **data))
    assert name == "ValidationError"
    assert f"Task.{attribute}" in text


@pytest.mark.parametrize("attribute", ["link", "time_logged", "thumbnail_url", "ancestors", "custom_attribute_links"])
def test_computed_attributes_cannot_be_set(production: Studio, attribute: str) -> None:
    data = {"name": "x", "parent": production.ref("Shot", "H"), attribute: []}
    name, text = production.refused(production.creating("Task", **data))
    assert name == "ValidationError"
    assert f"Task.{attribute}" in text


def test_immutable_attributes_cannot_be_changed(production: Studio) -> None:
    name, text = production.refused(production.updating("Task", ["T1"], created_by_id=None))
    assert (name, "Task.created_by_id can be set only when" in text) == ("ValidationError", True)


def test_an_immutable_attribute_may_be_sent_with_its_current_value(production: Studio) -> None:
    production.update("Task", ["T1"], id="T1", created_by=production.ref("User", production.user_id), name="x")
    assert {row["name"] for row in production.rows("Task") if row["id"] == "T1"} == {"x"}
