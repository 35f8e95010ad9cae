"""Transports to the embedded server that tests interfere with."""

from __future__ import annotations

from collections.abc import Callable

from ftrack_orm import errors
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.settings import Settings
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.http import HttpTransport


def body_of(request: Request) -> bytes:
    """Return the body of a request, which is not a stream."""
    assert isinstance(request.body, bytes)
    return request.body


class ForwardingTransport:
    """Forwards all requests to the embedded server over HTTP. Subclasses interfere with them."""

    def __init__(self, box: Sandbox) -> None:
        self._http = HttpTransport(Settings(server_url=box.url, api_user=box.api_user, api_key=box.api_key))

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        return self._http.send(request, cancellation)

    def close(self) -> None:
        self._http.close()


class InterferingTransport(ForwardingTransport):
    """Calls functions while a request is under way, and can lose, replace or refuse responses.

    *before_write* is called before a request that changes something is sent, *meanwhile* after the server has handled
    a request and before the response is returned.
    """

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self.before_write: Callable[[], object] = lambda: None
        self.meanwhile: Callable[[], object] = lambda: None
        self.loses_responses = self.replaces_responses = self.refuses_requests = False

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        if self.refuses_requests:
            raise errors.TransportError("The connection was refused.", safe_to_retry=True)
        if not request.idempotent:
            self.before_write()
        response = super().send(request, cancellation)
        self.meanwhile()
        if self.loses_responses:
            raise errors.TransportError("The connection was lost.", safe_to_retry=False)
        return Response(200, {}, b"<html>proxy</html>") if self.replaces_responses else response

    def meanwhile_once(self, action: Callable[[], object]) -> None:
        """Let *meanwhile* be *action* for the next request only, so that *action* can make requests itself."""

        def run() -> None:
            self.meanwhile = lambda: None
            action()

        self.meanwhile = run
