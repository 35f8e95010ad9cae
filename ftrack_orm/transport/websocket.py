"""Edge: the websocket to a server's event side: the handshake over HTTP, opening, sending, and waiting for what comes.

Facts (PROTOCOL 3.1): `GET /socket.io/1/` with the user and the key in headers answers with a session id, and the
websocket is at `/socket.io/1/websocket/<session id>`. Proxies, certificates, headers and cookies are those of HTTP.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import requests.utils
import websocket  # type: ignore[import-untyped]  # it has no type hints before version 1
from requests.cookies import RequestsCookieJar

from ftrack_orm.errors import AuthenticationError, FtrackError, ProtocolError, SettingsError, TransportError
from ftrack_orm.settings import Settings
from ftrack_orm.wire.socketio import SocketHandshake, parse_handshake

from . import failures
from .connection_pool import PooledConnection

#: Seconds the server may take over each step of connecting, and a frame that has begun over its next bytes.
STEP_LIMIT = 10.0
_EXCERPT = 200
_READ_AHEAD = 1 << 16
#: RFC 6455, 5.2: the first byte of the only frame of a text, and the length that says that two more bytes tell it.
_WHOLE_TEXT = 0x81
_TWO_BYTES_OF_LENGTH = 126


class BufferedSocket:
    """A socket that reads ahead: websocket-client reads a frame in four small pieces, and each such call costs a visit
    to the operating system and, in a program with busy threads, the wait for its turn among them."""

    def __init__(self, plain: Any) -> None:
        self.plain = plain
        self._ahead = b""
        self._position = 0

    @property
    def ahead(self) -> bool:
        """Whether there is something to read without waiting."""
        return self._position < len(self._ahead)

    def recv(self, size: int) -> bytes:
        """Return up to *size* bytes, as a socket does."""
        if self._position >= len(self._ahead):
            self._ahead, self._position = self.plain.recv(_READ_AHEAD), 0
        start = self._position
        self._position = end = start + size
        return self._ahead[start:end]

    def whole_text(self) -> bytes | None:
        """Return the next frame's payload if that is a whole text of less than 64 kB and here already, else None.

        Nearly every frame of a busy server is such a one, and websocket-client takes most of the time an event costs.
        """
        ahead, start = self._ahead, self._position
        if len(ahead) - start < 4 or ahead[start] != _WHOLE_TEXT:
            return None
        length, begin = ahead[start + 1], start + 2
        if length == _TWO_BYTES_OF_LENGTH:
            length, begin = int.from_bytes(ahead[begin : begin + 2], "big"), begin + 2
        elif length > _TWO_BYTES_OF_LENGTH:
            return None
        end = begin + length
        if end > len(ahead):
            return None
        self._position = end
        return ahead[begin:end]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)


class WebSocketConnection:
    """An open websocket. One thread receives and sends; any other may `wake` it or `cut` the line."""

    def __init__(self, connection: Any, handshake: SocketHandshake) -> None:
        self.handshake = handshake
        self._websocket = connection
        self._socket: Any = connection.sock
        self._buffered = connection.sock = BufferedSocket(self._socket)
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._button.setblocking(False)
        # Not `select.select`, which refuses the high file numbers of a process that has much open.
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._bell, selectors.EVENT_READ)

    def receive(self, timeout: float | None) -> str | None:
        """Return the next text, or None when *timeout* seconds are over or another thread woke this one.

        Raises `TransportError` when the line is gone.
        """
        try:
            text = self._buffered.whole_text()
            if text is not None:
                return str(text, "utf-8")
            # What TLS has decrypted already, the operating system does not know of.
            pending = getattr(self._socket, "pending", None)
            if not self._buffered.ahead and not (pending and pending()):
                ready = self._selector.select(timeout)
                if not any(key.fileobj is self._socket for key, _ in ready):
                    self._silence_bell()
                    return None
            # Control frames are given back as well: after a ping, waiting on would hold up whoever calls.
            opcode, data = self._websocket.recv_data(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_TEXT:
                return str(data, "utf-8")
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise TransportError(f"The event connection broke: {_plain(error)}.", safe_to_retry=True) from error
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise TransportError("The event server closed the connection.", safe_to_retry=True)
        return None

    def send(self, text: str) -> None:
        """Send a text; raises `TransportError` when the line is gone or takes nothing for too long."""
        try:
            self._websocket.send(text)
        except (websocket.WebSocketException, OSError) as error:
            raise TransportError(f"The event connection broke: {_plain(error)}.", safe_to_retry=True) from error

    def wake(self) -> None:
        """Have `receive` return soon, from any thread."""
        # A full buffer means that it is being woken already; a closed one, that nobody waits.
        with contextlib.suppress(OSError):
            self._button.send(b"!")

    def cut(self) -> None:
        """End whatever the other thread waits for on the line, at once."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.wake()

    def close(self) -> None:
        """Let go of the sockets. By the thread that receives, or when there is none any more."""
        self._selector.close()
        for one in (self._socket, self._bell, self._button):
            with contextlib.suppress(OSError):
                one.close()

    def _silence_bell(self) -> None:
        with contextlib.suppress(OSError):
            self._bell.recv(4096)


class EventConnector:
    """The way to a server's events, as the session's settings describe it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = f"{settings.server_url}/socket.io/1/"
        # Kept from one connection to the next, as a browser would: a load balancer's cookie leads to the same server.
        self._cookies = RequestsCookieJar()
        self._cookies.update(dict(settings.cookies))

    def open(self) -> WebSocketConnection:
        """Return an open line; nothing was received on it yet.

        Raises `AuthenticationError` when the server refuses the user or the key, `SettingsError` for settings that
        cannot work, `ProtocolError` when something else than an event server answers, and `TransportError` (safe to
        retry) when none does.
        """
        connection = PooledConnection(self._url, self._settings, self._cookies)
        try:
            handshake = self._shake_hands(connection.http)
            return self._connect(connection.http, handshake)
        finally:
            connection.http.close()

    def _shake_hands(self, http: requests.Session) -> SocketHandshake:
        try:
            with http.get(
                self._url,
                headers=self._headers(),
                timeout=STEP_LIMIT,
                allow_redirects=False,
            ) as response:
                status, text = response.status_code, response.text
        except (requests.RequestException, OSError, ValueError) as error:
            if isinstance(error, requests.RequestException):
                # It holds the request, and with that the API key, for whoever prints the chain of causes.
                error.request = None
            raise self._failed(error) from error
        self._refuse_status(status, text)
        handshake = parse_handshake(text)
        if "websocket" not in handshake.transports:
            offered = ", ".join(handshake.transports) or "nothing"
            raise ProtocolError(f"The event server of {self._settings.server_url} offers no websocket but {offered}.")
        return handshake

    def _refuse_status(self, status: int, text: str) -> None:
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
            f"{server} has no event server: its handshake was answered with HTTP status {status}.",
            status=status,
            excerpt=text[:_EXCERPT],
        )

    def _connect(self, http: requests.Session, handshake: SocketHandshake) -> WebSocketConnection:
        settings = self._settings
        url = f"ws{self._url[len('http') :]}websocket/{handshake.session_id}"
        try:
            connection = websocket.create_connection(
                url,
                timeout=STEP_LIMIT,
                header=[f"{name}: {value}" for name, value in settings.headers.items()],
                cookie=requests.Request("GET", self._url, cookies=self._cookies).prepare().headers.get("Cookie"),
                sslopt=_tls_options(http.verify),
                # The library's own check is in Python and takes longer than all the rest; decoding checks as well.
                skip_utf8_validation=True,
                # Nagle's algorithm would keep an answer back until the server has confirmed the one before.
                sockopt=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
                redirect_limit=0,
                # Both take the same way: by what requests has made of the settings and the environment.
                **_proxy_options(self._url, http.proxies),
            )
        except websocket.WebSocketBadStatusException as error:
            self._refuse_status(error.status_code, str(error))
            raise TransportError(
                f"The event server answered HTTP status {error.status_code}.", safe_to_retry=True
            ) from None
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise self._failed(error) from error
        return WebSocketConnection(connection, handshake)

    def _headers(self) -> dict[str, str]:
        settings = self._settings
        own = {
            "ftrack-user": settings.api_user,
            "ftrack-api-key": settings.api_key,
            "ftrack-clienttoken": settings.client_token,
            "ftrack-strict-api": "true" if settings.strict_api else "false",
        }
        return {**own, **settings.headers}

    def _failed(self, error: BaseException) -> FtrackError:
        if type(error) is OSError and "certificate" in str(error):
            message = f"ca_bundle names no file or folder of certificates: {self._settings.ca_bundle}."
            return SettingsError(message, setting="ca_bundle")
        server = self._settings.server_url
        return failures.as_library_error(error, server_url=server, repeatable=True, timeout=STEP_LIMIT)


def _tls_options(verify: bool | str | None) -> dict[str, Any]:
    """Return websocket-client's way of saying what requests calls *verify*."""
    if verify is False:
        return {"cert_reqs": ssl.CERT_NONE, "check_hostname": False}
    bundle = verify if isinstance(verify, str) else requests.utils.DEFAULT_CA_BUNDLE_PATH
    return {"ca_cert_path" if Path(bundle).is_dir() else "ca_certs": bundle, "cert_reqs": ssl.CERT_REQUIRED}


def _proxy_options(url: str, proxies: Any) -> dict[str, Any]:
    """Return websocket-client's way of naming the proxy that requests would take to *url*."""
    proxy = requests.utils.select_proxy(url, proxies)
    if not proxy:
        # Otherwise it would look into the environment itself, by rules of its own.
        return {"http_no_proxy": [urlsplit(url).hostname]}
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    options: dict[str, Any] = {"http_proxy_host": parts.hostname, "http_proxy_port": parts.port or 80}
    # Names the environment exempts were sorted out by requests.
    options["http_no_proxy"] = ["."]
    if parts.scheme.startswith("socks"):
        options["proxy_type"] = parts.scheme
    if parts.username is not None:
        options["http_proxy_auth"] = (unquote(parts.username), unquote(parts.password or ""))
    return options


def _plain(error: BaseException) -> str:
    return str(error).strip(" .") or type(error).__name__
