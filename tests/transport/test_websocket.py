"""The websocket to the event server, against a server made of plain sockets that shows what it was sent."""

import base64
import contextlib
import hashlib
import logging
import queue
import socket
import ssl
import threading

import pytest

from ftrack_orm.errors import AuthenticationError, ProtocolError, SettingsError, TransportError
from ftrack_orm.settings import Settings
from ftrack_orm.transport.websocket import EventConnector, _proxy_options, _tls_options

PATIENCE = 30
HANDSHAKE = "s3ss10n:60:60:websocket,xhr-polling"
KEY = "a-very-secret-key"


def frame(payload, opcode=1):
    """A frame as a server sends it."""
    data = payload.encode() if isinstance(payload, str) else payload
    if len(data) < 126:
        length = bytes([len(data)])
    elif len(data) < 1 << 16:
        length = bytes([126]) + len(data).to_bytes(2, "big")
    else:
        length = bytes([127]) + len(data).to_bytes(8, "big")
    return bytes([0x80 | opcode]) + length + data


class PlainServer:
    """Answers handshakes with *status* and *text*, upgrades websockets, then sends *frames*."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.status, self.text, self.extra = "200 OK", HANDSHAKE, ""
        self.frames = b""
        #: The heads of requests, as text; and the sockets that were upgraded.
        self.requests, self.upgraded = queue.Queue(), queue.Queue()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.answer(connection)

    def answer(self, connection):
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
        head = "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        connection.sendall(head.encode() + accept + b"\r\n\r\n" + self.frames)
        self.upgraded.put(connection)


@pytest.fixture
def plain():
    server = PlainServer()
    yield server
    server.listener.close()


@pytest.fixture
def door(plain):
    def make(**settings):
        settings = {"schema_cache_path": False, "environ": {}, **settings}
        return EventConnector(Settings.resolve(plain.url, KEY, "jane", **settings))

    return make


@pytest.fixture
def line(plain, door):
    opened = door().open()
    yield opened
    opened.close()


def test_the_handshake_carries_user_and_key_and_the_websocket_neither(plain, door):
    line = door(headers={"X-Studio": "north"}, cookies={"tenant": "film"}).open()
    get, upgrade = plain.requests.get(), plain.requests.get()
    line.close()
    assert get.startswith("GET /socket.io/1/ HTTP/1.1")
    assert upgrade.startswith("GET /socket.io/1/websocket/s3ss10n HTTP/1.1")
    assert "ftrack-user: jane" in get
    assert f"ftrack-api-key: {KEY}" in get
    assert KEY not in upgrade
    for request in (get, upgrade):
        assert "X-Studio: north" in request
        assert "Cookie: tenant=film" in request
    assert (line.handshake.session_id, line.handshake.heartbeat_timeout) == ("s3ss10n", 60)


def test_a_load_balancers_cookie_of_the_handshake_leads_the_websocket(plain, door):
    plain.extra = "Set-Cookie: node=7; Path=/\r\n"
    door().open().close()
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
def test_each_answer_to_a_handshake_has_its_error_and_none_shows_the_key(plain, door, caplog, status, text, kind):
    caplog.set_level(logging.DEBUG)
    plain.status, plain.text = status, text
    with pytest.raises(kind) as raised:
        door().open()
    assert type(raised.value) is kind
    assert KEY not in f"{raised.value!r} {raised.value} {raised.value.details}"
    assert KEY not in caplog.text


def test_nobody_there_is_a_lost_line_that_may_be_tried_again(plain, door):
    opening = door()
    plain.listener.close()
    with pytest.raises(TransportError) as raised:
        opening.open()
    assert raised.value.safe_to_retry
    assert getattr(raised.value.__cause__, "request", None) is None, "the request holds the key"


def test_certificates_that_do_not_exist_are_a_mistake_in_the_settings(door):
    opening = door(ca_bundle="/nowhere/studio.pem")
    opening._url = opening._url.replace("http:", "https:")
    with pytest.raises(SettingsError, match="ca_bundle"):
        opening.open()


def test_texts_are_received_and_sent(plain, door):
    plain.frames = frame("1::") + frame("5:::ünïcode") + frame("x" * 1000)
    line = door().open()
    assert [line.receive(PATIENCE) for _ in range(3)] == ["1::", "5:::ünïcode", "x" * 1000]
    assert line.receive(0.0) is None
    line.send("2::")
    assert plain.upgraded.get().recv(100)[0] == 0x81
    line.close()


@pytest.mark.parametrize("size", [0, 1, 2, 125, 126, 127, 65_535, 65_536, 200_000])
def test_texts_of_any_size_come_whole_however_they_are_cut_on_the_way(plain, door, size):
    line = door().open()
    connection = plain.upgraded.get()
    texts = ["é" * (size // 2) + "x" * (size % 2), "1::", "y" * size]
    data = b"".join(map(frame, texts))

    def send():
        for start in range(0, len(data), 60_000):
            connection.sendall(data[start : start + 60_000])

    threading.Thread(target=send, daemon=True).start()
    received = []
    while len(received) < len(texts):
        text = line.receive(PATIENCE)
        assert text is not None
        received.append(text)
    assert received == texts
    line.close()


def test_a_text_in_several_frames_is_put_together(plain, door):
    parts = [frame("1::")] + [
        bytes([first]) + frame(text)[1:] for first, text in ((0x01, "ab"), (0x00, "cd"), (0x80, "ef"))
    ]
    plain.frames = b"".join(parts)
    line = door().open()
    assert [line.receive(PATIENCE) for _ in range(2)] == ["1::", "abcdef"]
    line.close()


def test_a_ping_is_answered_and_holds_nobody_up(plain, door):
    plain.frames = frame(b"are you there", opcode=9) + frame("1::")
    line = door().open()
    assert line.receive(PATIENCE) is None
    assert line.receive(PATIENCE) == "1::"
    assert plain.upgraded.get().recv(100)[0] == 0x8A
    line.close()


@pytest.mark.parametrize("ending", [frame(b"\x03\xe8", opcode=8), b"\x81\x7e\x00", frame(b"\xff\xfe")])
def test_an_end_in_whatever_form_is_a_lost_line(plain, door, ending):
    plain.frames = ending
    line = door().open()
    plain.upgraded.get().close()
    with pytest.raises(TransportError):
        line.receive(PATIENCE)
    line.close()


def test_another_thread_wakes_the_one_that_waits(line):
    waiting, woken = threading.Event(), queue.Queue()

    def wait():
        waiting.set()
        woken.put(line.receive(None))

    threading.Thread(target=wait, daemon=True).start()
    assert waiting.wait(PATIENCE)
    line.wake()
    assert woken.get(timeout=PATIENCE) is None
    line.wake()
    assert line.receive(PATIENCE) is None, "a wake that came before is not lost"


def test_another_thread_cuts_the_line(line):
    line.cut()
    with pytest.raises(TransportError):
        for _ in range(2):
            line.receive(PATIENCE)


def test_the_way_through_a_proxy_is_the_one_that_requests_takes(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    url = "https://studio.example/socket.io/1/"
    assert _proxy_options(url, {}) == {"http_no_proxy": ["studio.example"]}
    found = _proxy_options(url, {"https": "http://jane:p%40ss@proxy.example:3128"})
    assert (found["http_proxy_host"], found["http_proxy_port"]) == ("proxy.example", 3128)
    assert found["http_proxy_auth"] == ("jane", "p@ss")
    assert _proxy_options(url, {"all": "socks5h://proxy.example:1080"})["proxy_type"] == "socks5h"


def test_a_websocket_goes_through_the_proxy_of_the_settings(plain, door):
    # The plain server takes any address, so it can be the proxy as well: of plain HTTP it is asked in full.
    opening = door(proxies={"http": plain.url})
    opening._url = "http://ftrack.invalid/socket.io/1/"
    with pytest.raises(TransportError):
        opening.open()
    assert plain.requests.get().startswith("GET http://ftrack.invalid/socket.io/1/")
    assert plain.requests.get(timeout=PATIENCE).startswith("CONNECT ftrack.invalid:80")


def test_trust_is_said_in_the_websocket_librarys_words(tmp_path):
    assert _tls_options(False)["cert_reqs"] == ssl.CERT_NONE
    assert _tls_options("studio.pem") == {"ca_certs": "studio.pem", "cert_reqs": ssl.CERT_REQUIRED}
    assert _tls_options(str(tmp_path))["ca_cert_path"] == str(tmp_path)
    assert _tls_options(True)["ca_certs"].endswith(".pem")
