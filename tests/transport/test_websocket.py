"""The websocket to the event server, against a server made of plain sockets that keeps the requests."""

from __future__ import annotations

import base64
import collections
import contextlib
import hashlib
import logging
import queue
import random
import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import websocket as websocket_client  # type: ignore[import-untyped]

from ftrack_orm.errors import (
    AuthenticationError,
    FtrackError,
    ProtocolError,
    RequestTimeout,
    SettingsError,
    TransportError,
)
from ftrack_orm.settings import Settings
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.user_agent import user_agent
from ftrack_orm.transport.websocket import STEP_TIMEOUT_SECONDS, EventConnector, WebSocketConnection
from ftrack_orm.wire.socketio import SocketHandshake
from tests.property_settings import examples

TIMEOUT = 30
HANDSHAKE = "s3ss10n:60:60:websocket,xhr-polling"
KEY = "a-very-secret-key"


def frame(payload: str | bytes, opcode: int = 1) -> bytes:
    """Return a frame as a server sends it."""
    data = payload.encode() if isinstance(payload, str) else payload
    if len(data) < 126:
        length = bytes([len(data)])
    elif len(data) < 1 << 16:
        length = bytes([126]) + len(data).to_bytes(2, "big")
    else:
        length = bytes([127]) + len(data).to_bytes(8, "big")
    return bytes([0x80 | opcode]) + length + data


class PlainServer:
    """Answers handshakes with `status` and `text`, upgrades websockets, then sends `frames`."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.status, self.text, self.extra = "200 OK", HANDSHAKE, ""
        self.frames = b""
        #: The heads of the requests as text, and the sockets of the websockets.
        self.requests: queue.Queue[str] = queue.Queue()
        self.upgraded: queue.Queue[socket.socket] = queue.Queue()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.answer(connection)

    def answer(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        text = head.decode()
        self.requests.put(text)
        if "upgrade: websocket" not in text.lower():
            body = self.text.encode()
            answer = f"HTTP/1.1 {self.status}\r\n{self.extra}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            connection.sendall(answer.encode() + body)
            connection.close()
            return
        (key,) = (line.split(": ")[1] for line in text.split("\r\n") if line.lower().startswith("sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
        switching = "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        connection.sendall(switching.encode() + accept + b"\r\n\r\n" + self.frames)
        self.upgraded.put(connection)


@pytest.fixture
def plain() -> Iterator[PlainServer]:
    server = PlainServer()
    yield server
    server.listener.close()


@pytest.fixture
def connector(plain: PlainServer) -> Callable[..., EventConnector]:
    def make(**settings: Any) -> EventConnector:
        settings = {"schema_cache_path": False, "environ": {}, **settings}
        return EventConnector(Settings.resolve(plain.url, KEY, "jane", **settings))

    return make


@pytest.fixture
def websocket(plain: PlainServer, connector: Callable[..., EventConnector]) -> Iterator[WebSocketConnection]:
    opened = connector().open()
    yield opened
    opened.close()


def test_the_handshake_has_user_and_key_and_the_websocket_has_neither(
    plain: PlainServer, connector: Callable[..., EventConnector]
) -> None:
    websocket = connector(headers={"X-Studio": "north"}, cookies={"tenant": "film"}).open()
    get, upgrade = plain.requests.get(), plain.requests.get()
    websocket.close()
    assert get.startswith("GET /socket.io/1/ HTTP/1.1")
    assert upgrade.startswith("GET /socket.io/1/websocket/s3ss10n HTTP/1.1")
    assert "ftrack-user: jane" in get
    assert f"ftrack-api-key: {KEY}" in get
    assert KEY not in upgrade
    for request in (get, upgrade):
        assert "x-studio: north" in request.lower()
        assert f"user-agent: {user_agent()}" in request.replace("User-Agent", "user-agent")
        assert "Cookie: tenant=film" in request
    assert (websocket.handshake.session_id, websocket.handshake.heartbeat_timeout) == ("s3ss10n", 60)


def test_the_websocket_sends_the_load_balancer_cookie_of_the_handshake(
    plain: PlainServer, connector: Callable[..., EventConnector]
) -> None:
    plain.extra = "Set-Cookie: node=7; Path=/\r\n"
    connector().open().close()
    plain.requests.get()
    assert "Cookie: node=7" in plain.requests.get()


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        ("401 Unauthorized", "", AuthenticationError),
        ("403 Forbidden", "", AuthenticationError),
        ("503 Service Unavailable", "", TransportError),
        ("429 Too Many Requests", "", TransportError),
        ("404 Not Found", "nothing here", ProtocolError),
        ("302 Found", "", ProtocolError),
        ("200 OK", "<html>log in</html>", ProtocolError),
        ("200 OK", "s3ss10n:60:60:xhr-polling", ProtocolError),
    ],
)
def test_each_handshake_response_has_its_error_and_none_shows_the_key(
    plain: PlainServer,
    connector: Callable[..., EventConnector],
    caplog: pytest.LogCaptureFixture,
    status: str,
    text: str,
    kind: Any,
) -> None:
    caplog.set_level(logging.DEBUG)
    plain.status, plain.text = status, text
    with pytest.raises(kind) as raised:
        connector().open()
    assert type(raised.value) is kind
    assert KEY not in f"{raised.value!r} {raised.value} {raised.value.details}"
    assert KEY not in caplog.text


def test_an_unreachable_server_is_an_error_that_is_safe_to_retry(
    plain: PlainServer, connector: Callable[..., EventConnector]
) -> None:
    made = connector()
    plain.listener.close()
    with pytest.raises(TransportError) as raised:
        made.open()
    assert raised.value.safe_to_retry
    assert getattr(raised.value.__cause__, "request", None) is None, "the request has the key"


def test_missing_certificates_are_a_mistake_in_the_settings(connector: Callable[..., EventConnector]) -> None:
    made = connector(ca_bundle="/nowhere/studio.pem")
    made._url = made._url.replace("http:", "https:")
    with pytest.raises(SettingsError, match="ca_bundle"):
        made.open()


def test_texts_are_received_and_sent(plain: PlainServer, connector: Callable[..., EventConnector]) -> None:
    plain.frames = frame("1::") + frame("5:::ünïcode") + frame("x" * 1000)
    websocket = connector().open()
    assert [websocket.receive(TIMEOUT) for _ in range(3)] == ["1::", "5:::ünïcode", "x" * 1000]
    assert websocket.receive(0.0) is None
    websocket.send("2::")
    assert plain.upgraded.get().recv(100)[0] == 0x81
    websocket.close()


@pytest.mark.parametrize("size", [0, 1, 2, 125, 126, 127, 65_535, 65_536, 200_000])
def test_texts_of_any_size_are_received_whole_however_they_are_split(
    plain: PlainServer, connector: Callable[..., EventConnector], size: int
) -> None:
    websocket = connector().open()
    connection = plain.upgraded.get()
    texts = ["é" * (size // 2) + "x" * (size % 2), "1::", "y" * size]
    data = b"".join(map(frame, texts))

    def send() -> None:
        for start in range(0, len(data), 60_000):
            connection.sendall(data[start : start + 60_000])

    threading.Thread(target=send, daemon=True).start()
    received: list[Any] = []
    while len(received) < len(texts):
        text = websocket.receive(TIMEOUT)
        assert text is not None
        received.append(text)
    assert received == texts
    websocket.close()


def test_a_text_in_several_frames_is_joined(plain: PlainServer, connector: Callable[..., EventConnector]) -> None:
    parts = [frame("1::")] + [
        bytes([first]) + frame(text)[1:] for first, text in ((0x01, "ab"), (0x00, "cd"), (0x80, "ef"))
    ]
    plain.frames = b"".join(parts)
    websocket = connector().open()
    assert [websocket.receive(TIMEOUT) for _ in range(2)] == ["1::", "abcdef"]
    websocket.close()


def test_a_ping_is_answered_and_does_not_block(plain: PlainServer, connector: Callable[..., EventConnector]) -> None:
    plain.frames = frame(b"are you there", opcode=9) + frame("1::")
    websocket = connector().open()
    assert websocket.receive(TIMEOUT) is None
    assert websocket.receive(TIMEOUT) == "1::"
    assert plain.upgraded.get().recv(100)[0] == 0x8A
    websocket.close()


@pytest.mark.parametrize("ending", [frame(b"\x03\xe8", opcode=8), b"\x81\x7e\x00", frame(b"\xff\xfe")])
def test_every_kind_of_end_is_a_lost_connection(
    plain: PlainServer, connector: Callable[..., EventConnector], ending: Any
) -> None:
    plain.frames = ending
    websocket = connector().open()
    plain.upgraded.get().close()
    with pytest.raises(TransportError):
        websocket.receive(TIMEOUT)
    websocket.close()


def test_another_thread_wakes_the_receiving_one(websocket: WebSocketConnection) -> None:
    waiting = threading.Event()
    woken: queue.Queue[str | None] = queue.Queue()

    def wait() -> None:
        waiting.set()
        woken.put(websocket.receive(None))

    threading.Thread(target=wait, daemon=True).start()
    assert waiting.wait(TIMEOUT)
    websocket.wake()
    assert woken.get(timeout=TIMEOUT) is None
    websocket.wake()
    assert websocket.receive(TIMEOUT) is None, "a wake-up before `receive` is not lost"


def test_another_thread_aborts_the_connection(websocket: WebSocketConnection) -> None:
    websocket.abort()
    with pytest.raises(TransportError):
        for _ in range(2):
            websocket.receive(TIMEOUT)


def test_a_websocket_uses_the_proxy_of_the_settings(
    plain: PlainServer, connector: Callable[..., EventConnector]
) -> None:
    # The plain server accepts any address, so it can be the proxy too; plain HTTP requests name the whole URL.
    made = connector(proxies={"http": plain.url})
    made._url = "http://ftrack.invalid/socket.io/1/"
    with pytest.raises(TransportError):
        made.open()
    assert plain.requests.get().startswith("GET http://ftrack.invalid/socket.io/1/")
    assert plain.requests.get(timeout=TIMEOUT).startswith("CONNECT ftrack.invalid:80")


@pytest.mark.parametrize("part", ["accepted", "response", "upgrade"])
def test_a_cancellation_ends_a_handshake_under_way(connector: Callable[..., EventConnector], part: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = StallingServer(listener, part)
        settings = Settings.resolve(
            f"http://127.0.0.1:{listener.getsockname()[1]}", KEY, "jane", schema_cache_path=False, environ={}
        )
        cancellation = Cancellation()
        outcome: queue.Queue[BaseException | None] = queue.Queue()

        def connect() -> None:
            try:
                EventConnector(settings).open(cancellation)
            except BaseException as error:
                outcome.put(error)

        threading.Thread(target=connect, daemon=True).start()
        assert server.stalled.wait(TIMEOUT)
        cancellation.cancel()
        # Less than the timeout of a step, which would end the handshake as well.
        assert isinstance(outcome.get(timeout=STEP_TIMEOUT_SECONDS / 2), TransportError)


@pytest.mark.parametrize("part", ["response", "upgrade"])
def test_a_handshake_that_drips_ends_with_its_timeout(part: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        StallingServer(listener, part, drips=True)
        settings = Settings.resolve(
            f"http://127.0.0.1:{listener.getsockname()[1]}", KEY, "jane", schema_cache_path=False, environ={}
        )
        with pytest.raises(RequestTimeout, match=r"within 0\.5 s") as raised:
            EventConnector(settings).open(timeout=0.5)
        assert raised.value.safe_to_retry


def test_a_handshake_of_any_size_is_bounded(plain: PlainServer, connector: Callable[..., EventConnector]) -> None:
    plain.text = HANDSHAKE + "x" * 1_000_000
    with pytest.raises(ProtocolError, match="more than"):
        connector().open()
    plain.text = HANDSHAKE
    with pytest.raises(ProtocolError, match="more than 10 bytes"):
        connector(max_response_bytes=10).open()


def test_a_handshake_is_not_received_beyond_its_limit() -> None:
    offered, sent = 64 << 20, queue.Queue[int]()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            count, piece = 0, b"x" * (1 << 16)
            # The client closes the connection in the middle of a piece.
            with connection, contextlib.suppress(OSError):
                connection.recv(1 << 16)
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + HANDSHAKE.encode())
                while count < offered:
                    connection.sendall(piece)
                    count += len(piece)
            sent.put(count)

        threading.Thread(target=answer, daemon=True).start()
        settings = Settings.resolve(
            f"http://127.0.0.1:{listener.getsockname()[1]}", KEY, "jane", schema_cache_path=False, environ={}
        )
        with pytest.raises(ProtocolError, match="more than"):
            EventConnector(settings).open()
        # The rest are the buffers of the sockets.
        assert sent.get(timeout=TIMEOUT) < offered // 2


def test_the_session_id_of_a_handshake_cannot_change_the_request(
    plain: PlainServer, connector: Callable[..., EventConnector]
) -> None:
    plain.text = "../x?y\r\nHost: z/é:60:60:websocket"
    plain.text = plain.text.replace("Host: z", "Host z")
    connector().open().close()
    plain.requests.get()
    assert plain.requests.get().startswith("GET /socket.io/1/websocket/..%2Fx%3Fy%0D%0AHost%20z%2F%C3%A9 HTTP/1.1")


@pytest.mark.parametrize(
    "frames",
    [
        frame("x" * 2_000),
        frame("x" * 100_000),
        bytes([0x01, 0x05]) + b"x" * 5 + (frame("?", opcode=9) + bytes([0x00, 0x05]) + b"x" * 5) * 500,
        bytes([0x81, 127]) + (1 << 62).to_bytes(8, "big") + b"x" * 100_000,
    ],
    ids=["short", "long", "in frames between pings", "announced"],
)
def test_a_text_beyond_the_limit_ends_the_connection(
    plain: PlainServer, connector: Callable[..., EventConnector], frames: bytes
) -> None:
    plain.frames = frame("small") + frames
    websocket = connector(max_response_bytes=1_500).open()
    with pytest.raises(TransportError, match="more bytes than the limit"):
        for _ in range(5_000):
            assert websocket.receive(TIMEOUT) in ("small", None)
    websocket.close()


def test_a_timeout_of_any_length_can_be_waited_for(
    plain: PlainServer, connector: Callable[..., EventConnector]
) -> None:
    plain.frames = frame("text")
    websocket = connector().open()
    assert websocket.receive(1e300) == "text"
    websocket.close()


def mutated(data: bytes, randomness: random.Random) -> bytes:
    """Return *data* with up to four changes: bytes replaced, inserted, removed or repeated, or the end cut off."""
    changed = bytearray(data)
    for _ in range(randomness.randint(1, 4)):
        start = randomness.randrange(len(changed) + 1)
        end = start + randomness.choice([0, 1, 1, 4, 50])
        kept = randomness.choice([b"", bytes(changed[start:end]) * 2, bytes(changed[start:end])])
        junk = randomness.choice([b"", b"\xff", b"\x00", b"\r\n", b":", b" ", b"9" * 5_000, randomness.randbytes(3)])
        changed[start:end] = kept + junk
        if randomness.random() < 0.1:
            del changed[randomness.randrange(len(changed) + 1) :]
    return bytes(changed)


def test_mutated_frames_are_received_as_texts_or_end_the_connection() -> None:
    randomness = random.Random(6)
    parts = [
        frame("5:::{}"),
        frame("x" * 300),
        frame("ping", opcode=9),
        bytes([0x01, 0x03]) + b"abc" + bytes([0x80, 0x03]) + b"def",
        frame("é".encode("latin-1")),
        frame(b"\x03\xe8bye", opcode=8),
    ]
    outcomes: set[type] = set()
    for _ in range(examples(1_000, 20_000)):
        near, far = socket.socketpair()
        with near, far:
            far.sendall(mutated(b"".join(randomness.choices(parts, k=3)), randomness))
            far.shutdown(socket.SHUT_WR)
            client = websocket_client.WebSocket(skip_utf8_validation=True)
            client.sock, client.connected = near, True
            near.settimeout(TIMEOUT)
            opened = WebSocketConnection(client, SocketHandshake("s", None, None, ()), 4_000)
            try:
                for _ in range(10_000):
                    outcomes.add(type(opened.receive(TIMEOUT)))
            except TransportError:
                outcomes.add(TransportError)
            else:
                pytest.fail("The end of the connection was not noticed.")
            opened.close()
    assert outcomes == {str, type(None), TransportError}


def test_mutated_handshakes_connect_or_are_errors_of_the_library(connector: Callable[..., EventConnector]) -> None:
    randomness = random.Random(7)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = MutatingServer(listener, randomness)
        settings = Settings.resolve(server.url, KEY, "jane", schema_cache_path=False, environ={})
        outcomes = collections.Counter[str]()
        for number in range(examples(200, 2_000)):
            server.is_upgrade_mutated = number % 2 == 0
            try:
                EventConnector(settings).open().close()
                outcomes["connected"] += 1
            except FtrackError as error:
                outcomes[type(error).__name__] += 1
                assert KEY not in str(error)
                assert len(str(error)) < 2_000
    assert {"connected", "ProtocolError", "TransportError"} <= outcomes.keys()


class MutatingServer:
    """Answers the handshake or the upgrade with a mutated response, and closes the connection."""

    def __init__(self, listener: socket.socket, randomness: random.Random) -> None:
        self.listener, self.randomness = listener, randomness
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.is_upgrade_mutated = False
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.sendall(self.response(connection.recv(65_536).decode()))

    def response(self, request: str) -> bytes:
        key = re.search("sec-websocket-key: (.*)\r", request, re.IGNORECASE)
        if key is None:
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Length: {len(HANDSHAKE)}\r\nConnection: close\r\nSet-Cookie: a=b\r\n\r\n"
            )
            response = (head + HANDSHAKE).encode()
        else:
            digest = hashlib.sha1(f"{key.group(1)}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
            response = (
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Set-Cookie: a=b\r\nSec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
            )
        return mutated(response, self.randomness) if (key is not None) == self.is_upgrade_mutated else response


class StallingServer:
    """Stops in the given part of a handshake: once a connection is accepted, or within a response.

    If it *drips*, it sends a byte of that response every hundredth of a second.
    """

    def __init__(self, listener: socket.socket, part: str, *, drips: bool = False) -> None:
        self.listener, self.part, self.drips = listener, part, drips
        self.stalled = threading.Event()
        self.kept: list[socket.socket] = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.kept.append(connection)
                self.answer(connection)

    def answer(self, connection: socket.socket) -> None:
        if self.part != "accepted":
            is_upgrade = "upgrade: websocket" in connection.recv(65_536).decode().lower()
            if is_upgrade or self.part == "response":
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Padding: ")
            else:
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(HANDSHAKE)}\r\nConnection: close\r\n\r\n{HANDSHAKE}"
                connection.sendall(head.encode())
                connection.close()
                return
        self.stalled.set()
        while self.drips:
            connection.sendall(b"x")
            self.stalled.clear()
            self.stalled.wait(0.01)
