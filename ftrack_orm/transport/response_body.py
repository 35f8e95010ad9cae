"""Edge: the body of a response while it is received, checked to be complete at its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import urllib3.exceptions

from .decompression import DecompressionError, decompressed

if TYPE_CHECKING:
    import requests

    from .limits import Limits

_CHUNK_BYTES = 1 << 18

#: Raised by the HTTP libraries when the connection ends, or the compressed data breaks, before the end of the body.
_TRUNCATION_ERRORS = (urllib3.exceptions.ProtocolError, urllib3.exceptions.DecodeError, DecompressionError)
#: The number of digits of a length that is believed: Python refuses to parse thousands of them.
_MAX_DIGITS = 18
#: Statuses whose responses have no body.
_WITHOUT_BODY = frozenset({204, 304})


class TruncatedBody(Exception):
    """Inside the transport only: the end of a body is missing, of *expected* bytes if the server announced a length."""

    def __init__(self, expected: int | None) -> None:
        super().__init__()
        self.expected = expected


class ReceivedBody:
    """The decompressed body of *response*, in chunks as they arrive.

    Iterating raises `TruncatedBody` when the end is missing, `LimitExceeded` as soon as the body passes the size of
    *limits*, and the errors of the HTTP libraries. *received* counts the decompressed bytes so far, *transferred*
    those that have arrived.
    """

    def __init__(self, response: requests.Response, limits: Limits | None = None) -> None:
        self.received = self.transferred = 0
        self._response = response
        self._limits = limits
        self._is_chunked = "transfer-encoding" in response.headers
        self._expected = None if self._is_chunked else _length(response.headers.get("content-length", ""))
        self._may_be_empty = response.status_code in _WITHOUT_BODY or response.request.method == "HEAD"

    def __iter__(self) -> Iterator[bytes]:
        limits = self._limits
        if limits is not None and self._expected is not None and not self._may_be_empty:
            limits.check_size(self._expected)
        encoding = self._response.headers.get("content-encoding", "")
        try:
            for chunk in decompressed(self._transferred_chunks(), encoding):
                self.received += len(chunk)
                if limits is not None:
                    limits.check_size(self.received)
                yield chunk
        except _TRUNCATION_ERRORS as error:
            raise TruncatedBody(self._expected) from error
        if self._is_truncated():
            raise TruncatedBody(self._expected)

    def _transferred_chunks(self) -> Iterator[bytes]:
        for chunk in _chunks(self._response):
            self.transferred += len(chunk)
            yield chunk

    @property
    def has_announced_end(self) -> bool:
        """Whether the headers state where the body ends. Otherwise it ends where the connection does."""
        return self._is_chunked or self._expected is not None or self._may_be_empty

    @property
    def is_empty(self) -> bool:
        """Whether the headers state that there is no body."""
        return self._may_be_empty or self._expected == 0

    def _is_truncated(self) -> bool:
        if self._is_chunked or self._may_be_empty:
            return False  # urllib3 checks chunks itself
        if self._expected is None:
            # Headers that were cut look like this, and Python's http.client takes them for complete.
            return self.received == 0
        # Versions of urllib3 before 2 accept less than was announced.
        return bool(self._response.raw.tell() < self._expected)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Yield the body as it arrives, so that an error can quote the part before the connection broke."""
    read = getattr(response.raw, "read1", None)
    if read is None:
        # urllib3 before 2 has no such method: its chunks arrive when they are full.
        yield from response.raw.stream(_CHUNK_BYTES, decode_content=False)
        return
    while chunk := read(_CHUNK_BYTES, decode_content=False):
        yield chunk


def _length(announced: str) -> int | None:
    """Return the number of bytes that a header announces, or None for a text that is no number."""
    text = announced.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None
