"""The server information of the embedded server."""

from __future__ import annotations

from typing import Any

from ftrack_orm.sandbox.reading.component_urls import ComponentUrls
from ftrack_orm.sandbox.server_information import DEFAULT_VALUES, VERSION, describe_server

URLS = ComponentUrls("http://box")


def no_user() -> dict[str, Any]:
    raise AssertionError("The user is read only when user information is requested.")


def test_a_client_that_names_no_values_gets_the_default_ones() -> None:
    facts = describe_server((), schema_hash="abc", user=no_user, urls=URLS)
    assert tuple(facts) == DEFAULT_VALUES
    assert (facts["schema_hash"], facts["version"]) == ("abc", VERSION)


def test_unknown_values_are_left_out() -> None:
    assert describe_server(("workday_length", "unknown"), schema_hash="", user=no_user, urls=URLS) == {
        "workday_length": 28800.0
    }


def test_user_information_describes_the_user() -> None:
    facts = describe_server(
        ("user_information",), schema_hash="", user=lambda: {"id": "u", "username": "jane"}, urls=URLS
    )
    assert facts["user_information"] == {
        "id": "u",
        "username": "jane",
        "first_name": None,
        "last_name": None,
        "thumbnail_id": None,
        "thumbnail_url": "http://box/img/thumbnail2.png",
        "permissions": [],
        "restricted_user": False,
    }
