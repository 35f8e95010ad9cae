"""An adapter whose connections can be shut down. Aborting an exchange in progress is tested with the transport."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from ftrack_orm.transport.cancellable_adapter import CancellableAdapter
from tests.transport.scripted_server import ScriptedServer


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount("http://", CancellableAdapter())
        session.trust_env = False
        yield session


def adapter_of(http: requests.Session, url: str) -> CancellableAdapter:
    adapter = http.get_adapter(url)
    assert isinstance(adapter, CancellableAdapter)
    return adapter


def test_after_aborting_before_it_connects_nothing_is_sent(server: ScriptedServer, http: requests.Session) -> None:
    adapter_of(http, server.url).tracker.abort()
    with pytest.raises(requests.ConnectionError, match="before anything was sent"):
        http.post(server.url, data=b"[]", timeout=5)
    assert server.received == []


def test_on_sent_is_called_for_each_request(server: ScriptedServer, http: requests.Session) -> None:
    sent: list[bool] = []
    adapter_of(http, server.url).tracker.on_sent = lambda: sent.append(True)
    for _ in range(2):
        http.post(server.url, data=b"[]", timeout=5)
        assert sent  # urllib3 before 2 asks for the response twice
        sent.clear()


def test_connections_through_a_proxy_are_aborted_too(server: ScriptedServer, http: requests.Session) -> None:
    http.proxies = {"http": server.url}
    adapter_of(http, "http://ftrack.invalid").tracker.abort()
    with pytest.raises(requests.RequestException, match="before anything was sent"):
        http.post("http://ftrack.invalid/api", data=b"[]", timeout=5)
    assert server.received == []


def test_the_answer_to_a_body_that_was_not_read_is_received(http: requests.Session) -> None:
    """The server resets the connection, since it closes it with unread bytes. Its answer has arrived before."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            connection.recv(1 << 10)
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 7\r\n\r\nexpired")
            connection.close()

        thread = threading.Thread(target=refuse)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        response = http.put(url, data=io.BytesIO(bytes(50 << 20)), timeout=10)
        thread.join()
    assert (response.status_code, response.content) == (403, b"expired")


def test_a_body_that_is_reset_without_an_answer_is_a_lost_connection(http: requests.Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reset() -> None:
            connection, _ = listener.accept()
            connection.recv(1 << 10)
            connection.close()

        thread = threading.Thread(target=reset)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(requests.ConnectionError):
            http.put(url, data=io.BytesIO(bytes(50 << 20)), timeout=10)
        thread.join()


def test_a_server_may_take_longer_to_read_than_to_connect(http: requests.Session) -> None:
    adapter = adapter_of(http, "http://127.0.0.1")
    adapter.tracker.send_timeout = 30.0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        released = threading.Event()

        def read_late() -> None:
            connection, _ = listener.accept()
            released.wait(10)
            with connection, connection.makefile("rb") as stream:
                stream.read(20 << 20)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

        thread = threading.Thread(target=read_late)
        thread.start()
        # Until then, the buffers of the system are full and the client waits.
        threading.Timer(0.5, released.set).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        body = io.BytesIO(bytes(20 << 20))
        assert http.put(url, data=body, timeout=(0.2, 30)).status_code == 200
        thread.join()
