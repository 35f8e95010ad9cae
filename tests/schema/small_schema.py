"""A small schema that has each feature of a server's schema once."""

from __future__ import annotations

from typing import Any


def _context(id: str, alias: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    """Return a type of the context family with the attributes that all of them have."""
    return {
        "id": id,
        "type": "object",
        "alias_for": alias,
        "primary_key": ["id"],
        "properties": {
            "id": {"type": "string", "default": "{uid}"},
            "name": {"type": "string", "default": ""},
            "parent": {"$ref": "Context"},
            "parent_id": {"type": "string", "description": "Foreign key(s): Context.id"},
            "children": {"type": "array", "items": {"$ref": "Context"}},
            "link": {"type": "string"},
            **more.pop("properties", {}),
        },
        **more,
    }


def small_schema() -> list[dict[str, Any]]:
    """Return a reply to `query_schemas` with each kind of attribute and type."""
    typed = {
        "status": {"$ref": "Status", "alias_for": "status"},
        "status_id": {"type": "string", "alias_for": "statusid", "description": "Foreign key(s): Status.id"},
        "object_type_id": {"type": "string", "alias_for": "object_typeid"},
        "project_id": {"type": "string", "alias_for": "showid"},
        "metadata": {
            "type": "mapped_array",
            "items": {"$ref": "Metadata"},
            "key_value_attributes": {"key": "key", "value": "value"},
        },
        "bid": {"type": "number", "default": 0},
    }
    subtype = {
        "immutable": ["object_type_id", "id"],
        "computed": ["link", "project_id"],
        "required": ["name"],
        "default_projections": ["name", "gone"],
        "system_projections": ["id", "showid", "_private"],
        "metadata": {"group_by": True},
    }
    return [
        _context("Context", "Context"),
        _context("Project", "Show", properties={"full_name": {"type": "string", "description": "The long name."}}),
        _context("TypedContext", "Task", properties=typed),
        _context(
            "Task",
            {"id": "Task", "classifiers": {"object_typeid": "t1"}},
            properties={**typed, "hours": {"type": "integer"}},
            **subtype,
        ),
        _context("Shot", {"id": "Task", "classifiers": {"object_typeid": "s1"}}, properties=typed, **subtype),
        {
            "id": "Status",
            "primary_key": ["id"],
            "properties": {
                "id": {"type": "string"},
                "is_active": {"type": "boolean"},
                "kind": {"type": "string", "enum": ["a", "b"]},
                "created_at": {"type": "string", "format": "date-time"},
                "thumbnail_url": {"type": "object"},
                "value": {"type": "variable"},
                "untyped": {},
                "future": {"type": "tensor"},
                "hidden": {"type": "array", "items": {"$ref": "Task"}, "restricted_projection": True},
            },
        },
        {
            "id": "Metadata",
            "primary_key": ["parent_id", "key"],
            "properties": {
                "parent_id": {"type": "string"},
                "parent_type": {"type": "string", "transform": {"client": "{schema_id}", "server": "{table_name}"}},
                "key": {"type": "string"},
                "value": {"type": "string"},
            },
        },
    ]
