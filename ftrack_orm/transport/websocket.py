"""Edge: the websocket to the event server: the handshake over HTTP, opening, receiving and sending.

Facts (PROTOCOL 3.1): `GET /socket.io/1/` with the user and the key in headers returns a session id, and the websocket
is at `/socket.io/1/websocket/<session id>`. Proxies, certificates, headers and cookies are those of HTTP.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
from typing import TYPE_CHECKING, Any

import requests
import websocket  # type: ignore[import-untyped]  # it has no type hints before version 1
from requests.cookies import RequestsCookieJar

from ftrack_orm.errors import AuthenticationError, FtrackError, ProtocolError, TransportError
from ftrack_orm.wire.socketio import SocketHandshake, parse_handshake

from . import failures
from .buffered_socket import BufferedSocket
from .connection_pool import PooledConnection
from .headers import session_headers
from .user_agent import user_agent
from .websocket_options import proxy_options, tls_options

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings

#: Seconds the server may take for each step of connecting, and for the next bytes of a frame that has begun.
STEP_TIMEOUT_SECONDS = 10.0
_EXCERPT_LENGTH = 200


class WebSocketConnection:
    """An open websocket. One thread receives and sends; other threads may `wake` it or `abort` the connection."""

    def __init__(self, connection: Any, handshake: SocketHandshake) -> None:
        self.handshake = handshake
        self._websocket = connection
        self._socket: Any = connection.sock
        self._buffered = connection.sock = BufferedSocket(self._socket)
        # A byte sent into the pair wakes the thread that waits in `receive`.
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_receiver.setblocking(False)
        self._wake_sender.setblocking(False)
        # Not `select.select`, which refuses the high file descriptors of a process with many open files.
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._wake_receiver, selectors.EVENT_READ)

    def receive(self, timeout: float | None) -> str | None:
        """Return the next text, or None after *timeout* seconds, a control frame, or `wake` on another thread.

        Raises `TransportError` when the connection is lost.
        """
        try:
            text = self._buffered.take_text()
            if text is not None:
                return str(text, "utf-8")
            # The selector does not see bytes that TLS has already decrypted.
            pending = getattr(self._socket, "pending", None)
            if not self._buffered.has_buffered and not (pending and pending()):
                ready = self._selector.select(timeout)
                if not any(key.fileobj is self._socket for key, _ in ready):
                    self._clear_wake_up()
                    return None
            # Control frames are returned as well: after a ping, websocket-client would block the caller until a text.
            opcode, data = self._websocket.recv_data(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_TEXT:
                return str(data, "utf-8")
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise TransportError(f"The event connection failed: {_reason(error)}.", safe_to_retry=True) from error
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise TransportError("The event server closed the connection.", safe_to_retry=True)
        return None

    def send(self, text: str) -> None:
        """Send a text; raises `TransportError` when the connection is lost or accepts no bytes for 10 seconds."""
        try:
            self._websocket.send(text)
        except (websocket.WebSocketException, OSError) as error:
            raise TransportError(f"The event connection failed: {_reason(error)}.", safe_to_retry=True) from error

    def wake(self) -> None:
        """Make `receive` return soon; any thread may call it."""
        # The socket's buffer may be full, then a wake-up is pending; or closed, then no thread waits.
        with contextlib.suppress(OSError):
            self._wake_sender.send(b"!")

    def abort(self) -> None:
        """Shut the connection down at once, so that the other thread's `receive` or `send` raises."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.wake()

    def close(self) -> None:
        """Close the sockets. Only the receiving thread may call it, or another one after its end."""
        self._selector.close()
        for each in (self._socket, self._wake_receiver, self._wake_sender):
            with contextlib.suppress(OSError):
                each.close()

    def _clear_wake_up(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_receiver.recv(4096)


class EventConnector:
    """Opens websockets to the event server of the session's settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = f"{settings.server_url}/socket.io/1/"
        # Kept for the next connection, as a browser does: a load balancer's cookie selects the same server.
        self._cookies = RequestsCookieJar()
        self._cookies.update(dict(settings.cookies))

    def open(self) -> WebSocketConnection:
        """Return an open websocket, on which nothing was received yet.

        Raises `AuthenticationError` when the server refuses the user or the key, `SettingsError` for unusable settings,
        `ProtocolError` when the response is not that of an event server, and `TransportError` (safe to retry) when
        there is no response.
        """
        connection = PooledConnection(self._url, self._settings, self._cookies)
        try:
            handshake = self._request_handshake(connection.http)
            return self._connect(connection.http, handshake)
        finally:
            connection.http.close()

    def _request_handshake(self, http: requests.Session) -> SocketHandshake:
        try:
            with http.get(
                self._url,
                headers=session_headers(self._settings),
                timeout=STEP_TIMEOUT_SECONDS,
                allow_redirects=False,
            ) as response:
                status, text = response.status_code, response.text
        except (requests.RequestException, OSError, ValueError) as error:
            if isinstance(error, requests.RequestException):
                # It refers to the request, and so to the API key, which must not appear in a printed chain of causes.
                error.request = None
            raise self._library_error(error) from error
        self._raise_for_status(status, text)
        handshake = parse_handshake(text)
        if "websocket" not in handshake.transports:
            server, offered = self._settings.server_url, ", ".join(handshake.transports) or "none"
            raise ProtocolError(f"The event server of {server} does not offer websockets. Its transports: {offered}.")
        return handshake

    def _raise_for_status(self, status: int, text: str) -> None:
        server = self._settings.server_url
        if status == 200:
            return
        if status in (401, 403):
            raise AuthenticationError(
                f"The event server of {server} does not accept the user {self._settings.api_user!r} with this key "
                f"(HTTP status {status}). Check api_user (FTRACK_API_USER) and api_key (FTRACK_API_KEY).",
                exception="InvalidCredentialsError",
            )
        if status in (408, 429) or status >= 500:
            raise TransportError(f"The event server of {server} answered HTTP status {status}.", safe_to_retry=True)
        raise ProtocolError(
            f"{server} has no event server: it answered the handshake with HTTP status {status}.",
            status=status,
            excerpt=text[:_EXCERPT_LENGTH],
        )

    def _connect(self, http: requests.Session, handshake: SocketHandshake) -> WebSocketConnection:
        settings = self._settings
        url = f"ws{self._url[len('http') :]}websocket/{handshake.session_id}"
        try:
            connection = websocket.create_connection(
                url,
                timeout=STEP_TIMEOUT_SECONDS,
                header=_upgrade_headers(settings),
                cookie=requests.Request("GET", self._url, cookies=self._cookies).prepare().headers.get("Cookie"),
                sslopt=tls_options(http.verify),
                # websocket-client validates in Python, which takes longer than everything else; decoding validates too.
                skip_utf8_validation=True,
                # Nagle's algorithm would delay a message until the server has confirmed the previous one.
                sockopt=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
                redirect_limit=0,
                # The same proxy as the handshake: requests has merged the settings with the environment.
                **proxy_options(self._url, http.proxies),
            )
        except websocket.WebSocketBadStatusException as error:
            self._raise_for_status(error.status_code, str(error))
            raise TransportError(
                f"The event server answered HTTP status {error.status_code}.", safe_to_retry=True
            ) from None
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise self._library_error(error) from error
        return WebSocketConnection(connection, handshake)

    def _library_error(self, error: BaseException) -> FtrackError:
        destination = failures.Destination(self._settings.server_url)
        return failures.as_library_error(error, destination, idempotent=True, timeout=STEP_TIMEOUT_SECONDS)


def _upgrade_headers(settings: Settings) -> list[str]:
    """Return the headers of the request that opens the websocket; its URL has the session id in place of the key."""
    headers = {"user-agent": user_agent(), **{name.lower(): value for name, value in settings.headers.items()}}
    return [f"{name}: {value}" for name, value in headers.items()]


def _reason(error: BaseException) -> str:
    return str(error).strip(" .") or type(error).__name__
