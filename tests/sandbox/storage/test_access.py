"""Requests are allowed by credentials or by signatures, over HTTP."""

from __future__ import annotations

import pytest
import requests

from ftrack_orm.sandbox import Sandbox
from tests.sandbox.storage.client import Client, Clock

CONTENT = bytes(range(256)) * 4


@pytest.fixture(autouse=True)
def file(client: Client) -> None:
    client.box.storage.put("c", CONTENT, "grey ramp é.png")


def get(client: Client, path: str = "/component/get", **options: object) -> requests.Response:
    return client.http.request("GET", f"{client.box.url}{path}", timeout=10, **options)  # type: ignore[arg-type]


# -- credentials --------------------------------------------------------------------------------------------------


def test_credentials_are_taken_from_the_query_or_from_headers(client: Client) -> None:
    assert get(client, params={"id": "c", **client.query_credentials}).content == CONTENT
    assert get(client, params={"id": "c"}, headers=client.credentials).content == CONTENT


@pytest.mark.parametrize("path", ["/component/get", "/component/remove"])
def test_requests_without_valid_credentials_are_refused(client: Client, path: str) -> None:
    for parameters in ({}, {"username": client.box.api_user, "apiKey": "wrong"}, {"signature": "0" * 32}):
        response = get(client, path, params={"id": "c", **parameters})
        assert response.status_code in (401, 403)
        assert client.box.api_key not in response.text
    assert "c" in client.box.storage


# -- signatures ---------------------------------------------------------------------------------------------------


def test_a_changed_url_is_refused(client: Client) -> None:
    client.box.storage.put("other", b"secret")
    url = client.call({"action": "generate_signed_url", "component_id": "c"})[0]["url"]
    changes = [
        ("component=c", "component=other"),
        ("expires=1", "expires=2"),
        ("signature=", "signature=0"),
        ("&", "&x=1&"),
    ]
    for old, new in changes:
        assert old in url
        assert client.http.get(url.replace(old, new), timeout=10).status_code == 403
    upload = client.metadata("c", file_name="x", file_size=1)["url"]
    assert client.put(upload.replace("size=1", "size=2"), b"12").status_code == 403
    assert client.put(url.replace("download", "upload"), b"12").status_code == 403


def test_a_signed_url_expires_by_the_clock_of_the_sandbox() -> None:
    clock = Clock()
    with Sandbox(clock=clock) as box:
        client = Client(box)
        box.storage.set_url_lifetime(60)
        box.storage.put("c", b"x")
        upload = client.metadata("c", file_name="x", file_size=1)["url"]
        url = client.call({"action": "generate_signed_url", "component_id": "c"})[0]["url"]
        clock.advance(59)
        assert client.http.get(url, timeout=10).status_code == 200
        clock.advance(2)
        response = client.http.get(url, timeout=10)
        assert (response.status_code, "expired" in response.json()["content"]) == (403, True)
        assert client.put(upload, b"y").status_code == 403
        assert client.get("c").content == b"x"


def test_tests_can_let_urls_expire(client: Client) -> None:
    url = client.call({"action": "generate_signed_url", "component_id": "c"})[0]["url"]
    client.box.storage.expire_urls()
    assert client.http.get(url, timeout=10).status_code == 403
    assert client.get("c").status_code == 200
