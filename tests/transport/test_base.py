"""Requests and responses as values."""

from __future__ import annotations

import io
from typing import Any

from ftrack_orm.transport.base import Request, Response


def test_the_repr_of_a_request_has_neither_headers_nor_the_query_nor_the_body() -> None:
    request = Request("PUT", "https://storage.test/file?signature=s3cret", {"ftrack-api-key": "the-key"}, b"the body")
    assert "https://storage.test/file" in repr(request)
    assert not [secret for secret in ("s3cret", "the-key", "the body") if secret in repr(request)]


def test_a_response_of_bytes_can_be_read_iterated_and_closed_any_number_of_times() -> None:
    with Response(200, {}, b"[]") as response:
        assert response.read() == response.read() == b"[]"
        assert list(response) == [b"[]"]
    assert response.read() == b"[]"


class Streamed:
    def __init__(self, *chunks: Any) -> None:
        self._chunks = iter(chunks)
        self.closed = 0

    def __iter__(self) -> Any:
        return self._chunks

    def close(self) -> None:
        self.closed += 1


def test_the_chunks_of_a_streamed_response_come_once_and_read_returns_the_rest() -> None:
    response = Response(200, {}, Streamed(b"one", b"two", b"three"))
    assert next(iter(response)) == b"one"
    assert response.read() == b"twothree"
    assert response.read() == b"twothree"


def test_leaving_the_block_closes_the_stream() -> None:
    body = Streamed(b"one")
    with Response(200, {}, body):
        pass
    assert body.closed == 1


def test_a_readable_body_is_any_object_that_can_be_read() -> None:
    body = Request("PUT", "http://x", body=io.BytesIO(b"x")).body
    assert not isinstance(body, bytes)
    assert body.read() == b"x"
