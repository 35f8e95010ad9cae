"""Downloads and removals over HTTP: redirects, ranges, headers."""

from __future__ import annotations

import pytest
import requests

from tests.sandbox.storage.client import Client

CONTENT = bytes(range(256)) * 4


@pytest.fixture(autouse=True)
def file(client: Client) -> None:
    client.box.storage.put("c", CONTENT, "grey ramp é.png")


def get(client: Client, path: str = "/component/get", **options: object) -> requests.Response:
    return client.http.request("GET", f"{client.box.url}{path}", timeout=10, **options)  # type: ignore[arg-type]


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
