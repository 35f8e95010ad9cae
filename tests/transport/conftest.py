"""Fixtures of the transport's tests: scripted servers, a certificate, settings and transports."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.settings import Settings
from ftrack_orm.transport.channel import Channel
from ftrack_orm.transport.http import HttpTransport

from .scripted_server import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    running = ScriptedServer()
    yield running
    running.stop()


@pytest.fixture
def other_server() -> Iterator[ScriptedServer]:
    """A server of another origin, such as a storage that signed URLs lead to."""
    running = ScriptedServer()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a self-signed certificate for 127.0.0.1 and its private key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "both.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    options = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *options], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[ScriptedServer]:
    """A server that speaks TLS with the self-signed certificate."""
    running = ScriptedServer(certificate)
    yield running
    running.stop()


@pytest.fixture
def make_settings(server: ScriptedServer) -> Callable[..., Settings]:
    """Return settings for `server`, with changes."""

    def make(**changes: Any) -> Settings:
        given: dict[str, Any] = {"server_url": server.url, "api_key": "the-key", "api_user": "jane", **changes}
        return Settings.resolve(**given, environ={})

    return make


@pytest.fixture
def delays() -> list[float]:
    """The delays before retries, in seconds, in place of waiting."""
    return []


@pytest.fixture
def make_transport(
    make_settings: Callable[..., Settings], delays: list[float]
) -> Iterator[Callable[..., HttpTransport]]:
    """Return an HTTP transport to `server` for settings with changes, which records its delays instead of waiting."""
    made = []

    def make(*, clock: Callable[[], float] = time.monotonic, **changes: object) -> HttpTransport:
        settings = make_settings(**changes)
        transport = HttpTransport(settings, wait=lambda seconds, cancellation: delays.append(seconds), clock=clock)
        made.append(transport)
        return transport

    yield make
    for transport in made:
        transport.close()


@pytest.fixture
def make_channel(make_transport: Callable[..., HttpTransport], make_settings: Callable[..., Settings]) -> Iterator[Any]:
    """Return a channel over HTTP to `server`, for settings with changes."""
    made = []

    def make(**changes: object) -> Channel:
        made.append(Channel(make_settings(**changes), make_transport(**changes)))
        return made[-1]

    yield make
    for channel in made:
        channel.close()


@pytest.fixture
def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
