"""A server of raw sockets that follows a script, so that a connection can be cut at every stage of an exchange."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from ftrack_orm.settings import Settings


@attrs.define
class Received:
    """One request as it came over the line; header names in lower case."""

    start: str
    headers: dict[str, str]
    body: bytes
    connection: int


Step = Callable[[socket.socket], bool]


class ScriptedServer:
    """Answers each request by the next step of its script, and the last step again when the script is over.

    A step gets the socket, and returns whether the connection stays open.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        self.script: list[Step] = [answer(b"[]")]
        self.received: list[Received] = []
        self.connections = 0
        self.released = threading.Event()
        self.closed_by_client = threading.Event()
        self.arrived = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self.released.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), connection:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            elif connection.recv(1, socket.MSG_PEEK) == b"\x16":  # the beginning of TLS, which is not spoken here
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            self._converse(connection, number)

    def _converse(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as stream:
            while start := stream.readline():
                headers = {}
                while (line := stream.readline().strip()) != b"":
                    name, _, value = line.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", 0)))
                with self._lock:
                    self.received.append(Received(start.decode().strip(), headers, body, number))
                    step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                self.arrived.release()
                if not step(connection):
                    return
            self.closed_by_client.set()


def answer(body: bytes, status: str = "200 OK", **headers: str) -> Step:
    """A whole answer; keyword names are header names with underscores."""
    head = {"content-type": "application/json", "content-length": str(len(body))}
    head.update({name.replace("_", "-"): value for name, value in headers.items()})
    text = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return raw(f"HTTP/1.1 {status}\r\n{text}\r\n".encode() + body, keep=True)


def raw(data: bytes, keep: bool = False) -> Step:
    """Exactly these bytes, then the end of the connection unless *keep*."""

    def step(connection: socket.socket) -> bool:
        connection.sendall(data)
        return keep

    return step


def hang_up(connection: socket.socket) -> bool:
    """Close without a word."""
    return False


def reset(connection: socket.socket) -> bool:
    """Break the connection the rude way, as a crashed server or a firewall does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    running = ScriptedServer()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a certificate for 127.0.0.1 that nobody trusts, and its private key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    key, made, both = folder / "key.pem", folder / "made.pem", folder / "both.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    options = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]
    subprocess.run([*command.split(), *options], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + made.read_bytes())
    return both


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[ScriptedServer]:
    """The same server with a certificate of its own."""
    running = ScriptedServer(certificate)
    yield running
    running.stop()


@pytest.fixture
def steps() -> type:
    """The steps a script is made of."""

    class Steps:
        pass

    for step in (answer, raw, hang_up, reset):
        setattr(Steps, step.__name__, staticmethod(step))
    return Steps


@pytest.fixture
def make_settings(server: ScriptedServer) -> Callable[..., Settings]:
    def make(**changes: object) -> Settings:
        given = {"server_url": server.url, "api_key": "the-key", "api_user": "jane", **changes}
        return Settings.resolve(**given, environ={})

    return make


@pytest.fixture
def unused_port() -> int:
    """A port nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
