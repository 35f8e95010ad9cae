"""Edge: a requests adapter whose connections have limits, and which another thread can shut down."""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

from .limits import LimitedResponse, Limits

if TYPE_CHECKING:
    import urllib3

#: Bytes of a body that are sent at once. Between them, the limits are checked.
_SENT_BYTES = 1 << 20
#: Bytes of a stream that are read and sent at once. The default of the HTTP libraries is a quarter, which costs time.
_READ_BYTES = 1 << 16


class ConnectionTracker:
    """The connections of one adapter and the exchange they are used for.

    *limits* apply to the exchange. *send_timeout* is the number of seconds for which the server may accept no bytes of
    the request; the HTTP libraries would apply the shorter timeout for connecting. *on_sent* is called when its request
    was sent. *has_sent* says whether any byte of it was handed to the operating system, so that the server may have
    received it.

    The connections refer to the tracker, and it refers to neither pools nor adapter: urllib3 keeps the connections of a
    pool alive until the pool is collected, so a reference back to the pool would keep both for ever.
    """

    def __init__(self) -> None:
        self.limits: Limits | None = None
        self.send_timeout: float | None = None
        self.on_sent: Callable[[], object] | None = None
        self.has_sent = False
        self._lock = threading.Lock()
        self._connections: weakref.WeakSet[Any] = weakref.WeakSet()
        # When the server announces to close, a connection gives up its socket, and the response still reads from it.
        self._sockets: weakref.WeakSet[Any] = weakref.WeakSet()
        self._is_aborted = False

    def begin(self, limits: Limits | None, on_sent: Callable[[], object] | None) -> None:
        """Prepare for an exchange."""
        self.limits, self.on_sent, self.has_sent = limits, on_sent, False

    def abort(self) -> None:
        """Shut the connections down at once, from any thread; nothing is sent afterwards."""
        self._is_aborted = True
        with self._lock:
            connecting = [getattr(connection, "sock", None) for connection in self._connections]
            sockets = {*self._sockets, *filter(None, connecting)}
        for sock in sockets:
            # Unlike closing, shutting down wakes a thread that is blocked in a read.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def track(self, connection: Any) -> None:
        """Follow *connection* from now on, and apply the limits of each exchange to it."""
        plain_connect, plain_getresponse, plain_send = connection.connect, connection.getresponse, connection.send
        plain_response_class = connection.response_class
        is_connecting = False

        def connect() -> None:
            nonlocal is_connecting
            is_connecting = True
            try:
                plain_connect()
            finally:
                is_connecting = False
            connection.sock.settimeout(self.send_timeout)
            with self._lock:
                self._sockets.add(connection.sock)
            if self._is_aborted:
                # Aborted while connecting, when there was no socket to shut down yet.
                connection.close()
                raise ConnectionAbortedError("The connection was aborted before anything was sent.")

        def send(data: Any) -> None:
            if is_connecting:
                plain_send(data)  # to a proxy, which is asked for a tunnel
                return
            if connection.sock is None:
                connection.connect()
            self.has_sent = True
            if self.limits is None or not isinstance(data, bytes) or len(data) <= _SENT_BYTES:
                plain_send(data)
                return
            view = memoryview(data)
            for start in range(0, len(view), _SENT_BYTES):
                self.limits.seconds_left()
                plain_send(view[start : start + _SENT_BYTES])

        def getresponse(*args: Any, **kwargs: Any) -> Any:
            if self.on_sent is not None:
                self.on_sent()
            return plain_getresponse(*args, **kwargs)

        def make_response(sock: Any, *args: Any, **kwargs: Any) -> Any:
            make = plain_response_class if self.limits is None else functools.partial(LimitedResponse, self.limits)
            return make(sock, *args, **kwargs)

        connection.blocksize = _READ_BYTES
        connection.connect = connect
        connection.send = send
        connection.getresponse = getresponse
        connection.response_class = make_response
        with self._lock:
            self._connections.add(connection)


class CancellableAdapter(HTTPAdapter):
    """An adapter that sends requests over connections that its *tracker* follows."""

    def __init__(self) -> None:
        # Assigned first: the base class creates its pools, which are tracked, while it is initialized.
        self.tracker = ConnectionTracker()
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _track_connections(self.poolmanager, self.tracker)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            _track_connections(manager, self.tracker)
        return manager


def _track_connections(manager: urllib3.PoolManager, tracker: ConnectionTracker) -> None:
    manager.pool_classes_by_scheme = {
        scheme: _tracked_pool(pool_class, tracker) for scheme, pool_class in manager.pool_classes_by_scheme.items()
    }


def _tracked_pool(pool_class: Any, tracker: ConnectionTracker) -> Any:
    def make_pool(*args: Any, **kwargs: Any) -> Any:
        pool = pool_class(*args, **kwargs)
        make_connection = pool.ConnectionCls

        def make_tracked_connection(*args: Any, **kwargs: Any) -> Any:
            connection = make_connection(*args, **kwargs)
            tracker.track(connection)
            return connection

        pool.ConnectionCls = make_tracked_connection
        return pool

    return make_pool
