"""Edge: the HTTP connections of a process, pooled by server: kept alive, and used by one thread at a time.

A `requests.Session` is not safe to share between threads, so each exchange checks one out and returns it. There are
never more than there were exchanges at the same moment, and a connection outlives the thread that used it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import requests
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar

from .cancellable_adapter import CancellableAdapter, ConnectionTracker
from .certificates import check_bundle, variable_of
from .cookies import SessionCookies
from .decompression import ACCEPTED_ENCODINGS
from .redirects import keeps_credentials, origin
from .user_agent import user_agent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ftrack_orm.settings import Settings

    from .limits import Limits

#: Seconds after which an unused connection is closed: firewalls drop idle connections silently, and a write sent into
#: a dropped one would be of unknown outcome.
IDLE_SECONDS = 60.0
#: The number of other servers, such as those of signed URLs, that connections are kept to.
MAX_OTHER_SERVERS = 8


class PooledConnection:
    """A `requests.Session` with a connection to *url* that stays open between exchanges.

    Proxies and certificates are those of the settings, and of the environment where the settings name none. The session
    *http* has them already, so that requests are sent without naming them. Raises `SettingsError` for a file of
    certificates that cannot be used.
    """

    def __init__(self, url: str, settings: Settings, cookies: RequestsCookieJar) -> None:
        self.adapter = CancellableAdapter()
        self.http = requests.Session()
        self.http.mount("https://", self.adapter)
        self.http.mount("http://", self.adapter)
        self.http.cookies = cookies
        self.http.headers["User-Agent"] = user_agent()
        self.http.headers["Accept-Encoding"] = ACCEPTED_ENCODINGS
        # Without an authentication of its own, requests would send the credentials that ~/.netrc has for the host.
        self.http.auth = _no_authentication
        # requests would read the whole environment again for every request, which is a quarter of the cost of a small
        # one. So it is read once for each connection.
        bundle = settings.ca_bundle
        verify = str(bundle) if isinstance(bundle, (str, Path)) else bundle is not False
        surroundings = self.http.merge_environment_settings(url, dict(settings.proxies), False, verify, None)
        self.http.proxies, self.http.verify = surroundings["proxies"], surroundings["verify"]
        self.http.trust_env = False
        if isinstance(self.http.verify, str):
            if not self.http.verify.strip():
                # A variable of spaces names nothing.
                self.http.verify = True
            elif url.lower().startswith("https:"):
                variable = variable_of(self.http.verify) if bundle is None else None
                check_bundle(self.http.verify, variable or "ca_bundle")
        self.idle_since = 0.0

    @property
    def tracker(self) -> ConnectionTracker:
        """The state of the exchange in progress."""
        return self.adapter.tracker

    def send(
        self, method: str, url: str, headers: Mapping[str, str], data: Any, timeout: tuple[float | None, float | None]
    ) -> requests.Response:
        """Send a request and return the response to any status, its body unread. Redirects are not followed.

        *timeout* has the seconds for connecting and for the next bytes. Raises the exceptions of the HTTP libraries.

        `requests.Session.request` is not used: it reads the body of a redirect without a limit, and raises for a
        malformed target.
        """
        request = self.http.prepare_request(requests.Request(method, url, headers=dict(headers), data=data))
        self.tracker.send_timeout = timeout[1]
        options: dict[str, Any] = {"timeout": timeout, "verify": self.http.verify, "proxies": self.http.proxies}
        response = self.adapter.send(request, stream=True, **options)
        extract_cookies_to_jar(self.http.cookies, request, response.raw)  # type: ignore[no-untyped-call]
        return response


class Checkout:
    """A connection that is checked out of its pool for one exchange, which another thread may `abort`.

    As a context manager it returns the connection, or discards it after an exception.
    """

    def __init__(self, pool: ConnectionPool, connection: PooledConnection) -> None:
        self.connection = connection
        self._pool = pool
        self._lock = threading.Lock()
        self._is_over = False
        self._is_aborted = False

    @property
    def http(self) -> requests.Session:
        """The session that holds cookies, proxies and certificates."""
        return self.connection.http

    @property
    def has_sent(self) -> bool:
        """Whether any byte of the request was sent, so that the server may have received it."""
        return self.connection.tracker.has_sent

    def abort(self) -> None:
        """End the exchange in progress, from any thread; without effect once the connection was given back."""
        with self._lock:
            if not self._is_over:
                self._is_aborted = True
                self.connection.tracker.abort()

    def give_back(self) -> None:
        """Return the connection to its pool; one that was aborted is closed."""
        if self._end():
            self._pool.take_back(self.connection, is_usable=not self._is_aborted)

    def discard(self) -> None:
        """Close the connection, because its exchange failed or was not finished."""
        if self._end():
            self.connection.http.close()

    def _end(self) -> bool:
        """End the exchange and return whether it was in progress."""
        with self._lock:
            was_over, self._is_over = self._is_over, True
            return not was_over

    def __enter__(self) -> Checkout:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.give_back()
        else:
            self.discard()


class ConnectionPool:
    """The idle connections to the server of *url*, the one used last on top. All share one cookie jar."""

    def __init__(
        self,
        url: str,
        settings: Settings,
        cookies: RequestsCookieJar | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[PooledConnection] = []
        self._is_closed = False
        self._process_id = os.getpid()
        # One jar for all, as in a browser: a load balancer's cookie must hold whichever connection is used.
        self._cookies = SessionCookies() if cookies is None else cookies

    def checkout(self, limits: Limits | None = None, on_sent: Callable[[], object] | None = None) -> Checkout:
        """Return a connection for one exchange within *limits*. *on_sent* is called when the request was sent."""
        connection = self._take_idle() or PooledConnection(self._url, self._settings, self._cookies)
        connection.tracker.begin(limits, on_sent)
        return Checkout(self, connection)

    def take_back(self, connection: PooledConnection, *, is_usable: bool) -> None:
        """Keep a connection for the next exchange, or close it if it is not usable or the pool is closed."""
        connection.idle_since = self._clock()
        connection.tracker.begin(None, None)  # they may refer to the caller
        with self._lock:
            if is_usable and not self._is_closed:
                self._idle.append(connection)
                return
        connection.http.close()

    def close(self) -> None:
        """Close the idle connections; those in use are closed when they are given back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.http.close()

    def _take_idle(self) -> PooledConnection | None:
        """Remove and return the connection used last, and close those that were idle for too long."""
        limit = self._clock() - IDLE_SECONDS
        with self._lock:
            if self._process_id != os.getpid():
                # A forked child that used its parent's sockets would read its parent's responses.
                self._process_id, self._idle = os.getpid(), []
            stale = [connection for connection in self._idle if connection.idle_since < limit]
            self._idle = [connection for connection in self._idle if connection.idle_since >= limit]
            connection = self._idle.pop() if self._idle else None
        for old in stale:
            old.http.close()
        return connection


class ConnectionPools:
    """A pool for the session's server, and one without the session's cookies for each other server.

    Only the pools of the other servers used last are kept.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._is_closed = False
        self._own = ConnectionPool(settings.server_url, settings, SessionCookies(settings.cookies), clock)
        self._others: dict[tuple[str, str | None, int | None], ConnectionPool] = {}

    def pool_for(self, url: str) -> ConnectionPool:
        """Return the pool of the server that *url* is at."""
        # The first test saves parsing the URLs of nearly all requests.
        if url.startswith(f"{self._settings.server_url}/") or keeps_credentials(self._settings.server_url, url):
            return self._own
        with self._lock:
            pool = self._others.pop(origin(url), None) or ConnectionPool(url, self._settings, None, self._clock)
            self._others[origin(url)] = pool  # at the end: the order is that of use
            dropped = [pool] if self._is_closed else []
            if len(self._others) > MAX_OTHER_SERVERS:
                dropped.append(self._others.pop(next(iter(self._others))))
        for each in dropped:
            each.close()
        return pool

    def close(self) -> None:
        """Close the idle connections to all servers; those in use are closed when they are given back."""
        with self._lock:
            self._is_closed = True
            pools = [self._own, *self._others.values()]
        for pool in pools:
            pool.close()


def _no_authentication(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
