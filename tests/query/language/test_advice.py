"""The expressions that errors recommend compare the attribute that was meant, in the same sense."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.query.language.advice import (
    collection_advice,
    comparison,
    method_advice,
    naming_attribute,
    relation_advice,
)
from ftrack_orm.query.language.nodes import Operator
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema

SCHEMA = Schema.from_response(list(datamodel.load().schemas))
ID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("entity_type", "value", "name"),
    [
        ("Status", "Approved", "name"),
        ("Context", "sh010", "name"),
        ("User", "jane", "username"),
        ("Resource", "jane", "username"),
        ("Note", "too dark", "content"),
        ("CustomAttributeConfiguration", "fstart", "key"),
        ("AssetVersion", 3, "version"),
        ("AssetVersion", "v003", None),
        ("Status", 3, None),
        ("Status", True, None),
        ("Status", ID, "id"),
        ("Metadata", ID, None),
    ],
)
def test_a_value_is_meant_for_an_attribute_that_people_call_entities_by(
    entity_type: str, value: Any, name: str | None
) -> None:
    assert naming_attribute(entity_type, SCHEMA, (value,)) == name


def test_texts_and_numbers_together_are_meant_for_no_attribute() -> None:
    assert naming_attribute("AssetVersion", SCHEMA, ("a", 3)) is None


@pytest.mark.parametrize(
    ("operator", "negated", "text"),
    [
        (Operator.IS, None, "a == 'x'"),
        (Operator.IS_NOT, None, "a != 'x'"),
        (Operator.GREATER_OR_EQUAL, None, "a >= 'x'"),
        (Operator.NOT_LIKE, None, "a.not_like('x')"),
        (Operator.IS, False, "a.in_(['x'])"),
        (Operator.IS, True, "a.not_in(['x'])"),
    ],
)
def test_a_comparison_keeps_its_operator(operator: Operator, negated: bool | None, text: str) -> None:
    assert comparison("a", operator, ("x",), negated) == text


def test_without_an_attribute_to_recommend_no_expression_is() -> None:
    advice = relation_advice("Component.version", "AssetVersion", SCHEMA, Operator.IS, ("v003",))
    assert advice == "compare it with an AssetVersion entity or None, or compare one of its attributes"
    advice = collection_advice("Asset.versions", "AssetVersion", SCHEMA, Operator.IS, ("v003",))
    assert "Asset.versions.any(...)" in advice
    assert relation_advice("a", "Status", None, Operator.IS, ("x",)).endswith("one of its attributes")


def test_methods_of_other_libraries_have_counterparts() -> None:
    assert method_advice("Task.name", "ilike") == " Use Task.name.like(pattern)."
    assert method_advice("Task.name", "nothing") == ""
