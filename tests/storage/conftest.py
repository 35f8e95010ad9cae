"""Fixtures of the storage's tests: a server of files, and transfers to it that do not wait."""

from __future__ import annotations

import resource
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from ftrack_orm.settings import Settings
from ftrack_orm.storage.transfers import Transfers
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.http import HttpTransport

from .file_server import FileServer

MakeTransfers = Callable[..., Transfers]


class BusyPool:
    """A pool whose threads are all in use, so that the thread that calls does everything, in order."""

    def submit(self, work: Callable[[], Any]) -> Future[Any]:
        """Return a future that does not begin."""
        return Future()

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture
def limited_file_size() -> Iterator[None]:
    """The system lets no file grow beyond 64 KiB; like a full disk, writing fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.fixture
def server() -> Iterator[FileServer]:
    running = FileServer()
    yield running
    running.stop()


@pytest.fixture
def delays() -> list[float]:
    """The delays before retries, in seconds. Nothing waits for them."""
    return []


@pytest.fixture
def make_transfers(server: FileServer, delays: list[float]) -> Iterator[MakeTransfers]:
    transports = []

    def make(**changes: Any) -> Transfers:
        def wait(seconds: float, cancellation: Cancellation | None) -> None:
            delays.append(seconds)

        pool = changes.pop("pool", None)
        settings = Settings.resolve(changes.pop("server_url", server.url), "the-key", "jane", **changes)
        transport = HttpTransport(settings)
        transports.append(transport)
        return Transfers(settings, transport, server.call, pool=pool, wait=wait, jitter=lambda: 1.0)

    yield make
    for transport in transports:
        transport.close()


@pytest.fixture
def transfers(make_transfers: MakeTransfers) -> Transfers:
    return make_transfers()
