"""The limits of a request: silence, the whole time, and the size of the response, over loopback sockets."""

from __future__ import annotations

import gzip
import math
import socket
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.errors import RequestTimeout, TransportError
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.transport.limits import MAX_HEAD_BYTES, Limits, SizeExceeded, TimeExceeded
from tests.transport.scripted_server import (
    ScriptedServer,
    hang_up,
    read_request,
    redirect,
    respond,
    send_raw,
    write_request,
)


class Clock:
    """A clock that advances by *step* seconds each time it is read."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 1000.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_the_time_left_shrinks_until_the_request_is_over() -> None:
    clock = Clock()
    limits = Limits(clock, total=10.0)
    clock.now += 4
    assert limits.seconds_left() == 6.0
    assert limits.allow(5.9)
    assert not limits.allow(6.0)
    clock.now += 6
    with pytest.raises(TimeExceeded):
        limits.seconds_left()


@pytest.mark.parametrize("total", [None, math.inf])
def test_without_a_total_time_there_is_no_deadline(total: Any) -> None:
    clock = Clock()
    limits = Limits(clock, total=total)
    clock.now += 1e9
    assert limits.seconds_left() in (None, math.inf)
    assert limits.allow(1e9)


def test_a_size_up_to_the_limit_is_accepted() -> None:
    Limits(Clock(), max_bytes=10).check_size(10)
    with pytest.raises(SizeExceeded):
        Limits(Clock(), max_bytes=10).check_size(11)


# -- time -------------------------------------------------------------------------------------------------------------


def drip(start: bytes, drop: bytes) -> Any:
    """Send *start*, and then *drop* again and again until the client hangs up."""

    def step(connection: socket.socket) -> bool:
        connection.sendall(start)
        for _ in range(200_000):
            connection.sendall(drop)
        return False

    return step


DRIPS = {
    "the status line": (b"HTTP/1.1 200 ", b"O"),
    "interim responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the body": (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a body without end": (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "compressed nothing": (
        b"HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\n\r\n" + zlib.compress(b"")[:2],
        b"\x00\x00\x00\xff\xff",
    ),
}


@pytest.mark.parametrize("name", DRIPS)
@pytest.mark.parametrize("make_request", [read_request, write_request], ids=["read", "write"])
def test_a_server_that_never_falls_silent_and_never_ends_is_left_after_the_total_time(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], name: str, make_request: Any
) -> None:
    server.script = [drip(*DRIPS[name])]
    request = make_request(server.url, timeout=30.0, total_timeout=10.0)
    # Each read of the clock takes a second. By the clock of this machine, the test takes a few milliseconds.
    with pytest.raises(RequestTimeout, match=r"within 10 seconds.*total_timeout|larger than") as caught:
        make_transport(clock=Clock(step=0.5)).send(request)
    assert caught.value.safe_to_retry is request.idempotent
    assert len(server.received) == 1


def test_a_server_that_is_silent_at_the_end_is_left_after_the_total_time(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [lambda connection: server.released.wait(10)]
    with pytest.raises(RequestTimeout, match="total_timeout"):
        make_transport().send(read_request(server.url, timeout=30.0, total_timeout=0.05))


def test_retries_end_with_the_total_time(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float]
) -> None:
    server.script = [respond(b"", "503 Busy", retry_after="40")]
    with pytest.raises(TransportError, match="503"):
        make_transport(retries=5).send(read_request(server.url, total_timeout=30.0))
    assert delays == []
    server.script = [hang_up]
    with pytest.raises(TransportError, match=r"was lost|cut short"):
        make_transport(retries=1000, clock=Clock(step=0.5)).send(read_request(server.url, total_timeout=30.0))
    assert len(delays) < 30


def test_redirects_end_with_the_total_time(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [redirect("/v2"), redirect("/api")] * 5
    with pytest.raises(RequestTimeout):
        make_transport(clock=Clock(step=3.0)).send(read_request(server.url, total_timeout=20.0))
    assert len(server.received) < 4


def test_a_server_that_does_not_read_the_body_is_left_after_the_total_time(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    request = write_request(server.url, body=b"x" * (32 << 20), total_timeout=10.0)
    with pytest.raises(RequestTimeout, match="total_timeout") as caught:
        make_transport(clock=Clock(step=1.0)).send(request)
    assert caught.value.safe_to_retry is False


# -- size -------------------------------------------------------------------------------------------------------------

BOMB = gzip.compress(b" " * (64 << 20), 9)
LARGE = {
    "announced": b"HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\n",
    "not announced": b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 2_000_000,
    "chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    + b"1000\r\n"
    + (b" " * 4096 + b"\r\n1000\r\n") * 500,
    "gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(BOMB) + BOMB,
    "gzip in gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip, gzip\r\n\r\n" + gzip.compress(BOMB, 9),
    "deflate": b"HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\n\r\n" + zlib.compress(b" " * (64 << 20)),
    "a redirect": b"HTTP/1.1 307 Moved\r\nlocation: /v2\r\n\r\n" + b" " * 2_000_000,
    "an error": b"HTTP/1.1 503 Busy\r\n\r\n" + b" " * 2_000_000,
    "headers": b"HTTP/1.1 100 Continue\r\n\r\n" * (MAX_HEAD_BYTES // 20),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_response_that_is_too_large_is_an_error_before_it_is_in_memory(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], name: str
) -> None:
    server.script = [send_raw(LARGE[name])]
    transport = make_transport(max_response_bytes=1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(TransportError, match=r"larger than (1,000,000|1,048,576) bytes") as caught:
            transport.send(write_request(server.url))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000  # with the buffers of the server's threads
    assert caught.value.safe_to_retry is False
    assert len(server.received) == 1


def test_a_response_up_to_the_limit_is_read(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    body = b" " * 1_000_000
    for step in (respond(body), respond(gzip.compress(body), content_encoding="gzip")):
        server.script = [step]
        assert make_transport(max_response_bytes=1_000_000).send(read_request(server.url)).read() == body


def test_a_streamed_body_may_be_of_any_size(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [respond(b"f" * 2_000_000)]
    request = Request("GET", f"{server.url}/file", timeout=5.0, stream=True)
    with make_transport(max_response_bytes=1_000_000).send(request) as response:
        assert sum(map(len, response)) == 2_000_000
