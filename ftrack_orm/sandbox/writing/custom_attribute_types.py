"""Pure: validates the values of custom attributes by the type of their configuration.

A new type of custom attribute is one function and one row of the table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ftrack_orm.errors import FtrackError, suggestion
from ftrack_orm.sandbox import server_errors
from ftrack_orm.wire.codec import VALUE_TYPE

from . import column_values


def validate_value(configuration: Mapping[str, Any], type_name: str, value: Any) -> Any:
    """Return a custom attribute's value as it is stored; raises the server's validation error."""
    key = str(configuration["key"])
    if value is None:
        return None
    validate = _VALIDATORS.get(type_name)
    return validate(key, configuration, value) if validate else value


def _text(key: str, configuration: Mapping[str, Any], value: Any) -> Any:
    text = column_values.plain_text(value)
    return text if text is None or isinstance(text, str) else _refuse(key, "text", value)


def _boolean(key: str, configuration: Mapping[str, Any], value: Any) -> Any:
    return value if isinstance(value, bool) else _refuse(key, "boolean", value)


def _number(key: str, configuration: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse(key, "number", value)
    return value


def _date(key: str, configuration: Mapping[str, Any], value: Any) -> Any:
    try:
        moment = column_values.parse_datetime_value(value)
    except (ValueError, TypeError, FtrackError):
        _refuse(key, "date", value)
    return None if moment is None else {VALUE_TYPE: "datetime", "value": column_values.datetime_text(moment)}


def _enumerator(key: str, configuration: Mapping[str, Any], value: Any) -> Any:
    chosen = _options(key, value)
    known = {option["value"] for option in enumerator_options(configuration)}
    for option in chosen:
        if option not in known:
            raise server_errors.validation_error(
                f'Custom attribute value for "{key}" must be one of {", ".join(sorted(known))}. Got "{option}".'
                f"{suggestion(option, known)}"
            )
    return chosen


def _dynamic_enumerator(key: str, configuration: Mapping[str, Any], value: Any) -> Any:
    return _options(key, value)


def _options(key: str, value: Any) -> list[str]:
    # Protocol fact: the value is a list even where only one option can be chosen. Clients have also sent a plain
    # string.
    text = column_values.plain_text(value)
    chosen = [text] if isinstance(text, str) else text
    if isinstance(chosen, list):
        chosen = [column_values.plain_text(option) for option in chosen]
    if not isinstance(chosen, list) or not all(isinstance(option, str) for option in chosen):
        _refuse(key, "enumerator", value)
    return chosen


def _expression(key: str, configuration: Mapping[str, Any], value: Any) -> Any:
    raise server_errors.validation_error(f'Custom attribute "{key}" is an expression, which the server computes.')


_VALIDATORS: dict[str, Callable[[str, Mapping[str, Any], Any], Any]] = {
    "text": _text,
    "url": _text,
    "boolean": _boolean,
    "number": _number,
    "date": _date,
    "enumerator": _enumerator,
    "dynamic enumerator": _dynamic_enumerator,
    "expression": _expression,
}

#: The names of value types in the messages of the server, which is written in an older Python.
_TYPE_NAMES = {"str": "unicode"}


def _refuse(key: str, expected: str, value: Any) -> NoReturn:
    name = type(value).__name__
    actual = f"<type '{_TYPE_NAMES.get(name, name)}'>"
    raise server_errors.validation_error(
        f'Custom attribute value for "{key}" must be of type {expected}. Got "{value}" of type {actual}'
    )


def enumerator_options(configuration: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the options of an enumerator. Its configuration is JSON text whose `data` is JSON text again."""
    try:
        data = json.loads(configuration.get("config") or "{}").get("data") or "[]"
        options = json.loads(data) if isinstance(data, str) else data
    except (ValueError, AttributeError):
        return []
    return [option for option in options if isinstance(option, dict) and "value" in option]
