"""Edge: a way to a server that lives in the same process, without sockets: what tests and the embedded server use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ftrack_orm.errors import RequestCancelled

from .base import Request, Response

if TYPE_CHECKING:
    from .cancellation import Cancellation

#: Takes headers (names in lower case) and a body, gives HTTP status, content type and body.
Handle = Callable[[Mapping[str, str], bytes], tuple[int, str, bytes]]


class InProcess:
    """A transport over a function that answers requests, on the thread of whoever sends."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        """Return what the function answers. A cancellation counts before and after, since nothing can be interrupted.

        Raises `RequestCancelled`; what the function raises is a defect of the server and passes unchanged.
        """
        if cancellation is not None and cancellation.cancelled:
            raise RequestCancelled("The request was cancelled before it was sent.", safe_to_retry=True)
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.on_sent is not None:
            request.on_sent()
        status, content_type, body = self._handle(headers, request.body)
        if cancellation is not None and cancellation.cancelled:
            message = "The request was cancelled while the server worked on it."
            raise RequestCancelled(message, safe_to_retry=request.repeatable)
        return Response(status, {"content-type": content_type, "content-length": str(len(body))}, body)

    def close(self) -> None:
        """Do nothing: the server belongs to whoever made it."""
