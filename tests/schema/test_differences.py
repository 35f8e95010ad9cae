"""Differences between two schemas."""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm.schema.differences import SchemaDifferences, schema_differences
from ftrack_orm.schema.model import Schema
from tests.property_settings import examples
from tests.schema.small_schema import small_schema

Schemas = list[dict[str, Any]]


def found_after(change: Callable[[dict[str, dict[str, Any]]], Any], before: Schemas | None = None) -> SchemaDifferences:
    """Return the differences that *change*, which gets the JSON of all types by name, makes to the small schema."""
    old = before or small_schema()
    new = copy.deepcopy(old)
    types = {each["id"]: each for each in new}
    change(types)
    return schema_differences(Schema.from_response(old), Schema.from_response([*types.values()]))


def of_attribute(found: SchemaDifferences, entity_type: str, attribute: str) -> Any:
    (by_type,) = (each for each in found if each.name == entity_type)
    (difference,) = (each for each in by_type.attributes if each.name == attribute)
    return difference


def test_equal_schemas_have_no_differences_in_any_order() -> None:
    def shuffle(types: dict[str, dict[str, Any]]) -> None:
        for description in types.values():
            pairs = list(description["properties"].items())
            random.Random(0).shuffle(pairs)
            description["properties"] = dict(pairs)
            for key in ("immutable", "computed", "default_projections"):
                if key in description:
                    description[key] = description[key][::-1]

    found = found_after(shuffle)
    assert not found
    assert (len(found), found.breaking, str(found)) == (0, False, "no differences.")


def test_types_that_appear_and_disappear() -> None:
    def change(types: dict[str, dict[str, Any]]) -> None:
        types["Prop"] = {**copy.deepcopy(types["Shot"]), "id": "Prop"}
        del types["Metadata"]

    found = found_after(change)
    assert [(each.name, each.change, each.breaking) for each in found] == [
        ("Metadata", "removed", True),
        ("Prop", "added", False),
    ]
    assert str(found).splitlines() == ["1 entity type removed, 1 entity type added.", "-! Metadata", "+  Prop"]


def test_attributes_that_appear_disappear_and_change() -> None:
    def change(types: dict[str, dict[str, Any]]) -> None:
        properties = types["Status"]["properties"]
        del properties["is_active"]
        properties["sort"] = {"type": "number"}
        properties["value"] = {"type": "string"}

    found = found_after(change)
    assert str(found).splitlines() == [
        "1 attribute removed, 1 attribute changed, 1 attribute added.",
        "~! Status",
        "    -! is_active: True or False",
        "    +  sort: number",
        "    ~! value",
        "          value: was JSON value, is text",
    ]
    assert of_attribute(found, "Status", "is_active").new is None
    assert of_attribute(found, "Status", "sort").old is None


@pytest.mark.parametrize(
    ("attribute", "details", "name", "breaking"),
    [
        ("kind", {"type": "string", "enum": ["a", "b", "c"]}, "value", False),
        ("kind", {"type": "string", "enum": ["a"]}, "value", True),
        ("kind", {"type": "string", "enum": ["a", "b"], "default": "a"}, "default", False),
        ("kind", {"type": "string", "enum": ["a", "b"], "alias_for": "k"}, "internal name", False),
        ("kind", {"type": "string", "enum": ["a", "b"], "description": "Other words."}, "description", False),
        ("kind", {"type": "string", "enum": ["a", "b"], "restricted_projection": True}, "in criteria only", True),
        ("hidden", {"type": "array", "items": {"$ref": "Task"}}, "in criteria only", False),
        ("hidden", {"type": "array", "items": {"$ref": "Shot"}, "restricted_projection": True}, "value", True),
        ("future", {"type": "matrix"}, "description", False),
        ("untyped", {"type": "string", "description": "Foreign key(s): Task.id"}, "foreign key", False),
    ],
)
def test_each_detail_of_an_attribute_is_named(
    attribute: str, details: dict[str, Any], name: str, breaking: bool
) -> None:
    found = found_after(lambda types: types["Status"]["properties"].update({attribute: details}))
    difference = of_attribute(found, "Status", attribute)
    assert [each.name for each in difference.details] == [name]
    assert found.breaking is difference.breaking is breaking


@pytest.mark.parametrize(
    ("key", "value", "details", "breaking"),
    [
        ("computed", ["name"], [("settable", "always", "never")], True),
        ("immutable", ["name"], [("settable", "always", "on creation only")], True),
        ("required", ["full_name"], [("required", False, True)], True),
        ("required", ["id"], [("required", False, True)], False),
    ],
)
def test_rules_for_setting_an_attribute(
    key: str, value: list[str], details: list[tuple[str, Any, Any]], breaking: bool
) -> None:
    found = found_after(lambda types: types["Project"].update({key: value}))
    difference = of_attribute(found, "Project", value[0])
    assert [(each.name, each.old, each.new) for each in difference.details] == details
    assert difference.breaking is breaking


@pytest.mark.parametrize(
    ("name", "change", "breaking"),
    [
        ("primary_key", {"primary_key": ["id", "name"]}, True),
        ("default_projections", {"default_projections": ["id"]}, False),
        ("supports group by", {"metadata": {}}, True),
        ("alias_for", {"alias_for": {"id": "Task", "classifiers": {"object_typeid": "other"}}}, False),
        ("bases", {"alias_for": "Own"}, True),
        ("future", {"future": [1]}, False),
        ("required", {"required": ["name", "gone"]}, False),
    ],
)
def test_each_detail_of_a_type_is_named(name: str, change: dict[str, Any], breaking: bool) -> None:
    (found,) = found_after(lambda types: types["Shot"].update(change))
    details = {each.name: each for each in found.details}
    assert name in details
    assert details[name].breaking is breaking
    assert found.breaking is breaking


def test_differences_pickle() -> None:
    found = found_after(lambda types: types["Status"]["properties"].update(kind={"type": "number"}))
    assert pickle.loads(pickle.dumps(found)) == found


@settings(max_examples=examples(20, 300))
@given(st.data())
def test_any_change_of_the_json_is_a_difference_and_the_reverse_too(data: st.DataObject) -> None:
    """Draw a place in the JSON and another value for it; only equal schemas are without differences."""
    old = small_schema()
    new = copy.deepcopy(old)
    description = data.draw(st.sampled_from(new))
    attribute = data.draw(st.sampled_from(sorted(description["properties"])))
    details = description["properties"][attribute]
    key = data.draw(st.sampled_from(["default", "alias_for", "description", "restricted_projection", "other", "enum"]))
    value = {"restricted_projection": st.just(True), "enum": st.just(["x", "y"])}.get(key, st.sampled_from(["x", "y"]))
    details[key] = data.draw(value)
    schemas = Schema.from_response(old), Schema.from_response(new)
    forth, reverse = schema_differences(*schemas), schema_differences(*schemas[::-1])
    assert bool(forth) == bool(reverse) == (old != new)
    assert [(each.name, len(each.attributes)) for each in forth] == [
        (each.name, len(each.attributes)) for each in reverse
    ]
