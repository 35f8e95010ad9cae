"""Edge: a transport that is created by the first request, so that the libraries it needs are not imported before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings

    from .base import Request, Response, Transport
    from .cancellation import Cancellation


class DeferredTransport:
    """Creates its transport with *create* when the first request is sent, once, on whichever thread that is.

    `close` creates no transport. One that is created afterwards is closed at once.
    """

    def __init__(self, create: Callable[[], Transport]) -> None:
        self._create = create
        self._lock = threading.Lock()
        self._transport: Transport | None = None
        self._is_closed = False

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        """Send the request with the transport, and return its response."""
        transport = self._transport
        return (self._created() if transport is None else transport).send(request, cancellation)

    def close(self) -> None:
        """Close the transport if there is one."""
        with self._lock:
            self._is_closed = True
            transport = self._transport
        if transport is not None:
            transport.close()

    def _created(self) -> Transport:
        with self._lock:
            if self._transport is None:
                self._transport = self._create()
                if self._is_closed:
                    self._transport.close()
            return self._transport


def http_transport(settings: Settings) -> Transport:
    """Return a transport over HTTP, deferred."""

    def create() -> Transport:
        # Imported here: requests and its dependencies take longer to import than all of this library, and a tool that
        # is only started, or asked for its --help, needs none of them.
        from .http import HttpTransport

        return HttpTransport(settings)

    return DeferredTransport(create)
