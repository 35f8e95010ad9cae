"""Pure: describes the entity types of a data model as the reply of a server to `query_schemas`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.schema.attribute import Kind
from ftrack_orm.values import UNSET

if TYPE_CHECKING:
    from .assembly import TypeDescription
    from .notation import AttributeDeclaration

#: The JSON of the value types of the notation.
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
    """Return the reply to `query_schemas`: one JSON object for each type, sorted by name."""
    return [_describe_type(types[name], types) for name in sorted(types)]


def _describe_type(described: TypeDescription, types: Mapping[str, TypeDescription]) -> dict[str, Any]:
    description: dict[str, Any] = {
        "id": described.name,
        "type": "object",
        "properties": {name: _describe_attribute(described.attributes[name]) for name in sorted(described.attributes)},
        "primary_key": list(described.primary_key),
        "required": sorted(described.required),
        "immutable": sorted(described.immutable),
        "default_projections": list(described.default_projections),
    }
    # A server leaves these out when they are empty.
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


def _describe_attribute(attribute: AttributeDeclaration) -> dict[str, Any]:
    described: dict[str, Any] = {}
    if attribute.kind is Kind.SCALAR:
        described.update(_JSON_TYPES[attribute.value_type])
        if attribute.choices:
            described["enum"] = list(attribute.choices)
        if attribute.target is not None:
            described["format"] = "foreign_key"
            described["description"] = f"Foreign key(s): {attribute.target}.{attribute.target_column}"
        if "twofold" in attribute.flags:
            described["$ref"] = attribute.target
    elif attribute.kind is Kind.REFERENCE:
        described["$ref"] = attribute.target
    else:
        described["items"] = {"$ref": attribute.target}
        described["type"] = "array" if attribute.kind is Kind.COLLECTION else "mapped_array"
        if "restricted" in attribute.flags:
            described["restricted_projection"] = True
        elif attribute.kind is Kind.MAPPING:
            described["key_value_attributes"] = {"key": "key", "value": "value"}
    if attribute.default is not UNSET:
        described["default"] = attribute.default
    if attribute.alias is not None:
        described["alias_for"] = attribute.alias
    if attribute.description is not None:
        described["description"] = attribute.description
    return described
