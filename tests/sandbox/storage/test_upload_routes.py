"""Files that are sent in one part, over HTTP."""

from __future__ import annotations

import hashlib

import pytest

from tests.sandbox.storage.client import Client, create_component, md5


def test_a_file_comes_back_as_it_was_sent(client: Client, component_id: str) -> None:
    create_component(client, component_id)
    response = client.upload(component_id, b"some bytes", file_name="plate.exr")
    assert response.status_code == 200
    assert response.headers["ETag"] == f'"{hashlib.md5(b"some bytes").hexdigest()}"'
    received = client.get(component_id)
    assert (received.status_code, received.content) == (200, b"some bytes")
    assert client.box.storage[component_id] == b"some bytes"


def test_metadata_is_answered_for_a_component_that_does_not_exist_yet(client: Client, component_id: str) -> None:
    assert client.upload(component_id, b"before", file_name="early.txt").status_code == 200
    assert client.get(component_id).content == b"before"


def test_a_file_of_unknown_size_may_have_any(client: Client, component_id: str) -> None:
    metadata = client.metadata(component_id)
    assert "Content-Length" not in metadata["headers"]
    assert client.put(metadata["url"], b"x" * 70_000).status_code == 200
    assert len(client.box.storage[component_id]) == 70_000


def test_an_empty_file_is_a_file(client: Client, component_id: str) -> None:
    assert client.upload(component_id, b"", file_name="empty").status_code == 200
    received = client.get(component_id)
    assert (received.status_code, received.content) == (200, b"")


def test_a_second_upload_replaces_the_first(client: Client, component_id: str) -> None:
    client.upload(component_id, b"first", file_name="a.txt")
    client.upload(component_id, b"second", file_name="b.txt")
    assert client.get(component_id).content == b"second"
    assert client.box.storage.file_name(component_id) == "b.txt"


@pytest.mark.parametrize("content", [b"", b"short", b"much longer than announced"])
def test_another_size_than_announced_is_refused_and_leaves_nothing(
    client: Client, component_id: str, content: bytes
) -> None:
    metadata = client.metadata(component_id, file_name="a", file_size=10)
    response = client.put(metadata["url"], content)
    assert (response.status_code, "announced" in response.json()["content"]) == (400, True)
    assert component_id not in client.box.storage


def test_a_refused_upload_keeps_the_file_before_it(client: Client, component_id: str) -> None:
    client.upload(component_id, b"good", file_name="a")
    assert client.put(client.metadata(component_id, file_name="a", file_size=9)["url"], b"bad").status_code == 400
    assert client.get(component_id).content == b"good"


def test_another_checksum_than_announced_is_refused(client: Client, component_id: str) -> None:
    metadata = client.metadata(component_id, file_name="a", file_size=3, checksum=md5(b"abc"))
    assert client.put(metadata["url"], b"abd").status_code == 400
    assert client.put(metadata["url"], b"abc").status_code == 200
    url = client.metadata(component_id, file_name="a", file_size=3)["url"]
    assert client.put(url, b"abc", {"Content-MD5": md5(b"abd")}).status_code == 400
    assert client.put(url, b"abc", {"Content-MD5": "nonsense"}).status_code == 400
    assert client.put(url, b"abc", {"Content-MD5": md5(b"abc")}).status_code == 200
