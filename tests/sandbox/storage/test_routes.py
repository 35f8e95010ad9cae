"""The routes of the storage together, over HTTP."""

from __future__ import annotations

from tests.sandbox.storage.client import Client


def test_requests_are_recorded(client: Client) -> None:
    client.upload("recorded", b"12345", file_name="a")
    client.get("recorded")
    client.box.storage.wait_for(lambda storage: len(storage.requests) == 2)
    put, got = client.box.storage.requests
    assert (put.method, put.component_id, put.part, put.status, put.size) == ("PUT", "recorded", 0, 200, 5)
    assert (got.method, got.component_id, got.part, got.status, got.size) == ("GET", "recorded", 0, 200, 5)
    assert (client.box.storage.in_progress, client.box.storage.most_in_progress) == (0, 1)
