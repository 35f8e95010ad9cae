"""The names and values that events use."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.sandbox.events.internal_names import InternalNames, custom_value
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables


@pytest.fixture(scope="module")
def names(ftrack_tables: Tables) -> InternalNames:
    return InternalNames(ftrack_tables)


@pytest.mark.parametrize(
    ("entity_type", "internal"),
    [
        ("Project", "show"),
        ("Shot", "task"),
        ("AssetVersion", "assetversion"),
        ("FileComponent", "component"),
        ("TypedContextStatusChange", "statuschange"),
    ],
)
def test_an_entity_type_has_the_lower_case_name_of_the_internal_class(
    names: InternalNames, entity_type: str, internal: str
) -> None:
    assert names.entity_type({ENTITY_TYPE: entity_type}) == internal


def test_only_contexts_have_an_object_type_of_their_own(names: InternalNames) -> None:
    assert names.object_type_id({ENTITY_TYPE: "Shot", "object_type_id": "shots"}) == "shots"
    assert names.object_type_id({ENTITY_TYPE: "Asset"}) == "asset"


def test_columns_and_attributes_have_internal_names(names: InternalNames) -> None:
    columns = names.columns("Task")
    assert (columns["status_id"], columns["name"], columns["project_id"]) == ("statusid", "name", "showid")
    assert names.columns("Task") is columns
    assert names.attribute("Task", "status_id") == "statusid"
    assert names.attribute("Task", "scopes") == "scopes"


@pytest.mark.parametrize(
    ("type_name", "value", "text"),
    [
        ("text", None, ""),
        ("number", None, None),
        ("text", "yul", "yul"),
        ("boolean", True, "1"),
        ("boolean", False, "0"),
        ("number", 1001, "1001.0"),
        ("enumerator", ["a", "b"], "a, b"),
        ("date", {"__type__": "datetime", "value": "2024-06-01T00:00:00"}, "2024-06-01T00:00:00"),
    ],
)
def test_values_of_custom_attributes_are_text(type_name: str, value: Any, text: str | None) -> None:
    assert custom_value(type_name, value) == text
