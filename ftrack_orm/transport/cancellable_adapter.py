"""Edge: a requests adapter whose connections another thread can shut down while they are in use."""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    import urllib3


class CancellableAdapter(HTTPAdapter):
    """An adapter that keeps track of its connections.

    `abort` shuts down the connection that waits for a response. *on_sent* is called each time a request was sent.
    """

    def __init__(self) -> None:
        self.on_sent: Callable[[], object] | None = None
        # Assigned first: the base class creates its pools, which are tracked, while it is initialized.
        self._lock = threading.Lock()
        self._connections: weakref.WeakSet[Any] = weakref.WeakSet()
        # When the server announces to close, a connection gives up its socket, and the response still reads from it.
        self._sockets: weakref.WeakSet[Any] = weakref.WeakSet()
        self._is_aborted = False
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._track_connections(self.poolmanager)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            self._track_connections(manager)
        return manager

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

    def _track_connections(self, manager: urllib3.PoolManager) -> None:
        manager.pool_classes_by_scheme = {
            scheme: self._tracked_pool(pool_class) for scheme, pool_class in manager.pool_classes_by_scheme.items()
        }

    def _tracked_pool(self, pool_class: Any) -> Any:
        def make_pool(*args: Any, **kwargs: Any) -> Any:
            pool = pool_class(*args, **kwargs)
            make_connection = pool.ConnectionCls

            def make_tracked_connection(*args: Any, **kwargs: Any) -> Any:
                connection = make_connection(*args, **kwargs)
                plain_connect, plain_getresponse = connection.connect, connection.getresponse

                def connect() -> None:
                    plain_connect()
                    with self._lock:
                        self._sockets.add(connection.sock)
                    if self._is_aborted:
                        # Aborted while connecting, when there was no socket to shut down yet.
                        connection.close()
                        raise ConnectionAbortedError("The connection was aborted before anything was sent.")

                def getresponse(*args: Any, **kwargs: Any) -> Any:
                    if self.on_sent is not None:
                        self.on_sent()
                    return plain_getresponse(*args, **kwargs)

                connection.connect = connect
                connection.getresponse = getresponse
                with self._lock:
                    self._connections.add(connection)
                return connection

            pool.ConnectionCls = make_tracked_connection
            return pool

        return make_pool
