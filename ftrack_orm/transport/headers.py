"""Pure: the headers that identify a session to its server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings


def session_headers(settings: Settings) -> dict[str, str]:
    """Return the headers of every request to the session's server.

    They are those of the official clients (PROTOCOL 2.1); the setting `headers` overrides them. The names are in lower
    case, so that two spellings of one name do not become two headers.
    """
    return {
        "ftrack-user": settings.api_user,
        "ftrack-api-key": settings.api_key,
        "ftrack-clienttoken": settings.client_token,
        "ftrack-strict-api": "true" if settings.strict_api else "false",
        **{name.lower(): value for name, value in settings.headers.items()},
    }
