"""Data of `ftrack.update` events with one entity."""

from __future__ import annotations

from typing import Any


def update_data(
    action: str = "update",
    entity_type: str | None = "Task",
    entity_id: str = "t1",
    changes: dict[str, tuple[Any, Any]] | None = None,
    **details: Any,
) -> dict[str, Any]:
    """Return the data of an event about one entity; *changes* are pairs of old and new values by internal name."""
    described = {name: {"old": old, "new": new} for name, (old, new) in (changes or {}).items()}
    entry = {"entity_type": entity_type, "entityId": entity_id, "action": action, "changes": described}
    return {"entities": [{"keys": list(described), **entry, **details}]}
