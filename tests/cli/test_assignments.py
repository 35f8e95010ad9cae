"""Assignments of the command line as values."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm.cli.assignments import (
    Assignment,
    configured_value,
    parse_assignment,
    scalar_value,
    split_arguments,
)
from ftrack_orm.errors import InvalidValue, UsageError
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType


def attribute(value_type: ValueType) -> Attribute:
    return Attribute("it", Kind.SCALAR, value_type=value_type)


def test_assignments_have_an_attribute_a_key_and_a_text() -> None:
    assert parse_assignment("status=In progress") == Assignment("status", None, "In progress")
    assert parse_assignment("metadata.a.b=c=d") == Assignment("metadata", "a.b", "c=d")
    assert parse_assignment("metadata.a=").place == "metadata.a"


@pytest.mark.parametrize("argument", ["=x", ".a=x", "metadata.=x", " =x"])
def test_an_assignment_needs_a_name(argument: str) -> None:
    with pytest.raises(UsageError, match="NAME=VALUE"):
        parse_assignment(argument)


def test_arguments_are_ids_and_assignments_in_any_order() -> None:
    ids, assignments = split_arguments(["a", "name=x", "b"])
    assert ids == ["a", "b"]
    assert [each.attribute for each in assignments] == ["name"]
    with pytest.raises(UsageError, match="Which entity"):
        split_arguments(["name=x"])
    with pytest.raises(UsageError, match="Which values"):
        split_arguments(["a"])


@pytest.mark.parametrize(
    ("value_type", "text", "value"),
    [
        (ValueType.TEXT, "5", "5"),
        (ValueType.TEXT, "", ""),
        (ValueType.INTEGER, "-5", -5),
        (ValueType.NUMBER, "5", 5),
        (ValueType.NUMBER, "2.5e3", 2500.0),
        (ValueType.NUMBER, "", None),
        (ValueType.BOOLEAN, "Yes", True),
        (ValueType.BOOLEAN, "off", False),
        (ValueType.DATETIME, "2026-01-31", datetime.datetime(2026, 1, 31)),
        (ValueType.DATETIME, "2026-01-31T18:00:00Z", datetime.datetime(2026, 1, 31, 18, tzinfo=datetime.timezone.utc)),
        (ValueType.ANY, '{"a": [1]}', {"a": [1]}),
    ],
)
def test_texts_become_values_of_their_attributes(value_type: ValueType, text: str, value: Any) -> None:
    found = scalar_value("Task", attribute(value_type), text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("value_type", "text", "words"),
    [
        (ValueType.INTEGER, "2.5", "a whole number"),
        (ValueType.NUMBER, "x", "a number"),
        (ValueType.BOOLEAN, "maybe", "true or false"),
        (ValueType.DATETIME, "tomorrow", "a date such as"),
        (ValueType.OBJECT, "{", "JSON"),
    ],
)
def test_texts_of_another_type_are_errors(value_type: ValueType, text: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=rf"Task\.it is {words}.*{text}"):
        scalar_value("Task", attribute(value_type), text)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "1", "1"),
        ("url", "http://x", "http://x"),
        ("number", "1001", 1001),
        ("boolean", "no", False),
        ("enumerator", "a, b", ["a", "b"]),
        ("dynamic enumerator", "", []),
        ("date", "", None),
    ],
)
def test_custom_attributes_have_values_of_their_kinds(kind: str, text: str, value: Any) -> None:
    assert configured_value("Shot.custom_attributes.x", kind, text) == value
