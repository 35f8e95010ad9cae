"""Pure: the server information of the embedded server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .reading.component_urls import ComponentUrls

#: Clients reject servers older than 3.3.11 and use newer features from 4.12 on (protocol fact).
VERSION = "4.13.8.0"

#: The names that are returned to a client that names none (recorded reply of a real server).
DEFAULT_VALUES = ("storage_scenario", "schema_hash", "version", "is_timezone_support_enabled")

#: The server stores the files; clients need no setup.
AUTOMATIC_STORAGE: Mapping[str, Any] = {"scenario": "ftrack.automatic", "data": {}}

_FACTS: Mapping[str, Any] = {
    "version": VERSION,
    "is_timezone_support_enabled": True,
    "is_nested_subqueries_enabled": True,
    "product": {"name": "ftrack_orm embedded server"},
    "company_information": {"name": "Sandbox", "logo_url": None},
    "default_colors": ["#1abc9c", "#3498db", "#9b59b6", "#e67e22", "#e74c3c", "#f1c40f"],
    "display_task_dates_as_time": False,
    "display_week_numbers": False,
    "preferred_language": "en",
    "week_startday": 1,
    "workday_length": 28800.0,  # seconds: eight hours
}


def describe_server(
    values: Sequence[str],
    *,
    schema_hash: str,
    user: Callable[[], Mapping[str, Any]],
    urls: ComponentUrls,
    storage_scenario: Callable[[], str | None] = lambda: None,
) -> dict[str, Any]:
    """Return the facts named by *values*, or the default ones; unknown names are left out.

    *user* returns the row of the current user and is called only when user information is requested. *urls* are the
    addresses of thumbnails. *storage_scenario* returns the setting of that name, as JSON text.
    """
    facts: dict[str, Any] = {}
    for name in values or DEFAULT_VALUES:
        if name == "schema_hash":
            facts[name] = schema_hash
        elif name == "user_information":
            facts[name] = _user_information(user(), urls)
        elif name == "storage_scenario":
            facts[name] = _storage_scenario(storage_scenario())
        elif name in _FACTS:
            facts[name] = _FACTS[name]
    return facts


def _storage_scenario(setting: str | None) -> Any:
    """Return the value of the setting, or the automatic scenario for one that is missing or cannot be read."""
    try:
        value = json.loads(setting or "")
    except ValueError:
        return dict(AUTOMATIC_STORAGE)
    return value if isinstance(value, dict) and "scenario" in value else dict(AUTOMATIC_STORAGE)


def _user_information(row: Mapping[str, Any], urls: ComponentUrls) -> dict[str, Any]:
    names = ("id", "username", "first_name", "last_name", "thumbnail_id")
    known = {name: row.get(name) for name in names}
    thumbnail = urls.value("thumbnail_url", row.get("thumbnail_id")) or {}
    # A text here, unlike the attribute of the user.
    return {**known, "thumbnail_url": thumbnail.get("url"), "permissions": [], "restricted_user": False}
