"""A server of raw sockets that follows a script, so that a connection can be cut at every stage of an exchange."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from ftrack_orm.transport.base import Request
from ftrack_orm.transport.cancellation import Cancellation


@attrs.define
class ReceivedRequest:
    """One request as the server received it; header names in lower case, a chunked body joined."""

    start: str
    headers: dict[str, str]
    body: bytes
    connection: int


Step = Callable[[socket.socket], bool]


class ScriptedServer:
    """Responds to each request with the next step of its script, and repeats the last step.

    A step gets the socket, and returns whether the connection stays open.
    """

    def __init__(self, certificate: Path | None = None, *, also_plain: bool = False) -> None:
        self._also_plain = also_plain
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        self.script: list[Step] = [respond(b"[]")]
        self.received: list[ReceivedRequest] = []
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
            is_tls = connection.recv(1, socket.MSG_PEEK) == b"\x16"  # the first byte of TLS
            if self._tls is not None and (is_tls or not self._also_plain):
                connection = self._tls.wrap_socket(connection, server_side=True)
            elif is_tls:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            self._answer_requests(connection, number)

    def _answer_requests(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as stream:
            while start := stream.readline():
                headers = {}
                while (line := stream.readline().strip()) != b"":
                    name, _, value = line.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                body = _read_body(stream, headers)
                with self._lock:
                    self.received.append(ReceivedRequest(start.decode().strip(), headers, body, number))
                    step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                self.arrived.release()
                if not step(connection):
                    return
            self.closed_by_client.set()


def _read_body(stream: BinaryIO, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return stream.read(int(headers.get("content-length", 0)))
    chunks = []
    while line := stream.readline():
        size = int(line, 16)
        chunks.append(stream.read(size))
        stream.readline()
        if size == 0:
            return b"".join(chunks)
    raise ConnectionAbortedError("The client closed the connection in the middle of the body.")


# -- steps ------------------------------------------------------------------------------------------------------------


def respond(body: bytes, status: str = "200 OK", **headers: str) -> Step:
    """Send a complete response. Keyword names are header names with underscores."""
    head = {"content-type": "application/json", "content-length": str(len(body))}
    head.update({name.replace("_", "-"): value for name, value in headers.items()})
    text = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return send_raw(f"HTTP/1.1 {status}\r\n{text}\r\n".encode() + body, keep=True)


def redirect(location: str, status: str = "307 Temporary Redirect") -> Step:
    """Redirect to *location*."""
    return respond(b"moved", status, location=location)


def send_raw(data: bytes, keep: bool = False) -> Step:
    """Send exactly these bytes, and close the connection unless *keep*."""

    def step(connection: socket.socket) -> bool:
        connection.sendall(data)
        return keep

    return step


def hang_up(connection: socket.socket) -> bool:
    """Close the connection without a response."""
    return False


def reset(connection: socket.socket) -> bool:
    """Reset the connection, as a crashed server or a firewall does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def wait_until_closed(server: ScriptedServer, first: bytes = b"") -> Step:
    """Send *first* and then nothing, until the client closes the connection."""

    def step(connection: socket.socket) -> bool:
        connection.sendall(first)
        with contextlib.suppress(OSError):
            connection.recv(1)
        server.closed_by_client.set()
        return False

    return step


# -- requests ---------------------------------------------------------------------------------------------------------

KEY = {"ftrack-api-key": "the-key"}


def read_request(url: str, **changes: Any) -> Request:
    """Return an idempotent request to the API of the server at *url*."""
    request = Request("POST", f"{url}/api", KEY, b'[{"action":"query"}]', timeout=5.0, idempotent=True)
    return attrs.evolve(request, **changes)


def write_request(url: str, **changes: Any) -> Request:
    """Return a request to the API of the server at *url* that must not be repeated."""
    request = Request("POST", f"{url}/api", KEY, b'[{"action":"create"}]', timeout=5.0)
    return attrs.evolve(request, **changes)


#: Bytes after which a connection is closed: responses whose end is missing.
CUT_RESPONSES = {
    "no response": b"",
    "half a status line": b"HTTP/1.",
    "half the headers": b"HTTP/1.1 200 OK\r\ncontent-type: app",
    "no body": b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n",
    "half the body": b'HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n[{"action"',
    "half a chunk": b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n[{"action"',
    "no last chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00 something else\r\n\r\n",
    "half a compressed body": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 900\r\n\r\n"
    + gzip.compress(b"[]" * 500)[:20],
}


def cancel_after(wait: Callable[[], object], cancellation: Cancellation) -> None:
    """Cancel in another thread when *wait* returns."""

    def run() -> None:
        wait()
        cancellation.cancel()

    threading.Thread(target=run).start()
