"""The sockets: what is served where, and that the server is never held up or stuck."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from ftrack_orm.sandbox.server import Server


@pytest.fixture
def url(production: Any) -> Iterator[str]:
    """The address of a server around the production, in a thread with a loop of its own."""
    loop = asyncio.new_event_loop()
    server = Server(production.application)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    port = asyncio.run_coroutine_threadsafe(server.start(0), loop).result(10)
    yield f"http://127.0.0.1:{port}"
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def client(production: Any) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers.update({"ftrack-user": production.user, "ftrack-api-key": production.key})
        session.trust_env = False
        yield session


def test_the_api_answers_operations(url: str, client: requests.Session) -> None:
    answer = client.post(f"{url}/api", json=[{"action": "query", "expression": "select name from Task"}], timeout=10)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert {task["name"] for task in answer.json()[0]["data"]} == {"animation", "lighting"}


def test_a_connection_is_kept_for_the_next_request(url: str, production: Any) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    headers = {"ftrack-user": production.user, "ftrack-api-key": production.key}
    sockets = set()
    for _ in range(3):
        connection.request("POST", "/api", b"[]", headers)
        assert connection.getresponse().read() == b"[]"
        sockets.add(connection.sock)
    assert len(sockets) == 1
    assert None not in sockets  # http.client drops the socket when the server says it closes
    connection.close()


def test_strict_clients_get_the_status_of_the_error(url: str, client: requests.Session) -> None:
    headers = {"ftrack-strict-api": "true", "ftrack-api-key": "wrong"}
    answer = client.post(f"{url}/api", json=[], headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["exception"]) == (401, "InvalidCredentialsError")


def test_large_batches_are_taken(url: str, client: requests.Session) -> None:
    data = {"__entity_type__": "Note", "content": "x" * 3_000_000, "parent_id": "T1", "parent_type": "Task"}
    operation = {"action": "create", "entity_type": "Note", "entity_data": data}
    answer = client.post(f"{url}/api", json=[operation], timeout=30)
    assert len(answer.json()[0]["data"]["content"]) == 3_000_000


def test_people_who_look_with_a_browser_are_told_what_this_is(url: str, client: requests.Session) -> None:
    answer = client.get(url, timeout=10)
    assert (answer.status_code, "embedded ftrack server" in answer.text) == (200, True)


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("GET", "/api", "There is no GET /api here"),
        ("POST", "/socket.io/1/", "does not support POST /socket.io/1/"),
        ("GET", "/socket.io/1/xhr-polling/x", "does not support GET /socket.io/1/xhr-polling/x"),
        ("GET", "/component/get", "does not support GET /component/get"),
        ("PUT", "/nothing", "There is no PUT /nothing here"),
    ],
)
def test_everything_else_is_refused_by_name(
    url: str, client: requests.Session, method: str, path: str, text: str
) -> None:
    answer = client.request(method, url + path, timeout=10)
    assert (answer.status_code, text in answer.json()["content"]) == (404, True)


def test_requests_from_many_threads_are_answered_one_by_one(url: str, production: Any) -> None:
    operation = {"action": "create", "entity_type": "AssetVersion", "entity_data": {"asset_id": "A"}}
    headers = {"ftrack-user": production.user, "ftrack-api-key": production.key}
    versions: list[int] = []

    def create() -> None:
        answer = requests.post(f"{url}/api", data=json.dumps([operation]), headers=headers, timeout=30)
        versions.append(answer.json()[0]["data"]["version"])

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(versions) == [2, 3, 4, 5, 6, 7, 8, 9]
