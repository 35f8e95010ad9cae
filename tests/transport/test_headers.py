"""The headers that identify a session."""

from __future__ import annotations

from typing import Any

from ftrack_orm.settings import Settings
from ftrack_orm.transport.headers import session_headers


def settings(**changes: Any) -> Settings:
    return Settings(server_url="https://studio.test", api_user="jane", api_key="the-key", client_token="t", **changes)


def test_the_headers_name_user_key_client_and_error_mode() -> None:
    assert session_headers(settings(strict_api=False)) == {
        "ftrack-user": "jane",
        "ftrack-api-key": "the-key",
        "ftrack-clienttoken": "t",
        "ftrack-strict-api": "false",
    }


def test_the_headers_of_the_settings_override_in_any_spelling() -> None:
    headers = session_headers(settings(headers={"Ftrack-User": "proxy", "X-Studio": "north"}))
    assert (headers["ftrack-user"], headers["x-studio"]) == ("proxy", "north")
    assert "Ftrack-User" not in headers
