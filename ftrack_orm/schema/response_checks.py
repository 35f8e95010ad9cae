"""Pure: checks the types in a reply to `query_schemas`, before entity types are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from ftrack_orm.errors import ProtocolError, quoted
from ftrack_orm.values import unencodable_text

from .json_depth import MAX_DEPTH, is_too_deep

_LISTS_OF_NAMES: Final = ("immutable", "computed", "required", "default_projections", "system_projections")


def check_schema_response(answer: Any) -> None:
    """Raise `ProtocolError` for a value of a wrong type, naming entity type, attribute and value.

    Unknown keys may have any values: newer servers have more of them.
    """
    if type(answer) is not list:
        raise ProtocolError(f"The schema is not a JSON array of types: {quoted(answer)}")
    for description in answer:
        _check_type(description)
    if is_too_deep(answer):
        raise ProtocolError(f"The schema has arrays and objects of more than {MAX_DEPTH} levels.")


def _check_type(description: Any) -> None:
    name = description.get("id") if type(description) is dict else None
    if type(name) is not str or not name or "\0" in name or unencodable_text(name) is not None:
        raise ProtocolError(f"The schema describes an entity type without a usable id: {quoted(description)}")
    properties = description.get("properties")
    if type(properties) is not dict:
        _refuse(name, None, "properties", properties, "an object")
    for attribute, details in properties.items():
        _check_attribute(name, attribute, details)
    key = description.get("primary_key")
    if not _are_names(key):
        _refuse(name, None, "primary_key", key, "a list of attributes")
    for part in _LISTS_OF_NAMES:
        if part in description and not _are_names(description[part]):
            _refuse(name, None, part, description[part], "a list of names")
    _check_bases(name, description)
    metadata = description.get("metadata")
    if metadata is not None and type(metadata) is not dict:
        _refuse(name, None, "metadata", metadata, "an object")


def _check_bases(name: str, description: Mapping[str, Any]) -> None:
    mixin = description.get("$mixin")
    if mixin and (type(mixin) is not dict or type(mixin.get("$ref")) is not str):
        _refuse(name, None, "$mixin", mixin, "an object with a $ref")
    alias = description.get("alias_for")
    if type(alias) is dict:
        classifiers = alias.get("classifiers", {})
        if type(alias.get("id")) is not str or type(classifiers) is not dict:
            _refuse(name, None, "alias_for", alias, "an object with an id and classifiers")
    elif alias is not None and type(alias) is not str:
        _refuse(name, None, "alias_for", alias, "text or an object")


def _check_attribute(entity_type: str, name: str, details: Any) -> None:
    if type(details) is not dict or unencodable_text(name) is not None:
        _refuse(entity_type, name, "", details, "an object")
    for part in ("$ref", "alias_for", "description", "format"):
        value = details.get(part)
        if value is not None and type(value) is not str:
            _refuse(entity_type, name, part, value, "text")
    if "$ref" in details and details["$ref"] is None:
        _refuse(entity_type, name, "$ref", None, "text")
    items = details.get("items")
    if items is not None and (type(items) is not dict or type(items.get("$ref", "")) is not str):
        _refuse(entity_type, name, "items", items, "an object with a $ref")
    key_and_value = details.get("key_value_attributes")
    if key_and_value and not (
        type(key_and_value) is dict
        and type(key_and_value.get("key")) is str
        and type(key_and_value.get("value")) is str
    ):
        _refuse(entity_type, name, "key_value_attributes", key_and_value, "an object with the names of key and value")
    enumeration = details.get("enum")
    if enumeration is not None and type(enumeration) is not list:
        _refuse(entity_type, name, "enum", enumeration, "a list")


def _are_names(value: Any) -> bool:
    return type(value) is list and all(type(name) is str for name in value)


def _refuse(entity_type: str, attribute: str | None, part: str, value: Any, expected: str) -> NoReturn:
    position = quoted(entity_type) if attribute is None else f"{quoted(entity_type)}, attribute {quoted(attribute)},"
    raise ProtocolError(
        f"The schema of {position} has {quoted(value)} as {part or 'its description'}, where {expected} was expected.",
        entity_type=entity_type,
        attribute=attribute,
    )
