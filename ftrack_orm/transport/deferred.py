"""Edge: a transport that is made by the first request, so that the libraries it needs are not imported before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings

    from .base import Request, Response, Transport
    from .cancellation import Cancellation


class DeferredTransport:
    """A transport in whose place *make* is called by the first request, once, whichever thread that is on.

    After `close` it sends no more than the transport it stands for would, and makes none in order to close it.
    """

    def __init__(self, make: Callable[[], Transport]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Transport | None = None
        self._closed = False

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        """Return the server's answer, as the transport that is made does."""
        made = self._made
        return (made if made is not None else self._first()).send(request, cancellation)

    def close(self) -> None:
        """Close the transport, if there is one; one that is made later is closed at once."""
        with self._lock:
            self._closed = True
            made = self._made
        if made is not None:
            made.close()

    def _first(self) -> Transport:
        with self._lock:
            if self._made is None:
                self._made = self._make()
                if self._closed:
                    self._made.close()
            return self._made


def http_transport(settings: Settings) -> Transport:
    """Return the transport over HTTP to the server that *settings* name."""

    def make() -> Transport:
        # Here, since requests and what it brings take longer to import than all of this library, and a tool that is
        # only started, or asked for its --help, needs none of it.
        from .http import HttpTransport

        return HttpTransport(settings)

    return DeferredTransport(make)
