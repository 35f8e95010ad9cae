"""The requests of the storage over HTTP: credentials, redirects, signatures, ranges, removal."""

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


def test_a_download_is_redirected_to_a_signed_url_without_the_key(client: Client) -> None:
    response = get(client, params={"id": "c", **client.query_credentials}, allow_redirects=False)
    assert response.status_code == 302
    address = response.headers["Location"]
    assert address.startswith(f"{client.box.url}/storage/download?")
    assert client.box.api_key not in address
    assert requests.get(address, timeout=10).content == CONTENT


def test_urls_lead_to_the_host_that_the_client_has_used(client: Client) -> None:
    url = client.box.url.replace("127.0.0.1", "localhost")
    headers = {**client.credentials, "Host": url.removeprefix("http://")}
    response = get(client, params={"id": "c"}, headers=headers, allow_redirects=False)
    assert response.headers["Location"].startswith(f"{url}/storage/download?")
    response = get(client, params={"id": "c"}, headers={**client.credentials, "Host": "evil/?x"}, allow_redirects=False)
    assert response.headers["Location"].startswith(f"{client.box.url}/storage/download?")


@pytest.mark.parametrize("path", ["/component/get", "/component/remove"])
def test_missing_files_and_ids_are_refused(client: Client, path: str) -> None:
    response = get(client, path, params={"id": "nowhere", **client.query_credentials})
    assert (response.status_code, "'nowhere'" in response.json()["content"]) == (404, True)
    assert get(client, path, params=client.query_credentials).status_code == 400


def test_a_removed_file_is_gone(client: Client) -> None:
    client.box.storage.put("gone", b"x")
    assert get(client, "/component/remove", params={"id": "gone", **client.query_credentials}).status_code == 200
    assert client.get("gone").status_code == 404


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


# -- ranges and headers -------------------------------------------------------------------------------------------


def test_a_download_has_its_name_type_size_and_tag(client: Client) -> None:
    headers = client.get("c").headers
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Length"] == str(len(CONTENT))
    assert headers["Accept-Ranges"] == "bytes"
    assert "filename*=UTF-8''grey%20ramp%20%C3%A9.png" in headers["Content-Disposition"]
    assert headers["ETag"]


def test_a_head_request_has_no_body(client: Client) -> None:
    url = client.call({"action": "generate_signed_url", "component_id": "c"})[0]["url"]
    response = client.http.head(url, timeout=10)
    assert (response.status_code, response.headers["Content-Length"], response.content) == (200, "1024", b"")


def test_a_range_is_sent_alone(client: Client) -> None:
    response = client.get("c", Range="bytes=100-199")
    assert (response.status_code, response.content) == (206, CONTENT[100:200])
    assert response.headers["Content-Range"] == "bytes 100-199/1024"
    assert client.get("c", Range="bytes=1000-").content == CONTENT[1000:]
    assert client.get("c", Range="bytes=-24").content == CONTENT[-24:]


def test_a_range_behind_the_end_is_refused(client: Client) -> None:
    response = client.get("c", Range="bytes=1024-")
    assert (response.status_code, response.headers["Content-Range"]) == (416, "bytes */1024")


def test_a_range_of_another_content_is_sent_from_the_start(client: Client) -> None:
    tag = client.get("c").headers["ETag"]
    assert client.get("c", Range="bytes=100-", If_Range=tag).status_code == 206
    client.box.storage.put("c", b"new", "a.txt")
    response = client.get("c", Range="bytes=100-", If_Range=tag)
    assert (response.status_code, response.content) == (200, b"new")


# -- entities and recorded requests -------------------------------------------------------------------------------


def test_requests_are_recorded(client: Client) -> None:
    client.upload("recorded", b"12345", file_name="a")
    client.get("recorded")
    client.box.storage.wait_for(lambda storage: len(storage.requests) == 2)
    put, got = client.box.storage.requests
    assert (put.method, put.component_id, put.part, put.status, put.size) == ("PUT", "recorded", 0, 200, 5)
    assert (got.method, got.component_id, got.part, got.status, got.size) == ("GET", "recorded", 0, 200, 5)
    assert (client.box.storage.in_progress, client.box.storage.most_in_progress) == (0, 1)
