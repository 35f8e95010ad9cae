"""The names and values that events use."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.sandbox.events.internal_names import InternalNames, custom_value
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.relations import ForeignKey, HiddenKey


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
    # No attribute shows the key of a status's state: the reference is announced.
    assert names.columns("Status")["state_id"] == "statustype"
    assert names.attribute("Task", "status_id") == "statusid"
    assert names.attribute("Task", "scopes") == "scopes"


def test_every_stored_value_of_every_type_has_an_internal_name(names: InternalNames, ftrack_tables: Tables) -> None:
    """A value without one would change without an event, and listeners would show the former one for good."""
    for name, described in ftrack_tables.schema.types.items():
        stored = [
            ftrack_tables.column(name, each.name) for each in described.attributes.values() if not each.is_relation
        ]
        keys = [ftrack_tables.relation(name, each.name) for each in described.attributes.values() if each.is_relation]
        expected = {column.name for column in stored if column is not None}
        expected |= {
            ftrack_tables.key_column(name, key).name for key in keys if isinstance(key, (ForeignKey, HiddenKey))
        }
        assert expected <= names.columns(name).keys(), name


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
