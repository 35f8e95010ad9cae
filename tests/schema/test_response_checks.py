"""Checking the types in a schema."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from ftrack_orm import errors
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from ftrack_orm.schema.response_checks import check_schema_response
from tests.mutations import damage_value
from tests.property_settings import examples

NAMES = ("Context", "TypedContext", "Task", "Status", "Metadata", "ContextCustomAttributeValue", "ListObject")
ANSWER = [description for description in datamodel.load().schemas if description["id"] in NAMES]


def described(**changes: Any) -> list[dict[str, Any]]:
    return [{"id": "Prop", "primary_key": ["id"], "properties": {"id": {"type": "string"}}, **changes}]


def test_a_real_schema_is_accepted() -> None:
    check_schema_response(datamodel.load().schemas)


@pytest.mark.parametrize(
    "changes",
    [
        {"properties": []},
        {"properties": None},
        {"properties": {"id": []}},
        {"properties": {"id": {"type": "string", "alias_for": {}}}},
        {"properties": {"id": {}, "a": {"$ref": 5}}},
        {"properties": {"id": {}, "a": {"type": "array", "items": []}}},
        {"properties": {"id": {}, "a": {"type": "array", "items": {"$ref": []}}}},
        {"properties": {"id": {}, "a": {"items": {"$ref": "Prop"}, "key_value_attributes": {"key": {}, "value": "v"}}}},
        {"properties": {"id": {}, "a": {"enum": "ab"}}},
        {"primary_key": "id"},
        {"primary_key": [[]]},
        {"primary_key": None},
        {"immutable": [{}]},
        {"computed": "name"},
        {"default_projections": [None]},
        {"$mixin": {"$ref": []}},
        {"$mixin": "Context"},
        {"alias_for": 5},
        {"alias_for": {"id": []}},
        {"alias_for": {"id": "Task", "classifiers": []}},
        {"metadata": [1]},
    ],
)
def test_a_wrong_type_is_an_error_with_the_entity_type(changes: dict[str, Any]) -> None:
    with pytest.raises(errors.ProtocolError, match="Prop") as caught:
        Schema.from_response(described(**changes))
    assert caught.value.entity_type == "Prop"


@pytest.mark.parametrize(
    "answer", [None, {}, "x", [None], [[]], [{}], [{"id": 5}], [{"id": "\ud800"}], [{"id": "a\0"}]]
)
def test_an_answer_without_usable_types_is_an_error(answer: Any) -> None:
    with pytest.raises(errors.ProtocolError):
        Schema.from_response(answer)


def test_deeply_nested_values_are_an_error() -> None:
    nested: Any = []
    for _ in range(10_000):
        nested = [nested]
    with pytest.raises(errors.ProtocolError, match="levels"):
        Schema.from_response(described(extra=nested))


def test_mutated_schemas_are_read_or_refused() -> None:
    chance = random.Random(13)
    refused = 0
    for number in range(examples(400, 10_000)):
        answer = damage_value(ANSWER, chance)
        try:
            schema = Schema.from_response(answer)
        except errors.ProtocolError as error:
            refused += 1
            assert len(str(error)) < 1_000, number
        else:
            _use(schema)
    assert refused


def _use(schema: Schema) -> None:
    for entity_type in schema.types.values():
        for attribute in entity_type.attributes.values():
            if attribute.is_plural:
                schema.membership(entity_type.name, attribute.name)
    assert schema.hash == Schema.from_response(copy.deepcopy(schema.answer)).hash
