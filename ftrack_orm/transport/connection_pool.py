"""Edge: the HTTP connections of a process to one server: kept alive, used by one thread at a time, cut when need be.

A `requests.Session` is not safe to share between threads, so each exchange borrows one for itself and gives it back.
There are never more than there were exchanges at the same moment, and none dies with a thread.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar

if TYPE_CHECKING:
    import urllib3

    from ftrack_orm.settings import Settings

#: Seconds after which an unused connection is not trusted any more: firewalls forget idle connections without a word,
#: and a change sent into one that is gone would be of unknown outcome.
IDLE_LIMIT = 60.0


class CancellableAdapter(HTTPAdapter):
    """An adapter that knows what its connections are doing.

    It remembers them, so that another thread can cut the one that waits for an answer, and calls *on_sent* when a
    request is on the line.
    """

    def __init__(self) -> None:
        self.on_sent: Callable[[], object] | None = None
        # Set first: the base class makes its pools, which are tracked, while it is initialised.
        self._connections: weakref.WeakSet[Any] = weakref.WeakSet()
        self._is_cut = False
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._track(self.poolmanager)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not known:
            self._track(manager)
        return manager

    def cut(self) -> None:
        """End whatever the connections are doing, at once and from any thread; nothing is sent afterwards."""
        self._is_cut = True
        for connection in list(self._connections):
            sock = getattr(connection, "sock", None)
            if sock is not None:
                # Shutting down wakes a thread that is blocked reading, which closing alone does not.
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _track(self, manager: urllib3.PoolManager) -> None:
        manager.pool_classes_by_scheme = {
            scheme: self._tracking(pool_class) for scheme, pool_class in manager.pool_classes_by_scheme.items()
        }

    def _tracking(self, pool_class: Any) -> Any:
        def make_pool(*args: Any, **kwargs: Any) -> Any:
            pool = pool_class(*args, **kwargs)
            make_plain = pool.ConnectionCls

            def make_connection(*args: Any, **kwargs: Any) -> Any:
                connection = make_plain(*args, **kwargs)
                plain_connect = connection.connect

                def connect() -> None:
                    plain_connect()
                    if self._is_cut:
                        # Cut while connecting, when there was no socket to shut down yet.
                        connection.close()
                        raise ConnectionAbortedError("The connection was cut before anything was sent.")

                plain_getresponse = connection.getresponse

                def getresponse(*args: Any, **kwargs: Any) -> Any:
                    if self.on_sent is not None:
                        self.on_sent()
                    return plain_getresponse(*args, **kwargs)

                connection.connect = connect
                connection.getresponse = getresponse
                self._connections.add(connection)
                return connection

            pool.ConnectionCls = make_connection
            return pool

        return make_pool


class PooledConnection:
    """A `requests.Session` with a connection to *url* that stays open between exchanges.

    Proxies and certificates are those of the settings, and of the environment where these are silent. *http* knows
    them, so that requests are sent without naming them.
    """

    def __init__(self, url: str, settings: Settings, cookies: RequestsCookieJar) -> None:
        self.adapter = CancellableAdapter()
        self.http = requests.Session()
        self.http.mount("https://", self.adapter)
        self.http.mount("http://", self.adapter)
        self.http.cookies = cookies
        # Without an authentication of its own, requests would send what ~/.netrc says about the host.
        self.http.auth = _unchanged
        # Requests would go through the whole environment again for every request, which is a quarter of what a small
        # one costs. So it is done once for each connection.
        bundle = settings.ca_bundle
        verify = str(bundle) if isinstance(bundle, (str, Path)) else bundle is not False
        surroundings = self.http.merge_environment_settings(url, dict(settings.proxies), False, verify, None)
        self.http.proxies, self.http.verify = surroundings["proxies"], surroundings["verify"]
        self.http.trust_env = False
        self.idle_since = 0.0


class Lease:
    """The right to use a connection for one exchange, and to cut it as long as that lasts."""

    def __init__(self, connection: PooledConnection) -> None:
        self.connection = connection
        self._lock = threading.Lock()
        self._ended = False
        self._cut = False

    @property
    def http(self) -> requests.Session:
        """What to send with."""
        return self.connection.http

    def cut(self) -> None:
        """End the exchange under way, from any thread; without effect once the connection was given back."""
        with self._lock:
            if not self._ended:
                self._cut = True
                self.connection.adapter.cut()

    def end(self) -> bool:
        """Give the right up; return whether the connection can be used again."""
        with self._lock:
            self._ended = True
            return not self._cut


class ConnectionPool:
    """The connections to *url* that are not in use, the last used on top."""

    def __init__(self, url: str, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[PooledConnection] = []
        self._closed = False
        self._process = os.getpid()
        # One jar for all, as a browser has: a load balancer's cookie must hold whatever connection is used.
        self._cookies = RequestsCookieJar()
        self._cookies.update(dict(settings.cookies))

    @contextlib.contextmanager
    def borrowed(self, on_sent: Callable[[], object] | None = None) -> Iterator[Lease]:
        """Lend a connection for one exchange; if that fails or is cut, the connection is closed instead of kept.

        *on_sent* is called when a request is on the line.
        """
        loan = Lease(self._take())
        loan.connection.adapter.on_sent = on_sent
        try:
            yield loan
        except BaseException:
            loan.end()
            loan.connection.http.close()
            raise
        self._give_back(loan)

    def close(self) -> None:
        """Close the connections not in use; those in use are closed when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.http.close()

    def _take(self) -> PooledConnection:
        limit = self._clock() - IDLE_LIMIT
        with self._lock:
            if self._process != os.getpid():
                # A forked child that spoke on its parent's sockets would read its parent's answers.
                self._process, self._idle = os.getpid(), []
            stale = [connection for connection in self._idle if connection.idle_since < limit]
            self._idle = [connection for connection in self._idle if connection.idle_since >= limit]
            found = self._idle.pop() if self._idle else None
        for connection in stale:
            connection.http.close()
        return found or PooledConnection(self._url, self._settings, self._cookies)

    def _give_back(self, loan: Lease) -> None:
        connection = loan.connection
        usable = loan.end()
        connection.idle_since = self._clock()
        with self._lock:
            if usable and not self._closed:
                self._idle.append(connection)
                return
        connection.http.close()


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
