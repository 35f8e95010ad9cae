"""Pure: turns the entity types of a data model into the answer a server gives to `query_schemas`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm.schema.attribute import Kind
from ftrack_orm.values import UNSET

from .assembly import TypeDescription
from .notation import AttributeLine

#: How the words for types of values are written in JSON.
_JSON_TYPES: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "datetime": {"type": "string", "format": "date-time"},
    "json": {"type": "string", "format": "json"},
    "any": {"type": "variable"},
    "object": {"type": "object"},
    "typename": {"type": "string", "transform": {"client": "{schema_id}", "server": "{table_name}"}},
    "untyped": {},
}


def describe_types(types: Mapping[str, TypeDescription]) -> list[dict[str, Any]]:
    """Return the `query_schemas` answer: one JSON-able description a type, sorted by name."""
    return [_type(types[name], types) for name in sorted(types)]


def _type(described: TypeDescription, types: Mapping[str, TypeDescription]) -> dict[str, Any]:
    description: dict[str, Any] = {
        "id": described.name,
        "type": "object",
        "properties": {name: _property(described.attributes[name]) for name in sorted(described.attributes)},
        "primary_key": list(described.primary_key),
        "required": sorted(described.required),
        "immutable": sorted(described.immutable),
        "default_projections": list(described.default_projections),
    }
    # A server leaves these out where there is nothing to say.
    if described.computed:
        description["computed"] = sorted(described.computed)
    if described.system_projections:
        description["system_projections"] = list(described.system_projections)
    if described.classifier is not None and described.base is not None:
        column, value = described.classifier
        base = types[described.base]
        description["alias_for"] = {"id": base.alias or base.name, "classifiers": {column: value}}
    elif described.alias is not None:
        description["alias_for"] = described.alias
    return description


def _property(line: AttributeLine) -> dict[str, Any]:
    described: dict[str, Any] = {}
    if line.kind is Kind.SCALAR:
        described.update(_JSON_TYPES[line.value_type])
        if line.choices:
            described["enum"] = list(line.choices)
        if line.target is not None:
            described["format"] = "foreign_key"
            described["description"] = f"Foreign key(s): {line.target}.{line.target_column}"
        if "twofold" in line.flags:
            described["$ref"] = line.target
    elif line.kind is Kind.REFERENCE:
        described["$ref"] = line.target
    else:
        described["items"] = {"$ref": line.target}
        described["type"] = "array" if line.kind is Kind.COLLECTION else "mapped_array"
        if "restricted" in line.flags:
            described["restricted_projection"] = True
        elif line.kind is Kind.MAPPING:
            described["key_value_attributes"] = {"key": "key", "value": "value"}
    if line.default is not UNSET:
        described["default"] = line.default
    if line.alias is not None:
        described["alias_for"] = line.alias
    if line.description is not None:
        described["description"] = line.description
    return described
