"""Bytes on their way, and the faults that tests inject, through real sockets."""

from __future__ import annotations

import concurrent.futures
import http.client
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from ftrack_orm.errors import InvalidValue
from ftrack_orm.sandbox import Sandbox
from tests.sandbox.storage.client import Client

CONTENT = bytes(range(251)) * 8_000  # about 2 MB: several pieces


def signed_url(client: Client, component_id: str = "c") -> str:
    client.box.storage.put(component_id, CONTENT)
    return str(client.call({"action": "generate_signed_url", "component_id": component_id})[0]["url"])


def upload_url(client: Client, component_id: str = "u") -> str:
    client.box.storage.remove(component_id)
    return str(client.metadata(component_id, file_name="a", file_size=len(CONTENT))["url"])


def test_a_cut_download_ends_early_and_the_next_one_is_complete(client: Client) -> None:
    url = signed_url(client)
    client.box.storage.fail("cut", method="GET", after=600_000)
    with client.http.get(url, timeout=10, stream=True) as response:
        assert response.status_code == 200
        received = b""
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            for data in response.iter_content(65_536):
                received += data
    assert CONTENT.startswith(received)
    assert len(received) <= 600_000
    response = client.http.get(url, headers={"Range": f"bytes={len(received)}-"}, timeout=10)
    assert received + response.content == CONTENT
    client.box.storage.wait_for(lambda storage: len(storage.requests) == 2)
    assert [request.status for request in client.box.storage.requests] == [None, 206]


def test_a_cut_upload_leaves_nothing_and_can_be_repeated(client: Client) -> None:
    url = upload_url(client)
    client.box.storage.fail("cut", method="PUT", after=600_000)
    with pytest.raises(requests.exceptions.ConnectionError):
        client.put(url, CONTENT)
    assert "u" not in client.box.storage
    assert client.put(url, CONTENT).status_code == 200
    assert client.box.storage["u"] == CONTENT


def test_a_client_that_ends_an_upload_in_its_middle_leaves_nothing(client: Client) -> None:
    url = urlsplit(upload_url(client))
    connection = http.client.HTTPConnection(url.netloc, timeout=10)
    connection.putrequest("PUT", f"{url.path}?{url.query}")
    connection.putheader("Content-Length", str(len(CONTENT)))
    connection.endheaders(CONTENT[:100_000])
    client.box.storage.wait_for(lambda storage: storage.in_progress == 1)
    connection.close()
    client.box.storage.wait_for(lambda storage: storage.in_progress == 0)
    assert [request.status for request in client.box.storage.requests] == [None]
    assert "u" not in client.box.storage


@pytest.mark.parametrize("status", [500, 503])
def test_a_status_is_answered_as_often_as_asked(client: Client, status: int) -> None:
    url, download = upload_url(client), signed_url(client)
    client.box.storage.fail("status", status=status, count=2)
    assert client.put(url, CONTENT).status_code == status
    assert client.http.get(download, timeout=10).status_code == status
    assert client.put(url, CONTENT).status_code == 200
    assert client.box.storage.faults_due == 0


def test_an_expired_signature_is_refused_once(client: Client) -> None:
    url = upload_url(client)
    client.box.storage.fail("expired")
    response = client.put(url, CONTENT)
    assert (response.status_code, "expired" in response.json()["content"]) == (403, True)
    assert client.put(url, CONTENT).status_code == 200


def test_a_wrong_tag_differs_from_the_md5_of_the_part(client: Client) -> None:
    url = upload_url(client)
    client.box.storage.fail("wrong_etag")
    first, second = (client.put(url, CONTENT).headers["ETag"] for _ in range(2))
    assert first != second


def test_a_corrupt_byte_changes_the_tag_and_the_content(client: Client) -> None:
    client.box.storage.fail("corrupt", method="PUT", after=1000)
    good, bad = (client.metadata(name, file_name="a", file_size=len(CONTENT))["url"] for name in ("good", "bad"))
    tags = [client.put(url, CONTENT).headers["ETag"] for url in (bad, good)]
    assert tags[0] != tags[1]
    client.box.storage.fail("corrupt", method="GET", after=1000)
    received = client.get("good").content
    assert len(received) == len(CONTENT)
    assert [index for index, byte in enumerate(received) if byte != CONTENT[index]] == [1000]


def test_a_stalled_download_continues_when_it_is_released(client: Client) -> None:
    url = signed_url(client)
    client.box.storage.fail("stall", after=1000)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        received = pool.submit(lambda: client.http.get(url, timeout=10).content)
        client.box.storage.wait_for(lambda storage: storage.stalled == 1)
        assert not received.done()
        client.box.storage.release()
        assert received.result(10) == CONTENT


def test_a_stalled_upload_times_out_at_the_client(client: Client) -> None:
    url = upload_url(client)
    client.box.storage.fail("stall", after=0)
    with pytest.raises(requests.exceptions.Timeout):
        client.http.put(url, data=CONTENT[:10], timeout=0.2)
    client.box.storage.release()
    client.box.storage.wait_for(lambda storage: storage.in_progress == 0)
    assert "u" not in client.box.storage


def test_a_stalled_transfer_does_not_keep_the_sandbox_from_stopping() -> None:
    with Sandbox() as box:
        client = Client(box)
        url = signed_url(client)
        box.storage.fail("stall", after=1000)
        failed = threading.Event()

        def receive() -> None:
            with pytest.raises(requests.exceptions.RequestException):
                requests.get(url, timeout=10)
            failed.set()

        thread = threading.Thread(target=receive)
        thread.start()
        box.storage.wait_for(lambda storage: storage.stalled == 1)
    thread.join(10)
    assert failed.is_set()


def test_a_slow_transfer_is_complete(client: Client) -> None:
    client.box.storage.fail("slow", seconds=0.001, count=2)
    assert client.put(upload_url(client), CONTENT).status_code == 200
    assert client.http.get(signed_url(client), timeout=10).content == CONTENT


def test_faults_apply_to_the_requests_they_name(client: Client) -> None:
    metadata = client.metadata("parts", file_name="a", file_size=4, parts=2)
    client.box.storage.fail("status", component_id="parts", part=2)
    assert client.put(upload_url(client), CONTENT).status_code == 200
    first, second = (part["signed_url"] for part in metadata["urls"])
    assert [client.put(url, b"12").status_code for url in (first, second, second)] == [200, 500, 200]


def test_unknown_faults_are_refused(client: Client) -> None:
    with pytest.raises(InvalidValue, match="cut, stall, status"):
        client.box.storage.fail("explode")  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="'PUT' or 'GET'"):
        client.box.storage.fail("cut", method="POST")  # type: ignore[arg-type]


def test_many_transfers_run_at_the_same_time(client: Client) -> None:
    names = [f"many-{number}" for number in range(20)]
    client.box.storage.fail("stall", count=len(names), method="PUT")
    urls = {name: client.metadata(name, file_name="a", file_size=len(name))["url"] for name in names}
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        statuses = [pool.submit(requests.put, url, data=name.encode(), timeout=10) for name, url in urls.items()]
        client.box.storage.wait_for(lambda storage: storage.stalled == len(names))
        # The API answers meanwhile: transfers occupy neither its thread nor the event loop.
        assert client.call({"action": "query", "expression": "select id from User limit 1"})[0]["data"]
        client.box.storage.release()
        assert [status.result(10).status_code for status in statuses] == [200] * len(names)
    assert client.box.storage.most_in_progress >= len(names)
    assert all(client.box.storage[name] == name.encode() for name in names)


def test_a_file_in_a_folder_is_sent_and_received(tmp_path: Path) -> None:
    with Sandbox(storage=tmp_path) as box:
        client = Client(box)
        assert client.upload("c", CONTENT, file_name="a.bin").status_code == 200
        assert client.get("c").content == CONTENT
