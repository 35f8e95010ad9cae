"""Attributes read from the schema's JSON description."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.schema.attribute import Attribute, Kind, ValueType, read_attribute


def read(details: dict[str, Any], name: str = "attribute", **flags: Any) -> Attribute:
    return read_attribute(name, details, **{"immutable": False, "computed": False, "required": False, **flags})


@pytest.mark.parametrize(
    ("details", "value_type"),
    [
        ({"type": "string"}, ValueType.TEXT),
        ({"type": "boolean"}, ValueType.BOOLEAN),
        ({"type": "integer"}, ValueType.INTEGER),
        ({"type": "number"}, ValueType.NUMBER),
        ({"type": "object"}, ValueType.OBJECT),
        ({"type": "variable"}, ValueType.ANY),
        ({"type": "string", "format": "date-time"}, ValueType.DATETIME),
        ({"type": "string", "format": "foreign_key"}, ValueType.TEXT),
        ({}, ValueType.TEXT),
        ({"type": "tensor"}, ValueType.ANY),
    ],
)
def test_a_scalar_has_the_value_type_the_schema_declares(details: Any, value_type: Any) -> None:
    attribute = read(details)
    assert (attribute.kind, attribute.value_type, attribute.target) == (Kind.SCALAR, value_type, None)
    assert not attribute.is_relation
    assert not attribute.is_plural


@pytest.mark.parametrize(
    ("details", "kind", "plural"),
    [
        ({"$ref": "Status"}, Kind.REFERENCE, False),
        ({"type": "array", "items": {"$ref": "Status"}}, Kind.COLLECTION, True),
        ({"type": "mapped_array", "items": {"$ref": "Status"}}, Kind.COLLECTION, True),
    ],
)
def test_a_relation_leads_to_its_target(details: Any, kind: Any, plural: bool) -> None:
    attribute = read(details)
    assert (attribute.kind, attribute.target, attribute.value_type) == (kind, "Status", None)
    assert attribute.is_relation
    assert attribute.is_plural is plural


@pytest.mark.parametrize("declared", ["array", "mapped_array"])
def test_a_collection_with_key_and_value_is_a_mapping(declared: str) -> None:
    attribute = read(
        {"type": declared, "items": {"$ref": "Metadata"}, "key_value_attributes": {"key": "k", "value": "v"}}
    )
    assert (attribute.kind, attribute.key_name, attribute.value_name) == (Kind.MAPPING, "k", "v")
    assert attribute.is_plural


def test_a_foreign_key_with_a_type_and_a_target_holds_ids() -> None:
    assert read({"type": "string", "$ref": "Dashboard"}).kind is Kind.SCALAR


@pytest.mark.parametrize("name", ["link", "_link"])
def test_a_link_is_computed_and_not_the_text_that_its_schema_declares(name: str) -> None:
    attribute = read({"type": "string"}, name=name)
    assert (attribute.value_type, attribute.computed) == (ValueType.ANY, True)


def test_a_description_may_name_a_foreign_key() -> None:
    assert read({"type": "string", "description": "Foreign key(s): Status.id"}).foreign_key == "Status.id"
    assert read({"type": "string", "description": "The name."}).foreign_key is None


def test_the_other_properties_of_the_description_are_kept() -> None:
    attribute = read(
        {
            "type": "string",
            "default": "a",
            "enum": ["a", "b"],
            "alias_for": "internal",
            "restricted_projection": True,
            "transform": {"client": "{schema_id}"},
            "something new": 1,
        },
        immutable=True,
        computed=True,
        required=True,
    )
    assert (attribute.default, attribute.enumeration, attribute.alias) == ("a", ("a", "b"), "internal")
    assert attribute.restricted
    assert attribute.translates_type
    assert attribute.immutable
    assert attribute.computed
    assert attribute.required


def test_a_default_may_require_an_id_generated_by_the_client() -> None:
    assert read({"type": "string", "default": "{uid}"}).has_generated_default
    assert not read({"type": "string", "default": "uid"}).has_generated_default
    assert not read({"type": "string"}).has_generated_default
