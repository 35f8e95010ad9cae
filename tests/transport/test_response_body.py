"""When a body counts as complete. Cut bodies over a real connection are in `test_http` and `test_streamed_body`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from ftrack_orm.transport.response_body import ReceivedBody, TruncatedBody
from tests.transport.scripted_server import ScriptedServer

from .scripted_server import respond, send_raw


@pytest.fixture
def receive(server: ScriptedServer) -> Callable[..., Any]:
    """Return the body that the server responds with, unread."""

    def make(step: Any, method: str = "GET") -> Any:
        server.script = [step]
        return ReceivedBody(requests.request(method, server.url, stream=True, timeout=5))

    return make


def test_an_announced_length_is_checked_and_counted(receive: Callable[..., Any]) -> None:
    body = receive(respond(b"frames"))
    assert (body.has_announced_end, body.is_empty) == (True, False)
    assert b"".join(body) == b"frames"
    assert body.received == 6


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", 10),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf", None),
        (b"HTTP/1.1 200 OK\r\ncontent-type: te", None),
    ],
    ids=["length", "chunk", "headers"],
)
def test_a_missing_end_raises_with_the_announced_length(
    receive: Callable[..., Any], response: bytes, expected: int | None
) -> None:
    body = receive(send_raw(response))
    with pytest.raises(TruncatedBody) as caught:
        list(body)
    assert caught.value.expected == expected


def test_a_body_without_announced_end_ends_with_the_connection(receive: Callable[..., Any]) -> None:
    body = receive(send_raw(b"HTTP/1.1 200 OK\r\n\r\nall of it"))
    assert not body.has_announced_end
    assert b"".join(body) == b"all of it"


@pytest.mark.parametrize(
    ("method", "response"),
    [
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n"),
    ],
)
def test_a_response_without_body_is_complete(receive: Callable[..., Any], method: str, response: bytes) -> None:
    body = receive(send_raw(response), method)
    assert body.is_empty
    assert list(body) == []
