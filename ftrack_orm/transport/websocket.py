"""Edge: the websocket to the event server: the handshake over HTTP, opening, receiving and sending.

Facts (PROTOCOL 3.1): `GET /socket.io/1/` with the user and the key in headers returns a session id, and the websocket
is at `/socket.io/1/websocket/<session id>`. Proxies, certificates, headers and cookies are those of HTTP.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from http.client import HTTPException
from http.cookies import CookieError
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
import urllib3.exceptions
import websocket  # type: ignore[import-untyped]  # it has no type hints before version 1
from requests.cookies import RequestsCookieJar

from ftrack_orm.errors import AuthenticationError, FtrackError, ProtocolError, RequestTimeout, TransportError
from ftrack_orm.wire.socketio import SocketHandshake, parse_handshake

from . import failures
from .buffered_socket import BufferedSocket
from .connection_pool import PooledConnection
from .headers import session_headers
from .redaction import clear_frames, redact
from .user_agent import user_agent
from .websocket_options import proxy_options, tls_options

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings

    from .cancellation import Cancellation

#: Seconds the server may take for each step of connecting, and for the next bytes of a frame that has begun.
STEP_TIMEOUT_SECONDS = 10.0
#: Seconds the server may take to connect, and to send the rest of a text that has begun.
TOTAL_TIMEOUT_SECONDS = 30.0
#: The longest response of a handshake that is read; handshakes have less than 1 kB, pages of proxies some more.
MAX_HANDSHAKE_BYTES = 1 << 18
#: Seconds for which a call of the operating system can wait at most; larger numbers may be refused.
_LONGEST_WAIT_SECONDS = 86_400.0
_EXCERPT_LENGTH = 200


class WebSocketConnection:
    """An open websocket. One thread receives and sends; other threads may `wake` it or `abort` the connection.

    A text of more than *max_text_bytes*, or one that takes more than 30 seconds to arrive, ends the connection.
    """

    def __init__(self, connection: Any, handshake: SocketHandshake, max_text_bytes: int) -> None:
        self.handshake = handshake
        self._max_text_bytes = max_text_bytes
        #: The time at which a text began that has not arrived completely.
        self._text_began: float | None = None
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
                if len(text) > self._max_text_bytes:
                    raise ValueError("a text has more bytes than the limit")
                return str(text, "utf-8")
            # The selector does not see bytes that TLS has already decrypted.
            pending = getattr(self._socket, "pending", None)
            if not self._buffered.has_buffered and not (pending and pending()):
                ready = self._selector.select(None if timeout is None else min(timeout, _LONGEST_WAIT_SECONDS))
                if not any(key.fileobj is self._socket for key, _ in ready):
                    self._clear_wake_up()
                    return None
            # Control frames are returned as well: after a ping, websocket-client would block the caller until a text.
            # They may come between the frames of one text, whose limits then go on.
            if self._text_began is None:
                self._text_began = time.monotonic()
                self._buffered.limit(self._max_text_bytes, self._text_began + TOTAL_TIMEOUT_SECONDS)
            opcode, data = self._websocket.recv_data(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_TEXT or self._is_between_texts():
                self._text_began = None
                self._buffered.limit(None, None)
            if opcode == websocket.ABNF.OPCODE_TEXT:
                return str(data, "utf-8")
        except _CONNECTION_ERRORS as error:
            raise TransportError(f"The event connection failed: {_reason(error)}.", safe_to_retry=True) from error
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise TransportError("The event server closed the connection.", safe_to_retry=True)
        return None

    def send(self, text: str) -> None:
        """Send a text; raises `TransportError` when the connection is lost or accepts no bytes for 10 seconds."""
        try:
            self._websocket.send(text)
        except _CONNECTION_ERRORS as error:
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

    def _is_between_texts(self) -> bool:
        """Whether no text has begun: websocket-client keeps the frames of one until the last has arrived."""
        frames = getattr(self._websocket, "cont_frame", None)
        return not getattr(frames, "cont_data", None)

    def _clear_wake_up(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_receiver.recv(4096)


#: The exceptions of websocket-client, which also raises those of malformed data that it does not expect.
_CONNECTION_ERRORS = (
    websocket.WebSocketException,
    CookieError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)


class _Opening:
    """One attempt to connect, which other threads may end: `abort` shuts down whichever socket is in use."""

    def __init__(self, connection: PooledConnection) -> None:
        self.is_aborted = False
        self.is_timed_out = False
        self._adapter = connection.adapter
        self._websocket: Any = None

    def make_websocket(self, *arguments: Any, **options: Any) -> Any:
        """Return websocket-client's object, whose socket is shut down by `abort` as soon as it has one."""
        opening = self

        class AbortableWebSocket(websocket.WebSocket):  # type: ignore[misc]
            def __setattr__(self, name: str, value: Any) -> None:
                super().__setattr__(name, value)
                if name == "sock" and opening.is_aborted:
                    _shut_down(value)

        self._websocket = AbortableWebSocket(*arguments, **options)
        return self._websocket

    def abort(self) -> None:
        """End the attempt from any thread."""
        self.is_aborted = True
        self._adapter.tracker.abort()
        _shut_down(getattr(self._websocket, "sock", None))

    def time_out(self) -> None:
        """End the attempt because it takes too long."""
        self.is_timed_out = True
        self.abort()


def _shut_down(sock: Any) -> None:
    # Unlike closing, shutting down wakes a thread that is blocked in a read.
    with contextlib.suppress(OSError, AttributeError):
        sock.shutdown(socket.SHUT_RDWR)


class EventConnector:
    """Opens websockets to the event server of the session's settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = f"{settings.server_url}/socket.io/1/"
        self._max_bytes = settings.max_response_bytes
        # Kept for the next connection, as a browser does: a load balancer's cookie selects the same server.
        self._cookies = RequestsCookieJar()
        self._cookies.update(dict(settings.cookies))

    def open(
        self, cancellation: Cancellation | None = None, *, timeout: float = TOTAL_TIMEOUT_SECONDS
    ) -> WebSocketConnection:
        """Return an open websocket, on which nothing was received yet.

        *cancellation* ends the attempt early, and so does the end of *timeout* seconds. While the operating system
        connects a socket or TLS is negotiated for the websocket, the attempt ends after the present step.

        Raises `AuthenticationError` when the server refuses the user or the key, `SettingsError` for unusable settings,
        `ProtocolError` when the response is not that of an event server, `RequestTimeout` when the server takes too
        long, and `TransportError` (safe to retry) when there is no response.
        """
        connection = PooledConnection(self._url, self._settings, self._cookies)
        opening = _Opening(connection)
        timer = threading.Timer(timeout, opening.time_out)
        timer.daemon = True
        timer.start()
        remove_callback = cancellation.on_cancel(opening.abort) if cancellation is not None else None
        try:
            handshake = self._request_handshake(connection)
            opened = self._connect(connection.http, handshake, opening)
        except FtrackError as error:
            redact(error, (self._settings.api_key, *self._settings.cookies.values()))
            # A connection that was shut down may look like an answer that was cut.
            if opening.is_aborted:
                raise self._ended(opening, timeout) from error
            raise
        finally:
            timer.cancel()
            if remove_callback is not None:
                remove_callback()
            connection.http.close()
        if opening.is_aborted:
            opened.close()
            raise self._ended(opening, timeout)
        return opened

    def _ended(self, opening: _Opening, timeout: float) -> TransportError:
        if not opening.is_timed_out:
            return TransportError("The attempt to connect to the event server was ended.", safe_to_retry=True)
        return RequestTimeout(
            f"The event server of {self._settings.server_url} did not complete the handshake within {timeout:g} s.",
            safe_to_retry=True,
        )

    def _request_handshake(self, connection: PooledConnection) -> SocketHandshake:
        try:
            with connection.send(
                "GET", self._url, session_headers(self._settings), None, (STEP_TIMEOUT_SECONDS, STEP_TIMEOUT_SECONDS)
            ) as response:
                status, body = response.status_code, _read_up_to(response, self._max_handshake_bytes)
        except (requests.RequestException, HTTPException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            clear_frames(error)
            raise self._library_error(error, has_sent=connection.tracker.has_sent) from error
        text = body[: self._max_handshake_bytes].decode("utf-8", "replace")
        self._raise_for_status(status, text)
        if len(body) > self._max_handshake_bytes:
            raise ProtocolError(
                f"The event server of {self._settings.server_url} answered the handshake with more than "
                f"{self._max_handshake_bytes:,} bytes.",
                status=status,
                excerpt=text[:_EXCERPT_LENGTH],
            )
        handshake = parse_handshake(text)
        if "websocket" not in handshake.transports:
            server, offered = self._settings.server_url, ", ".join(handshake.transports)[:_EXCERPT_LENGTH] or "none"
            raise ProtocolError(f"The event server of {server} does not offer websockets. Its transports: {offered}.")
        return handshake

    @property
    def _max_handshake_bytes(self) -> int:
        return min(MAX_HANDSHAKE_BYTES, self._max_bytes)

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

    def _connect(self, http: requests.Session, handshake: SocketHandshake, opening: _Opening) -> WebSocketConnection:
        settings = self._settings
        # The server chooses the id; without quotes it could change the path or add headers.
        url = f"ws{self._url[len('http') :]}websocket/{quote(handshake.session_id, safe='')}"
        try:
            connection = websocket.create_connection(
                url,
                timeout=STEP_TIMEOUT_SECONDS,
                class_=opening.make_websocket,
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
            self._raise_for_status(error.status_code, str(error)[:_EXCERPT_LENGTH])
            raise TransportError(
                f"The event server answered HTTP status {error.status_code}.", safe_to_retry=True
            ) from None
        except _CONNECTION_ERRORS as error:
            clear_frames(error)
            raise self._library_error(error) from error
        return WebSocketConnection(connection, handshake, self._max_bytes)

    def _library_error(self, error: BaseException, *, has_sent: bool | None = None) -> FtrackError:
        destination = failures.Destination(self._settings.server_url)
        return failures.as_library_error(
            error, destination, idempotent=True, timeout=STEP_TIMEOUT_SECONDS, has_sent=has_sent
        )


def _upgrade_headers(settings: Settings) -> list[str]:
    """Return the headers of the request that opens the websocket; its URL has the session id in place of the key."""
    headers = {"user-agent": user_agent(), **{name.lower(): value for name, value in settings.headers.items()}}
    return [f"{name}: {value}" for name, value in headers.items()]


def _read_up_to(response: requests.Response, limit: int) -> bytes:
    """Return the body, or its beginning of a little more than *limit* bytes."""
    body = bytearray()
    for part in response.iter_content(1 << 14):
        body += part
        if len(body) > limit:
            break
    return bytes(body)


def _reason(error: BaseException) -> str:
    return str(error)[:_EXCERPT_LENGTH].strip(" .") or type(error).__name__
