"""Pages of any origin may use the server from a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from ftrack_orm.sandbox import Sandbox
from tests.sandbox.storage.client import Client


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Sandbox() as box:
        yield Client(box)


ORIGINS = ["http://localhost:3000", "https://studio.example", "null", "file://"]


def check_allowed(response: requests.Response, origin: str) -> None:
    assert response.headers["Access-Control-Allow-Origin"] == origin
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api", 200),
        ("GET", "/socket.io/1/", 200),
        ("GET", "/component/get?id=missing", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/api", 404),
        ("PUT", "/storage/upload", 403),
        ("GET", "/", 200),
    ],
)
def test_every_response_allows_the_origin(client: Client, origin: str, method: str, path: str, status: int) -> None:
    response = client.http.request(
        method, client.box.url + path, data=b"[]", headers={**client.credentials, "Origin": origin}, timeout=10
    )
    assert response.status_code == status
    check_allowed(response, origin)


@pytest.mark.parametrize(("body", "key", "status"), [(b"[]", "wrong", 401), (b"{", None, 400)])
def test_errors_of_the_api_allow_the_origin(client: Client, body: bytes, key: str | None, status: int) -> None:
    headers = {**client.credentials, "Origin": "null", "ftrack-strict-api": "true"}
    if key is not None:
        headers["ftrack-api-key"] = key
    response = client.http.post(f"{client.box.url}/api", data=body, headers=headers, timeout=10)
    assert response.status_code == status
    check_allowed(response, "null")


@pytest.mark.parametrize("path", ["/api", "/storage/upload?x=1", "/component/get", "/socket.io/1/", "/anything"])
def test_preflight_requests_are_allowed_what_they_ask_for(client: Client, path: str) -> None:
    asked = "content-type,ftrack-api-key,ftrack-user,x-of-a-studio"
    headers = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": asked,
    }
    response = client.http.options(client.box.url + path, headers=headers, timeout=10)
    assert response.status_code == 204
    check_allowed(response, "http://localhost:3000")
    assert response.headers["Access-Control-Allow-Headers"] == asked
    assert "PUT" in response.headers["Access-Control-Allow-Methods"]


def test_the_tag_of_an_upload_can_be_read_by_a_page(client: Client) -> None:
    metadata: dict[str, Any] = client.metadata("c", file_name="a", file_size=1)
    response = client.put(metadata["url"], b"x", {"Origin": "null"})
    check_allowed(response, "null")
    assert "ETag" in response.headers["Access-Control-Expose-Headers"]


def test_a_request_without_an_origin_gets_no_permission(client: Client) -> None:
    assert "Access-Control-Allow-Origin" not in client.http.get(client.box.url, timeout=10).headers


def test_an_origin_that_no_response_could_hold_is_not_echoed(client: Client) -> None:
    response = client.http.get(client.box.url, headers={"Origin": b"\xff\xfe"}, timeout=10)
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers
