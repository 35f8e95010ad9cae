"""A deferred transport is created once, by the first request."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ftrack_orm import Cancellation
from ftrack_orm.settings import Settings
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.deferred import DeferredTransport, http_transport
from ftrack_orm.transport.http import HttpTransport

REQUEST = Request("POST", "https://x.test/api", {}, b"[]", timeout=5.0)


class Recording:
    def __init__(self) -> None:
        self.sent: list[tuple[Request, Cancellation | None]] = []
        self.closed = 0

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        self.sent.append((request, cancellation))
        return Response(200, {}, b"[]")

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def created() -> list[Any]:
    return []


@pytest.fixture
def deferred(created: list[Any]) -> DeferredTransport:
    def create() -> Any:
        created.append(Recording())
        return created[-1]

    return DeferredTransport(create)


def test_no_transport_is_created_before_the_first_request(deferred: DeferredTransport, created: list[Any]) -> None:
    assert created == []
    assert deferred.send(REQUEST).read() == b"[]"
    assert [transport.sent for transport in created] == [[(REQUEST, None)]]


def test_requests_of_many_threads_share_one_transport(deferred: DeferredTransport, created: list[Any]) -> None:
    together = threading.Barrier(8)

    def send() -> None:
        together.wait(timeout=30)
        deferred.send(REQUEST)

    with ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(send) for _ in range(8)]:
            future.result(timeout=30)
    assert [len(transport.sent) for transport in created] == [8]


def test_after_an_error_the_next_request_tries_again_to_create_the_transport() -> None:
    attempts = []

    def create() -> Any:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("no more files")
        return Recording()

    deferred = DeferredTransport(create)
    with pytest.raises(OSError, match="no more files"):
        deferred.send(REQUEST)
    assert deferred.send(REQUEST).status == 200


def test_closing_creates_no_transport_and_closes_one_created_before_or_after(
    deferred: DeferredTransport, created: list[Any]
) -> None:
    deferred.close()
    assert created == []
    deferred.send(REQUEST)
    assert created[0].closed == 1
    deferred.close()
    assert created[0].closed == 2


def test_the_transport_over_http_is_an_http_transport(make_settings: Callable[..., Settings], unused_port: int) -> None:
    transport = http_transport(make_settings(server_url=f"http://127.0.0.1:{unused_port}"))
    assert isinstance(transport, DeferredTransport)
    assert isinstance(transport._created(), HttpTransport)


def test_creating_a_session_imports_no_network_library() -> None:
    script = (
        "import sys\n"
        "from ftrack_orm import Session\n"
        "session = Session('https://studio.example', 'key', 'user', schema_cache_path=False)\n"
        "session.close()\n"
        "heavy = {'requests', 'urllib3', 'ssl', 'http.client', 'websocket', 'aiohttp', 'sqlalchemy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert result.stdout.strip() == "[]"
