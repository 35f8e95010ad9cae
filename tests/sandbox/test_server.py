"""The sockets of the embedded server: its paths, connections, large requests, and clients that disconnect."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import pytest
import requests

from ftrack_orm.sandbox.application import Application, HttpResponse
from ftrack_orm.sandbox.sandbox import utc_now
from ftrack_orm.sandbox.storage.storage import Storage
from tests.sandbox.running_server import RunningServer, connect, was_closed
from tests.sandbox.studio import Studio


@pytest.fixture
def server(production: Any) -> Iterator[RunningServer]:
    """A running server for the production."""
    running = RunningServer(production.application)
    yield running
    running.stop()


@pytest.fixture
def url(server: RunningServer) -> str:
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture
def client(production: Any) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers.update({"ftrack-user": production.user, "ftrack-api-key": production.key})
        session.trust_env = False
        yield session


def test_the_api_responds_to_operations(url: str, client: requests.Session) -> None:
    response = client.post(f"{url}/api", json=[{"action": "query", "expression": "select name from Task"}], timeout=10)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert {task["name"] for task in response.json()[0]["data"]} == {"animation", "lighting"}


def test_a_connection_is_kept_for_the_next_request(url: str, production: Any) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    headers = {"ftrack-user": production.user, "ftrack-api-key": production.key}
    sockets = set()
    for _ in range(3):
        connection.request("POST", "/api", b"[]", headers)
        assert connection.getresponse().read() == b"[]"
        sockets.add(connection.sock)
    assert len(sockets) == 1
    assert None not in sockets  # http.client drops the socket when the server announces that it closes it
    connection.close()


def test_strict_clients_get_the_status_of_the_error(url: str, client: requests.Session) -> None:
    headers = {"ftrack-strict-api": "true", "ftrack-api-key": "wrong"}
    response = client.post(f"{url}/api", json=[], headers=headers, timeout=10)
    assert (response.status_code, response.json()["exception"]) == (401, "InvalidCredentialsError")


def test_large_batches_are_accepted(url: str, client: requests.Session) -> None:
    data = {"__entity_type__": "Note", "content": "x" * 3_000_000, "parent_id": "T1", "parent_type": "Task"}
    operation = {"action": "create", "entity_type": "Note", "entity_data": data}
    response = client.post(f"{url}/api", json=[operation], timeout=30)
    assert len(response.json()[0]["data"]["content"]) == 3_000_000


def test_the_index_page_describes_the_server(url: str, client: requests.Session) -> None:
    response = client.get(url, timeout=10)
    assert (response.status_code, "embedded ftrack server" in response.text) == (200, True)


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("GET", "/api", "There is no GET /api here"),
        ("POST", "/socket.io/1/", "does not support POST /socket.io/1/"),
        ("GET", "/socket.io/1/xhr-polling/x", "does not support GET /socket.io/1/xhr-polling/x"),
        ("POST", "/component/get", "does not support POST /component/get"),
        ("PUT", "/nothing", "There is no PUT /nothing here"),
    ],
)
def test_everything_else_is_refused_by_name(
    url: str, client: requests.Session, method: str, path: str, text: str
) -> None:
    response = client.request(method, url + path, timeout=10)
    assert (response.status_code, text in response.json()["content"]) == (404, True)


def test_requests_from_many_threads_are_handled_one_after_the_other(url: str, production: Any) -> None:
    operation = {"action": "create", "entity_type": "AssetVersion", "entity_data": {"asset_id": "A"}}
    headers = {"ftrack-user": production.user, "ftrack-api-key": production.key}
    versions: list[int] = []

    def create() -> None:
        response = requests.post(f"{url}/api", data=json.dumps([operation]), headers=headers, timeout=30)
        versions.append(response.json()[0]["data"]["version"])

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(versions) == [2, 3, 4, 5, 6, 7, 8, 9]


# -- clients that disconnect --------------------------------------------------------------------------------------


def expecting(path: str, framing: str) -> bytes:
    """Return the head of a request with valid credentials. The server responds to `Expect` when it reads the body."""
    credentials = f"ftrack-user: {Studio.user}\r\nftrack-api-key: {Studio.key}"
    head = f"POST {path} HTTP/1.1\r\nHost: sandbox\r\n{credentials}\r\nExpect: 100-continue\r\n{framing}\r\n\r\n"
    return head.encode()


class Records(logging.Handler):
    """Collects log records; the test can wait for the first one."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []
        self.received = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.received.set()


@pytest.fixture
def records() -> Iterator[Records]:
    """The records of the server's and of aiohttp's loggers."""
    handler, loggers = Records(), [logging.getLogger(name) for name in ("ftrack_orm.sandbox.server", "aiohttp")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield handler
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, no time


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_a_client_that_disconnects_while_it_sends_is_logged_at_debug_level(
    url: str, client: requests.Session, records: Records, framing: str, reset: bool
) -> None:
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as connection:
        # The server answers `Expect` when it begins to read the body, so the connection ends while it does.
        connection.sendall(expecting("/api", framing))
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(b"5\r\n[" if "chunked" in framing else b"[")
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    assert records.received.wait(10)
    assert [(record.levelno, record.exc_info) for record in records.records] == [(logging.DEBUG, None)]
    assert "disconnected during POST /api" in records.records[0].getMessage()
    assert client.post(f"{url}/api", json=[], timeout=10).json() == []


# -- stopping -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "framing", "start_of_body"),
    [
        ("/api", "Content-Length: 1000", b""),
        ("/api", "Content-Length: 1000", b"[    "),
        ("/api", "Transfer-Encoding: chunked", b""),
        ("/api", "Transfer-Encoding: chunked", b"5\r\n[    "),
    ],
)
def test_a_client_that_never_sends_its_whole_body_does_not_delay_stopping(
    server: RunningServer, path: str, framing: str, start_of_body: bytes
) -> None:
    with connect(server) as connection:
        connection.sendall(expecting(path, framing))
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(start_of_body)
        server.begin_to_stop().result(5)
        assert was_closed(connection)


class HeldApplication:
    """Holds each request until the test releases it, and responds with *body*."""

    def __init__(self, body: bytes) -> None:
        self.storage = Storage(utc_now)
        self.received = threading.Event()
        self.released = threading.Event()
        self._body = body

    def on_update_event(self, publish: Callable[[dict[str, Any]], None]) -> None:
        pass

    def run_in_background(self, run: object) -> None:
        pass

    def handle(self, *request: Any) -> HttpResponse:
        self.received.set()
        assert self.released.wait(10)
        return HttpResponse(200, "application/json", self._body)

    def check_credentials(self, headers: Mapping[str, str]) -> None:
        pass

    def close(self) -> None:
        pass


def held_server(body: bytes) -> tuple[HeldApplication, RunningServer]:
    application = HeldApplication(body)
    return application, RunningServer(cast("Application", application))


def test_a_request_that_is_executing_gets_its_response_before_the_server_stops() -> None:
    application, server = held_server(b"[]")
    with connect(server) as connection, connect(server) as incomplete:
        incomplete.sendall(expecting("/api", "Content-Length: 2"))
        assert incomplete.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(b"POST /api HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 2\r\n\r\n[]")
        assert application.received.wait(10)
        stopping = server.begin_to_stop()
        assert was_closed(incomplete)
        assert not stopping.done()
        application.released.set()
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert (response.status, response.read()) == (200, b"[]")
    server.stop()


def test_a_client_that_does_not_read_its_response_delays_stopping_by_seconds_only() -> None:
    application, server = held_server(b"x" * 50_000_000)
    application.released.set()
    with connect(server) as connection:
        connection.sendall(b"POST /api HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 2\r\n\r\n[]")
        assert connection.recv(1)
        server.begin_to_stop().result(10)
    server.stop()
