"""Responses that the caller reads as a stream, against a real server."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from ftrack_orm.errors import RequestCancelled, RequestTimeout, TransportError
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.http import HttpTransport
from tests.transport.scripted_server import ScriptedServer

from .scripted_server import CUT_RESPONSES, KEY, hang_up, respond, send_raw, wait_until_closed

FRAMES = bytes(range(256)) * 4_000

#: urllib3 before 2 returns a chunk when it is full, so that the first bytes of a slow response cannot be read.
needs_partial_reads = pytest.mark.skipif(not hasattr(urllib3.HTTPResponse, "read1"), reason="urllib3 is older than 2")

#: Responses that are cut after their headers, which the caller notices while reading.
CUT_BODIES = {name: CUT_RESPONSES[name] for name in CUT_RESPONSES if "\r\n\r\n" in CUT_RESPONSES[name].decode("latin1")}
del CUT_BODIES["not HTTP"]


@pytest.fixture
def download(server: ScriptedServer) -> Callable[..., Request]:
    """Return a request whose response is read as a stream."""

    def make(**changes: Any) -> Request:
        changes = {"timeout": 5.0, "idempotent": True, **changes}
        return Request("GET", f"{server.url}/component/get?id=1", KEY, stream=True, **changes)

    return make


def test_a_body_is_read_in_chunks_and_its_connection_used_again(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [respond(FRAMES)]
    transport = make_transport()
    for cancellation in (None, Cancellation()):
        with transport.send(download(), cancellation) as response:
            chunks = list(response)
        assert len(chunks) > 1
        assert b"".join(chunks) == FRAMES
    assert server.connections == 1


def test_read_returns_the_whole_or_the_rest(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [respond(FRAMES)]
    transport = make_transport()
    assert transport.send(download()).read() == FRAMES
    with transport.send(download()) as response:
        first = next(iter(response))
        assert first + response.read() == FRAMES


@needs_partial_reads
def test_the_body_arrives_while_the_server_still_sends(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    proceed = threading.Event()

    def send_in_two_parts(connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\none")
        assert proceed.wait(5)
        connection.sendall(b"two")
        return True

    server.script = [send_in_two_parts]
    with make_transport().send(download()) as response:
        body = iter(response)
        assert next(body) == b"one"
        proceed.set()
        assert b"".join(body) == b"two"


@pytest.mark.parametrize("encoding", ["chunked", "compressed", "until the end of the connection"])
def test_every_encoding_of_a_body_is_read(
    server: ScriptedServer,
    make_transport: Callable[..., HttpTransport],
    download: Callable[..., Request],
    encoding: str,
) -> None:
    head = "HTTP/1.1 200 OK\r\n"
    server.script = {
        "chunked": [send_raw(f"{head}transfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n".encode())],
        "compressed": [respond(gzip.compress(b"onetwo"), content_encoding="gzip")],
        "until the end of the connection": [send_raw(f"{head}\r\nonetwo".encode())],
    }[encoding]
    with make_transport().send(download()) as response:
        assert b"".join(response) == b"onetwo"


def test_an_empty_body_needs_no_reading(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [respond(b""), respond(b"")]
    transport = make_transport()
    transport.send(download())
    transport.send(download())
    assert server.connections == 1


@pytest.mark.parametrize("cut", CUT_BODIES.values(), ids=CUT_BODIES)
@pytest.mark.parametrize("cancellation", [None, Cancellation()], ids=["plain", "cancellable"])
def test_a_body_that_is_cut_is_an_error_and_not_a_shorter_file(
    server: ScriptedServer,
    make_transport: Callable[..., HttpTransport],
    download: Callable[..., Request],
    cut: Any,
    cancellation: Any,
) -> None:
    server.script = [send_raw(cut)]
    with make_transport().send(download(), cancellation) as response, pytest.raises(TransportError) as caught:
        list(response)
    assert "cut short" in str(caught.value)
    assert (caught.value.status, caught.value.safe_to_retry) == (200, True)
    assert len(server.received) == 1


def test_a_connection_that_was_cut_is_not_used_again(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [send_raw(CUT_RESPONSES["half the body"]), respond(FRAMES)]
    transport = make_transport()
    with transport.send(download()) as response, pytest.raises(TransportError):
        response.read()
    assert transport.send(download()).read() == FRAMES
    assert server.connections == 2


@needs_partial_reads
def test_closing_before_the_end_closes_the_connection(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [wait_until_closed(server, b"HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\nhalf"), respond(FRAMES)]
    transport = make_transport()
    with transport.send(download()) as response:
        assert next(iter(response)) == b"half"
    assert server.closed_by_client.wait(5)
    assert transport.send(download()).read() == FRAMES


def test_a_request_is_retried_until_its_response_begins(
    server: ScriptedServer,
    make_transport: Callable[..., HttpTransport],
    download: Callable[..., Request],
    delays: list[float],
) -> None:
    server.script = [hang_up, respond(b"busy", "503 Busy", retry_after="2"), respond(FRAMES)]
    with make_transport().send(download()) as response:
        assert response.read() == FRAMES
    assert (len(delays), delays[1]) == (2, 2.0)


def test_a_gateway_that_keeps_failing_is_an_error_with_the_beginning_of_its_page(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [respond(b"<html>busy</html>", "503 Busy")]
    with pytest.raises(TransportError, match="503") as caught:
        make_transport(retries=1).send(download())
    assert caught.value.excerpt == "<html>busy</html>"


def test_an_error_status_is_returned_with_its_body(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [respond(b"<Error>NoSuchKey</Error>", "404 Not Found")]
    with make_transport().send(download()) as response:
        assert (response.status, response.read()) == (404, b"<Error>NoSuchKey</Error>")


@needs_partial_reads
def test_cancelling_ends_reading_at_once_and_its_connection(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [wait_until_closed(server, b"HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\nhalf")]
    cancellation = Cancellation()
    with make_transport().send(download(timeout=None), cancellation) as response:
        body = iter(response)
        assert next(body) == b"half"
        threading.Timer(0.05, cancellation.cancel).start()
        with pytest.raises(RequestCancelled) as caught:
            next(body)
    assert caught.value.safe_to_retry is True
    assert server.closed_by_client.wait(5)


def test_cancelling_before_the_body_is_read_ends_it(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [wait_until_closed(server, b"HTTP/1.1 200 OK\r\n\r\nhalf")]
    cancellation = Cancellation()
    with make_transport().send(download(timeout=None), cancellation) as response:
        cancellation.cancel()
        with pytest.raises(RequestCancelled):
            response.read()


def test_cancelling_after_the_end_leaves_the_connection_alone(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [respond(FRAMES)]
    transport, cancellation = make_transport(), Cancellation()
    with transport.send(download(), cancellation) as response:
        response.read()
    cancellation.cancel()
    assert transport.send(download()).read() == FRAMES
    assert server.connections == 1


def test_a_server_that_falls_silent_in_its_body_is_a_timeout(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [wait_until_closed(server, b"HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\nhalf")]
    with make_transport().send(download(timeout=0.05)) as response, pytest.raises(RequestTimeout):
        response.read()


def test_after_an_error_of_the_caller_the_connection_is_not_used_again(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], download: Callable[..., Request]
) -> None:
    server.script = [respond(FRAMES)]
    transport = make_transport()
    with pytest.raises(ZeroDivisionError), transport.send(download()) as response:
        next(iter(response))
        raise ZeroDivisionError
    assert transport.send(download()).read() == FRAMES
    assert server.connections == 2
