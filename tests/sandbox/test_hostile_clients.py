"""Clients that send malformed, endless or incomplete requests through real sockets, and what remains after stopping."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import signal
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.errors import SettingsError
from ftrack_orm.sandbox import Sandbox
from tests.property_settings import examples
from tests.sandbox.running_server import RunningServer, connect, read_response
from tests.sandbox.studio import Studio

#: The bound of bodies in these tests, in bytes.
MAX_BODY = 1_000_000

VALID = f"ftrack-user: {Studio.user}\r\nftrack-api-key: {Studio.key}\r\n"
INVALID = f"ftrack-user: {Studio.user}\r\nftrack-api-key: wrong\r\nftrack-strict-api: true\r\n"


@pytest.fixture
def server(production: Studio) -> Iterator[RunningServer]:
    running = RunningServer(production.application, max_body_bytes=MAX_BODY)
    yield running
    running.stop()


def head(credentials: str, framing: str, path: str = "/api") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: sandbox\r\n{credentials}{framing}\r\n\r\n".encode()


def check_alive(server: RunningServer) -> None:
    """Check that a well-behaved client is answered."""
    assert call(server) == []


def call(server: RunningServer, *operations: dict[str, Any]) -> Any:
    """Send a valid request and return its replies."""
    body = json.dumps(operations).encode()
    with connect(server) as connection:
        connection.sendall(head(VALID, f"Content-Length: {len(body)}") + body)
        status, kind, answer = read_response(connection)
    assert (status, kind) == (200, "application/json")
    return json.loads(answer)


FRAMINGS = ["Content-Length: 100000000000", "Transfer-Encoding: chunked"]


# -- bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expect", ["", "Expect: 100-continue\r\n"], ids=["", "expect"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_credentials_are_checked_before_a_body_is_read(server: RunningServer, framing: str, expect: str) -> None:
    with connect(server) as connection:
        connection.sendall(head(INVALID, expect + framing))  # of the body nothing is sent
        status, kind, body = read_response(connection)
        assert (status, kind, json.loads(body)["exception"]) == (401, "application/json", "InvalidCredentialsError")


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_request_to_another_path_is_answered_before_its_body_is_read(server: RunningServer, framing: str) -> None:
    with connect(server) as connection:
        connection.sendall(head(VALID, "Expect: 100-continue\r\n" + framing, path="/nothing"))
        status, kind, body = read_response(connection)
        assert (status, kind, json.loads(body)["exception"]) == (404, "application/json", "NotFound")


def test_a_body_that_is_too_long_is_refused_before_it_is_read(server: RunningServer) -> None:
    with connect(server) as connection:
        connection.sendall(head(VALID, f"Content-Length: {MAX_BODY + 1}"))
        status, kind, body = read_response(connection)
        assert (status, kind) == (200, "application/json")
        assert "at most 1,000,000 bytes" in json.loads(body)["content"]


def test_an_endless_body_is_refused_at_the_bound(server: RunningServer) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with connect(server) as connection:
        connection.sendall(head(VALID, "Transfer-Encoding: chunked"))
        for _ in range(MAX_BODY // 0x10000 + 1):
            connection.sendall(chunk)
        assert "at most 1,000,000 bytes" in json.loads(read_response(connection)[2])["content"]


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("Transfer-Encoding: chunked", b"zz\r\n"),
        ("Transfer-Encoding: chunked", b"2\r\n[]xx"),
        ("Content-Encoding: gzip\r\nContent-Length: 5", b"hello"),
    ],
)
def test_a_malformed_body_is_refused(server: RunningServer, framing: str, body: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(head(VALID, framing) + body)
        _, _, answer = read_response(connection)
    assert b"Traceback" not in answer
    check_alive(server)


# -- heads ------------------------------------------------------------------------------------------------------------

_PIECES = (
    b"\r\n", b"\n", b"\r", b"\x00", b"\xff", b"\xe9", b":", b" ", b"\t", b"Content-Length: 3\r\n",
    b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n",
    b"Content-Encoding: br\r\n", b"Expect: x\r\n", b"Connection: close\r\n", b"Upgrade: websocket\r\n",
    b"Host: other\r\n", b"HTTP/9.9", b"x" * 10_000, b"X-A: b\r\n" * 200, b"ftrack-user: \xe9\r\n",
    b"ftrack-api-key: \xff\r\n", b"\r\n\r\n", b"%00", b"?", b"#",
)  # fmt: skip


def mutated(rng: random.Random, text: bytes) -> bytes:
    for _ in range(rng.choice((1, 1, 2, 3))):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice((0, 0, 1, 5, 30)))
        text = text[:start] + rng.choice((*_PIECES, b"")) + text[end:]
    return text


def test_mutated_requests_leave_the_server_up_and_its_data_unchanged(
    server: RunningServer, production: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL", "aiohttp")  # it logs each malformed request as an error, with a traceback
    body = json.dumps([production.updating("Task", ["T1"], name="renamed")]).encode()
    framings = [f"Content-Length: {len(body)}", f"Content-Type: application/json\r\nContent-Length: {len(body)}"]
    query = {"action": "query", "expression": "select name, description, bid, status_id from Task"}
    tasks = call(server, query)
    for number in range(examples(150, 1_500)):
        rng = random.Random(f"sockets {number}")
        request = mutated(rng, head(rng.choice((VALID, INVALID)), rng.choice(framings))) + body
        with connect(server) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda connection=connection: connection.recv(1 << 16), b""))  # type: ignore[misc]
        if not answer or b"renamed" in answer:
            call(server, production.updating("Task", ["T1"], name="animation"))
            continue
        status_line, _, rest = answer.partition(b"\r\n")
        if b"application/json" in rest.partition(b"\r\n\r\n")[0].lower():
            answered = json.loads(rest.partition(b"\r\n\r\n")[2].partition(b"HTTP/1.1 ")[0])
            assert set(answered) == {"exception", "content", "error_code"}
        else:  # not HTTP, or the index page
            assert status_line.split()[1] in (b"400", b"417", b"200"), request
        assert call(server, query) == tasks, request
    check_alive(server)


# -- slow clients, stopping -------------------------------------------------------------------------------------------

HALVES = {
    "nothing": b"",
    "half a head": b"POST /api HTTP/1.1\r\nHost: sand",
    "half a body": head(VALID, "Content-Length: 100") + b"[    ",
    "half a chunk": head(VALID, "Transfer-Encoding: chunked") + b"10\r\n[  ",
    "half a body, invalid credentials": head(INVALID, "Content-Length: 100") + b"[    ",
    "half a handshake": b"GET /socket.io/1/?api_user=jane&api_",
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_stopping_does_not_wait_for_the_rest_of_a_request(production: Studio, half: bytes) -> None:
    server = RunningServer(production.application)
    with connect(server) as connection:
        connection.sendall(half)
        check_alive(server)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 4


def test_slow_clients_do_not_delay_others(server: RunningServer) -> None:
    slow = [connect(server) for _ in range(10) for _ in HALVES]
    for connection, half in zip(slow, list(HALVES.values()) * 10, strict=True):
        connection.sendall(half)
    query = b'[{"action":"query_schemas"}]'
    unread = [connect(server) for _ in range(10)]
    for connection in unread:  # they never read their responses, of about a megabyte each
        connection.sendall((head(VALID, f"Content-Length: {len(query)}") + query) * 3)
    check_alive(server)
    for connection in slow + unread:
        connection.close()


# -- leaks ------------------------------------------------------------------------------------------------------------


def resources() -> Counter[object]:
    """Return the threads of the process and the targets of its descriptors."""
    gc.collect()
    held: Counter[object] = Counter(threading.enumerate())
    descriptors = Path("/proc/self/fd")
    for descriptor in descriptors.iterdir() if descriptors.exists() else ():
        with contextlib.suppress(OSError):  # the descriptor of this listing
            held[os.readlink(descriptor).partition(":")[0]] += 1
    return held


class InterruptedSandbox(Sandbox):
    """Interrupts the main thread, which waits until the server has started."""

    async def _serve(self, server: Any) -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        await super()._serve(server)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no such signal.")
def test_a_sandbox_that_is_interrupted_while_it_starts_is_stopped() -> None:
    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before, previous = resources(), signal.signal(signal.SIGUSR1, interrupt)
    box = InterruptedSandbox()
    try:
        with pytest.raises(KeyboardInterrupt):
            box.start()
    finally:
        signal.signal(signal.SIGUSR1, previous)
    assert not resources() - before
    box.stop()
    with pytest.raises(SettingsError, match="not started"):
        _ = box.url


def test_sandboxes_leave_no_threads_descriptors_and_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    file = tmp_path / "studio.db"
    with Sandbox(database=file):  # loads modules, and creates the database
        pass
    before = resources()
    for number in range(examples(10, 50)):
        with Sandbox(database=file) as box:
            client = socket.create_connection(("127.0.0.1", int(box.url.rpartition(":")[2])))
            client.sendall(b"GET / HTTP/1.1\r\nHost: sandbox\r\n\r\n" if number % 2 else b"GET / HTTP/1.1\r\nHo")
            assert number % 2 == 0 or read_response(client)[0] == 200
        client.close()
    assert not resources() - before
    assert [path.name for path in tmp_path.iterdir()] == ["studio.db"]
