"""The `ftrack.update` events of an application, and clients of the event server on plain sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from ftrack_orm.sandbox import Sandbox
from tests.sandbox.events.socket_client import Announced, Client, credentials


@pytest.fixture
def announced(production: Any) -> Announced:
    """The events that the application announces from now on."""
    announced = Announced()
    production.application.on_update_event(announced.events.append)
    return announced


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox for one test, since injected faults affect every client of a sandbox."""
    with Sandbox() as started:
        yield started


@pytest.fixture
def open_client() -> Iterator[Callable[[Sandbox], Client]]:
    """Open connections to the event server of a sandbox, which are closed after the test."""
    clients: list[Client] = []

    def open_one(box: Sandbox) -> Client:
        clients.append(Client(box))
        return clients[-1]

    yield open_one
    for client in clients:
        client.socket.close(timeout=0)


@pytest.fixture
def connect(box: Sandbox, open_client: Callable[[Sandbox], Client]) -> Callable[[], Client]:
    """Open connections to the event server of `box`."""
    return lambda: open_client(box)


@pytest.fixture
def commit(box: Sandbox) -> Callable[..., list[Any]]:
    """Send operations to the sandbox and return their replies."""

    def send(*operations: dict[str, Any], **headers: str) -> list[Any]:
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        response = requests.post(
            f"{box.url}/api", json=list(operations), headers={**credentials(box), **extra}, timeout=10
        )
        replies = response.json()
        assert isinstance(replies, list), replies
        return replies

    return send
