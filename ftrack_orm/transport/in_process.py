"""Edge: a transport to a server in the same process, without sockets, for tests and the embedded server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ftrack_orm.errors import RequestCancelled

from . import retries
from .base import Request, Response

if TYPE_CHECKING:
    from .cancellation import Cancellation

#: Takes method, path (with the query), headers (names in lower case) and body; returns status, content type and body.
Handle = Callable[[str, str, Mapping[str, str], bytes], tuple[int, str, bytes]]


class InProcess:
    """A transport that calls a function with each request, on the thread that sends it."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        """Return the function's response. A cancellation is checked before and after the call, which it cannot end.

        Raises `RequestCancelled`. An exception of the function is a defect of the server and is not translated.
        """
        if cancellation is not None and cancellation.cancelled:
            raise RequestCancelled("The request was cancelled before it was sent.", safe_to_retry=True)
        body = request.body if isinstance(request.body, bytes) else request.body.read()
        if request.on_sent is not None:
            request.on_sent()
        url = urlsplit(request.url)
        path = f"{url.path}?{url.query}" if url.query else url.path
        status, content_type, content = self._handle(
            request.method, path, {name.lower(): value for name, value in request.headers.items()}, body
        )
        if cancellation is not None and cancellation.cancelled:
            raise retries.cancelled(request)
        return Response(status, {"content-type": content_type, "content-length": str(len(content))}, content)

    def close(self) -> None:
        """Do nothing: the server belongs to its creator."""
