"""Pure: the interface between the library and the network: a transport takes a request and returns a response."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

import attrs

if TYPE_CHECKING:
    from .cancellation import Cancellation


class ReadableBody(Protocol):
    """The body of a request as a binary stream, such as an open file.

    A stream that is `seekable()` can be sent again from its present position. Others are sent once.
    """

    def read(self, size: int = -1, /) -> bytes:
        """Return up to *size* bytes, or nothing at the end."""


class ResponseBody(Protocol):
    """The body of a response while it arrives: an iterator of chunks."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None:
        """Stop receiving and release the connection."""


def without_query(url: str) -> str:
    """Return *url* without its query, which may hold a key or a signature."""
    return url.partition("?")[0]


@attrs.frozen
class Request:
    """One HTTP request to any host.

    The repr leaves out the headers and the query of the URL, since both may hold credentials. A transport adds neither
    credentials nor cookies of the session to requests for other hosts than the session's server.
    """

    method: str
    url: str = attrs.field(repr=without_query)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    #: Bytes, or a stream. Its length is the header `content-length` if there is one, else the rest of a seekable
    #: stream; streams of unknown length are sent in chunks.
    body: bytes | ReadableBody = attrs.field(default=b"", repr=False)
    #: Seconds the server may stay silent. None waits without limit.
    timeout: float | None = None
    #: Seconds for the whole request with its redirects, its retries and the delays before them. None sets no limit.
    total_timeout: float | None = None
    #: Whether sending the request twice has the same effect as sending it once, so that it may be retried.
    idempotent: bool = False
    #: The largest number of times it is sent again. None stands for the number in the settings, and 0 is for a caller
    #: that decides itself.
    retries: int | None = None
    #: Whether the caller reads the body of the response as a stream. Otherwise the transport reads it whole, and
    #: retries an idempotent request whose response was cut.
    stream: bool = False
    #: Called each time the request was sent and its response is awaited, by transports that notice.
    on_sent: Callable[[], object] | None = attrs.field(default=None, eq=False, repr=False)


class Response:
    """The server's response: *status*, *headers* (names in lower case), and the body, decompressed.

    `read()` returns the body; iterating yields it in chunks, each once. A response to a request with `stream` holds a
    connection until its body is read to the end or closed; use it as a context manager. Reading such a body raises
    `TransportError` when its end is missing, and `RequestCancelled`. *transferred_bytes* is the size of a body before
    it was decompressed, None if that is its own size.
    """

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        body: bytes | ResponseBody = b"",
        transferred_bytes: int | None = None,
    ) -> None:
        self.status = status
        self.headers = headers
        self.transferred_bytes = transferred_bytes
        self._body = body

    def __repr__(self) -> str:
        return f"<Response with status {self.status}>"

    def read(self) -> bytes:
        """Return the body, or of a streamed body the part that iteration has not returned yet."""
        if not isinstance(self._body, bytes):
            self._body = b"".join(self._body)
        return self._body

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._body,) if isinstance(self._body, bytes) else self._body)

    def close(self) -> None:
        """Release the connection. A body that was not read to the end is lost."""
        if not isinstance(self._body, bytes):
            self._body.close()

    def __enter__(self) -> Response:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Transport(Protocol):
    """Sends requests. Any number of threads may call it at the same time."""

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        """Return the server's response with any status.

        Raises `TransportError` (or a branch of it) when no complete response arrives, with `safe_to_retry` stating
        whether the server can have done the work, and `ProtocolError` when the other side is not an ftrack server.
        """

    def close(self) -> None:
        """Close all connections. Requests in progress on other threads are not interrupted."""
