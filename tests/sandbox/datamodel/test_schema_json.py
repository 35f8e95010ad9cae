"""Attributes as a server describes them in its reply to `query_schemas`."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.sandbox import datamodel


def described_attribute(line: str) -> dict[str, Any]:
    """Return the JSON description of the attribute `x` that *line* declares."""
    schemas = datamodel.read({"test": f"type A\n  {line}\ntype B\n  a_id text\n"}).schemas
    (type_a,) = [description for description in schemas if description["id"] == "A"]
    description: dict[str, Any] = type_a["properties"]["x"]
    return description


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x text", {"type": "string"}),
        ('x text = ""', {"type": "string", "default": ""}),
        ('x text = "a # (b)"', {"type": "string", "default": "a # (b)"}),
        ("x integer = 0", {"type": "integer", "default": 0}),
        ("x boolean = true (is_x)", {"type": "boolean", "default": True, "alias_for": "is_x"}),
        ("x datetime", {"type": "string", "format": "date-time"}),
        ("x json", {"type": "string", "format": "json"}),
        ("x any", {"type": "variable"}),
        ("x uid", {"type": "string", "default": "{uid}"}),
        ('x red|green = "red"', {"type": "string", "enum": ["red", "green"], "default": "red"}),
        ("x typename", {"type": "string", "transform": {"client": "{schema_id}", "server": "{table_name}"}}),
        ("x text of B", {"type": "string", "format": "foreign_key", "description": "Foreign key(s): B.id"}),
        ("x integer of B.y", {"type": "integer", "format": "foreign_key", "description": "Foreign key(s): B.y"}),
        ("x untyped of B", {"format": "foreign_key", "description": "Foreign key(s): B.id"}),
        (
            "x text of B twofold",
            {"type": "string", "format": "foreign_key", "description": "Foreign key(s): B.id", "$ref": "B"},
        ),
        ("x -> B (own/key)", {"$ref": "B", "alias_for": "own"}),
        ("x [B] by a_id (bs)", {"type": "array", "items": {"$ref": "B"}, "alias_for": "bs"}),
        (
            "x {B} by a_id",
            {
                "type": "mapped_array",
                "items": {"$ref": "B"},
                "key_value_attributes": {"key": "key", "value": "value"},
            },
        ),
        ("x {B} by a_id restricted", {"type": "mapped_array", "items": {"$ref": "B"}, "restricted_projection": True}),
        ('x text "What it is."', {"type": "string", "description": "What it is."}),
        (
            "x text deprecated y",
            {"type": "string", "description": "This attribute has been deprecated, use `y` attribute instead."},
        ),
        ("x   text   # and why", {"type": "string"}),
    ],
)
def test_an_attribute_is_described_as_a_server_does(line: str, expected: dict[str, Any]) -> None:
    assert described_attribute(line) == expected


def test_types_are_sorted_by_name() -> None:
    schemas = datamodel.read({"test": "type B\ntype A\n"}).schemas
    assert [description["id"] for description in schemas] == ["A", "B"]
