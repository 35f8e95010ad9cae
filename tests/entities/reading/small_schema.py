"""A schema of three entity types, for tests without a server."""

from __future__ import annotations

from typing import Any

from ftrack_orm.schema.model import Schema

_TEXT = {"type": "string"}


def small_schema() -> Schema:
    """Return a schema with tasks, their statuses and metadata."""
    children = {"type": "array", "items": {"$ref": "Task"}}
    key_and_value = {"key": "key", "value": "value"}
    metadata = {"type": "mapped_array", "items": {"$ref": "Metadata"}, "key_value_attributes": key_and_value}
    due = {"type": "string", "format": "date-time"}
    entry = {"id": "Metadata", "primary_key": ["parent_id", "key"], "default_projections": []}
    return Schema.from_response(
        [
            _entity_type(
                "Task",
                ["name"],
                name=_TEXT,
                due=due,
                data={"type": "object"},
                status={"$ref": "Status"},
                children=children,
                metadata=metadata,
            ),
            _entity_type("Status", ["name", "color"], name=_TEXT, color=_TEXT),
            {**entry, "properties": dict.fromkeys(("parent_id", "key", "value", "note"), _TEXT)},
        ]
    )


def _entity_type(name: str, default_projections: list[str], /, **properties: Any) -> dict[str, Any]:
    return {
        "id": name,
        "primary_key": ["id"],
        "default_projections": default_projections,
        "properties": {"id": _TEXT, **properties},
    }
