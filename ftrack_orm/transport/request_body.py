"""Edge: the body of a request while it is sent: bytes, or a stream that is read once for each attempt."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import StorageError

if TYPE_CHECKING:
    from .base import ReadableBody, Request

_CHUNK_BYTES = 1 << 16


class RequestBody:
    """The body of one request through all its attempts.

    The HTTP library sends `data`. *error* is the exception that reading the stream raised, if it did: then the caller's
    file failed and not the connection. Raises `StorageError` for a stream that cannot be used, such as a closed file.
    """

    def __init__(self, request: Request) -> None:
        self.error: Exception | None = None
        self._body = request.body
        self._start: int | None = None
        self._length: int | None = None
        self._was_read = False
        if not isinstance(request.body, bytes):
            self._length = _announced_length(request.headers)
            try:
                self._start = _position(request.body)
                if self._length is None and self._start is not None:
                    self._length = _remaining(request.body, self._start)
            except (OSError, ValueError) as error:
                raise StorageError(f"The body of the request cannot be read: {error}") from error

    @property
    def data(self) -> Any:
        """The body for one attempt: bytes, or an object that the HTTP library reads."""
        if isinstance(self._body, bytes):
            return self._body
        # An empty stream would be sent in chunks, which many storage servers refuse.
        return _SentStream(self, self._body, self._length) if self._length != 0 else b""

    def rewind(self) -> bool:
        """Prepare for another attempt; return False for a stream that was read and cannot go back to its start."""
        if isinstance(self._body, bytes) or not self._was_read:
            return True
        if self._start is None:
            return False
        try:
            self._body.seek(self._start)  # type: ignore[attr-defined]  # it has a position, so it is seekable
        except (OSError, ValueError):
            return False
        self._was_read = False
        return True

    def read(self, stream: ReadableBody, size: int) -> bytes:
        """Read from the caller's stream and remember an error. Raises `OSError` for it."""
        self._was_read = True
        try:
            chunk = stream.read(size)
            if not isinstance(chunk, (bytes, bytearray, memoryview)):
                raise TypeError("The stream returns text. Open the file in binary mode.")
        except Exception as error:
            self.error = error
            raise OSError("The body of the request could not be read.") from error
        return chunk


class _SentStream:
    """A stream of at most *length* bytes in the form that requests and urllib3 send.

    It has `len` only if the length is known: requests sends `content-length` then, and chunks otherwise. It does not
    report its position, so that requests leaves rewinding to `RequestBody`.
    """

    def __init__(self, body: RequestBody, stream: ReadableBody, length: int | None) -> None:
        self._body = body
        self._stream = stream
        self._left = length
        if length is not None:
            self.len = length

    def read(self, size: int = -1) -> bytes:
        size = size if size >= 0 else _CHUNK_BYTES
        if self._left is None:
            return self._body.read(self._stream, size)
        if self._left == 0:
            return b""
        chunk = self._body.read(self._stream, min(size, self._left))
        if not chunk:
            self._body.error = EOFError(f"The stream ended {self._left} bytes before its announced length.")
            raise OSError("The body of the request ended early.")
        self._left -= len(chunk)
        return chunk

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(_CHUNK_BYTES):
            yield chunk


def _position(stream: ReadableBody) -> int | None:
    """Return the position of a seekable stream, or None."""
    seekable = getattr(stream, "seekable", None)
    if seekable is None or not seekable():
        return None
    return int(stream.tell())  # type: ignore[attr-defined]


def _announced_length(headers: Mapping[str, str]) -> int | None:
    text = next((value for name, value in headers.items() if name.lower() == "content-length"), "")
    return int(text) if text.isdigit() else None


def _remaining(stream: Any, start: int) -> int:
    end = int(stream.seek(0, io.SEEK_END))
    stream.seek(start)
    return max(0, end - start)
