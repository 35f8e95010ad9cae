"""Values of custom attributes of every type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ftrack_orm.errors import ServerValidationError
from ftrack_orm.sandbox.writing.custom_attribute_types import enumerator_options, validate_value

CONFIGURATION = {
    "key": "x",
    "config": json.dumps({"data": json.dumps([{"menu": "Low", "value": "lo"}, {"menu": "High", "value": "hi"}])}),
}


@pytest.mark.parametrize(
    ("type_name", "value", "stored"),
    [
        ("text", "x", "x"),
        ("url", "http://x", "http://x"),
        ("boolean", False, False),
        ("number", 1.5, 1.5),
        ("date", "2024-06-22", {"__type__": "datetime", "value": "2024-06-22T00:00:00"}),
        ("date", {"__type__": "datetime", "value": None}, None),
        ("enumerator", "hi", ["hi"]),
        ("enumerator", [], []),
        ("dynamic enumerator", ["anything"], ["anything"]),
        ("expression", None, None),
        ("a type of a newer server", {"any": "value"}, {"any": "value"}),
    ],
)
def test_a_valid_value_is_stored(type_name: str, value: Any, stored: Any) -> None:
    assert validate_value(CONFIGURATION, type_name, value) == stored


@pytest.mark.parametrize(
    ("type_name", "value", "message"),
    [
        ("text", 3, "must be of type text. Got \"3\" of type <type 'int'>"),
        ("boolean", 1, "must be of type boolean"),
        ("number", True, "must be of type number"),
        ("date", "soon", "must be of type date"),
        ("date", 3, "must be of type date"),
        ("enumerator", ["loo"], "must be one of hi, lo. Got \"loo\". Did you mean 'lo'?"),
        ("dynamic enumerator", [3], "must be of type enumerator"),
        ("expression", "1", "is an expression, which the server computes"),
    ],
)
def test_an_invalid_value_is_refused_with_the_key(type_name: str, value: Any, message: str) -> None:
    with pytest.raises(ServerValidationError) as raised:
        validate_value(CONFIGURATION, type_name, value)
    assert '"x"' in str(raised.value)
    assert message in str(raised.value)


@pytest.mark.parametrize("config", [None, "", "{", "[]", "{}", '{"data": "{"}', '{"data": [1]}'])
def test_a_configuration_without_options_has_none(config: str | None) -> None:
    assert enumerator_options({"config": config}) == []
