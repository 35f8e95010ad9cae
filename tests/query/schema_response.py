"""A small schema in the form in which a server describes it."""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}


def _one(target: str) -> dict[str, Any]:
    return {"$ref": target}


def _many(target: str, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": target}, **more}


def _keyed(target: str) -> dict[str, Any]:
    names = {"key": "key", "value": "value"}
    return {"type": "mapped_array", "items": {"$ref": target}, "key_value_attributes": names}


def _type(entity_type: str, properties: dict[str, Any], *, base: str = "", key: str = "id") -> dict[str, Any]:
    described = {"id": entity_type, "properties": properties, "primary_key": key.split(", ")}
    return {**described, "$mixin": {"$ref": base}} if base else described


_CONTEXT = {
    "id": TEXT,
    "name": TEXT,
    "parent_id": TEXT,
    "parent": _one("Context"),
    "children": _many("Context"),
    "created_at": MOMENT,
    "metadata": _keyed("Metadata"),
    "custom_attributes": _keyed("ContextCustomAttributeValue"),
    "custom_attribute_links": _many("CustomAttributeLink", restricted_projection=True),
}
_TYPED = {
    **_CONTEXT,
    "status_id": TEXT,
    "status": _one("Status"),
    "project": _one("Project"),
    "bid": NUMBER,
    "sort": {"type": "integer"},
    "end_date": MOMENT,
    "assignments": _many("Appointment"),
    "thumbnail_url": {"type": "object"},
}
_LINK = {"id": TEXT, "configuration_id": TEXT}

_METADATA = {"parent_id": TEXT, "key": TEXT, "value": TEXT}
_CUSTOM_VALUE = {"configuration_id": TEXT, "entity_id": TEXT, "key": TEXT, "value": {"type": "variable"}}

SCHEMA_RESPONSE = [
    _type("Context", _CONTEXT),
    _type("Project", {**_CONTEXT, "full_name": TEXT}, base="Context"),
    _type("TypedContext", _TYPED, base="Context"),
    _type("Task", _TYPED, base="TypedContext"),
    _type("Shot", _TYPED, base="TypedContext"),
    _type("Status", {"id": TEXT, "name": TEXT, "sort": NUMBER, "is_active": {"type": "boolean"}}),
    _type("User", {"id": TEXT, "username": TEXT}),
    _type("Appointment", {"id": TEXT, "resource_id": TEXT, "resource": _one("User"), "type": TEXT}),
    _type("Metadata", _METADATA, key="parent_id, key"),
    _type("ContextCustomAttributeValue", _CUSTOM_VALUE, key="configuration_id, entity_id"),
    _type("CustomAttributeLink", _LINK),
    _type("UserCustomAttributeLink", {**_LINK, "user": _one("User")}, base="CustomAttributeLink"),
    _type("TypedContextLink", {"id": TEXT, "from": _one("TypedContext"), "to": _one("TypedContext")}),
    _type("Choice", {"id": TEXT, "setting": _one("Metadata")}),
]
