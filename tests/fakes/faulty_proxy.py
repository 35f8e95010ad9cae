"""An HTTP proxy before a server, which cuts, stalls and refuses requests for files, by a seed."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
from collections import Counter
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

_BLOCK = 1 << 16
_EXPECTATION = b"expect: 100-continue\r\n"
#: The paths that have faults. Those of the API have none.
_FILES = ("/storage/", "/component/")
KINDS = ("cut request", "stall request", "cut response", "stall response", "lost response", "500", "503", "early 500")


class Head(NamedTuple):
    """The head of a request or response: its first line, the length of its body, and all of its bytes."""

    start: str
    length: int
    data: bytes


class FaultyProxy:
    """Listens on a port of its own, and forwards to the server at *url*.

    A request for a part of a file fails in one of the `KINDS`, with the given *probability*, in its first
    *max_attempts* attempts. The *seed*, the part and the number of the attempt decide how: whichever thread comes
    first, the same faults happen. `faults` counts them.
    """

    def __init__(self, url: str, seed: int, *, probability: float = 0.6, max_attempts: int = 4) -> None:
        address = urlsplit(url)
        self._target = (str(address.hostname), int(address.port or 80))
        self._seed, self._probability, self._max_attempts = seed, probability, max_attempts
        self._attempts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.faults: Counter[str] = Counter()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> FaultyProxy:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(self._target) as server:
            while self._exchange(client, server):
                pass
            # Without this, bytes that were not read would make the system reset the connection.
            client.shutdown(socket.SHUT_WR)

    def _exchange(self, client: socket.socket, server: socket.socket) -> bool:
        """Forward one request and its response, and return whether the connection can be used on."""
        request = _receive_head(client)
        if request is None:
            return False
        kind, share = self._fault_for(request)
        if kind == "early 500":
            client.sendall(b"HTTP/1.1 500 Broken\r\ncontent-length: 6\r\nconnection: close\r\n\r\nbroken")
            client.shutdown(socket.SHUT_WR)
            return _drain(client)
        is_cut = kind in ("cut request", "stall request")
        head = request.data
        if _EXPECTATION in head.lower():  # the server would answer before it has the body
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            start = head.lower().index(_EXPECTATION)
            head = head[:start] + head[start + len(_EXPECTATION) :]
        server.sendall(head)
        if not _forward(client, server, int(request.length * share) if is_cut else request.length):
            return False
        if is_cut:
            return self._break(kind, client)
        response = _receive_head(server)
        if response is None:
            return False
        if kind in ("500", "503"):
            client.sendall(f"HTTP/1.1 {kind} Broken\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            return False
        if kind == "lost response":
            return self._break("cut", client)
        client.sendall(response.data)
        length = 0 if request.start.startswith("HEAD ") else response.length
        is_cut = kind in ("cut response", "stall response")
        if not _forward(server, client, int(length * share) if is_cut else length):
            return False
        return self._break(kind, client) if is_cut and length else True

    def _fault_for(self, request: Head) -> tuple[str, float]:
        address = urlsplit(request.start.split(" ")[1])
        if not address.path.startswith(_FILES):
            return "", 0.0
        arguments = dict(parse_qsl(address.query))
        key = "/".join([address.path, *(arguments.get(name, "") for name in ("id", "component", "size", "part"))])
        with self._lock:
            self._attempts[key] += 1
            attempt = self._attempts[key]
        # The ids of components differ in each run.
        part = f"{address.path}:{arguments.get('size')}:{arguments.get('part')}"
        chance = random.Random(f"{self._seed}:{part}:{attempt}")
        if attempt > self._max_attempts or chance.random() > self._probability:
            return "", 0.0
        # A stall costs the timeout of the client.
        kind = chance.choice([kind for kind in KINDS if attempt == 1 or "stall" not in kind])
        with self._lock:
            self.faults[kind] += 1
        return kind, chance.random()

    def _break(self, kind: str, client: socket.socket) -> bool:
        if kind.startswith("stall"):
            # Until the client gives up: it closes the connection then.
            client.settimeout(20)
            return _drain(client)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        return False


def _receive_head(source: socket.socket) -> Head | None:
    """Return the head of the next message without a byte of its body, or None at the end of the connection."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        # Looking first leaves the body in the socket.
        seen = source.recv(_BLOCK, socket.MSG_PEEK)
        if not seen:
            return None
        end = (data[-3:] + seen).find(b"\r\n\r\n")
        data += source.recv(len(seen) if end < 0 else end + 4 - len(data[-3:]))
    start, *lines = data.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Head(start, int(headers.get("content-length", "0")), data)


def _forward(source: socket.socket, target: socket.socket, count: int) -> bool:
    """Forward *count* bytes, and return whether they arrived."""
    while count:
        block = source.recv(min(_BLOCK, count))
        if not block:
            return False
        target.sendall(block)
        count -= len(block)
    return True


def _drain(client: socket.socket) -> bool:
    """Receive until the client closes the connection; return False, because it cannot be used on."""
    while client.recv(_BLOCK):
        pass
    return False
