"""`Event` records as the embedded server writes them."""

from __future__ import annotations

import json
from typing import Any


def record(number: int, event_id: str, entity_id: str = "task", **details: Any) -> dict[str, Any]:
    """Return the record of a change of one entity; *details* are added to its data."""
    entry = {"entityId": entity_id, "parents": [{"entityId": entity_id}, {"entityId": "project"}]}
    data = {"event": event_id, "entity": entry, **details}
    return {"id": number, "data": json.dumps(data), "user_id": "u", "user": {"username": "jane"}}
