"""Hubs that are connected to an event server in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_orm.events.connection.backoff import BackOff
from ftrack_orm.events.hub import EventHub
from ftrack_orm.settings import Settings
from tests.events.memory_server import TIMEOUT, MakeHub, MemoryServer


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer()


@pytest.fixture
def make_hub(server: MemoryServer) -> Iterator[MakeHub]:
    """Create hubs that reconnect without a delay; they are closed when the test ends."""
    hubs = []

    def make(back_off: BackOff | None = None, **options: Any) -> EventHub:
        options = {"catch_up_events": False, **options}
        settings = Settings(server_url="studio", api_user="jane", api_key="key", **options)
        hub = EventHub(settings, server.open, server.query, back_off=back_off or BackOff(first=0.001, longest=0.01))
        hubs.append(hub)
        return hub

    yield make
    for hub in hubs:
        hub.close()


@pytest.fixture
def hub(make_hub: MakeHub) -> EventHub:
    hub = make_hub()
    hub.connect(TIMEOUT)
    return hub
