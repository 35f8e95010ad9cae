"""A server with sockets in a thread of the test, and connections to it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import http.client
import socket
import threading
from typing import Any

from ftrack_orm.sandbox.application import Application
from ftrack_orm.sandbox.server import Server


class RunningServer:
    """A server in a thread with an event loop of its own."""

    def __init__(self, application: Application, **options: Any) -> None:
        self._server = Server(application, **options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._stopping: concurrent.futures.Future[None] | None = None
        self.port = asyncio.run_coroutine_threadsafe(self._server.start(0), self._loop).result(10)

    def begin_to_stop(self) -> concurrent.futures.Future[None]:
        if self._stopping is None:
            self._stopping = asyncio.run_coroutine_threadsafe(self._server.stop(), self._loop)
        return self._stopping

    def stop(self) -> None:
        try:
            self.begin_to_stop().result(10)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()


def connect(server: RunningServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def was_closed(connection: socket.socket) -> bool:
    """Wait until the server closes the connection, or raise `TimeoutError`."""
    with contextlib.suppress(ConnectionError):
        while connection.recv(1 << 16):
            pass
    return True


def read_response(connection: socket.socket) -> tuple[int, str, bytes]:
    """Read one response and return its status, content type and body."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.headers.get_content_type(), response.read()
