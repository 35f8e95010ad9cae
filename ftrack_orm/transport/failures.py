"""Pure: translates the exceptions of the HTTP libraries to the library's errors, and says which failures to retry."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException
from typing import TYPE_CHECKING

import attrs
import requests
import urllib3.exceptions

from ftrack_orm.errors import FtrackError, RequestTimeout, SettingsError, TransportError
from ftrack_orm.wire.response import excerpt_of

from .redirects import keeps_credentials, origin
from .retries import retry_advice

if TYPE_CHECKING:
    from .base import Request

#: For these, urllib3 guarantees that no request was sent: there was no connection to the server or to the proxy.
_NEVER_CONNECTED = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    ssl.SSLCertVerificationError,
)
#: The request could not be built from the settings or the arguments.
_UNSENDABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidProxyURL,
    urllib3.exceptions.LocationValueError,
    UnicodeError,
)
#: The exceptions of the HTTP libraries and of the operating system.
FOREIGN_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError)
_TIMEOUTS = (TimeoutError, urllib3.exceptions.TimeoutError, requests.exceptions.Timeout)

#: urllib3 has an exception of its own since version 2.
_UNKNOWN_HOST = (socket.gaierror, getattr(urllib3.exceptions, "NameResolutionError", socket.gaierror))
#: requests raises a plain `OSError` with this text and the path for a missing file of certificates.
_MISSING_BUNDLE = "TLS CA certificate bundle, invalid path: "


@attrs.frozen
class Destination:
    """The server of a request as errors name it, and the advice for an address that may be wrong.

    The name has neither path nor query, since those of a signed URL are credentials. For the same reason the exceptions
    of the HTTP libraries, whose texts have the URL, are not chained to errors about such a URL.
    """

    name: str
    check_address: str = "Check server_url (FTRACK_SERVER)"
    has_secret_url: bool = False


def destination_of(url: str, server_url: str) -> Destination:
    """Return the destination of *url*, for a session whose server is at *server_url*."""
    has_query = "?" in url
    if keeps_credentials(server_url, url):
        return Destination(server_url, has_secret_url=has_query)
    scheme, host, port = origin(url)
    return Destination(f"{scheme}://{host}:{port}", "Check the URL", has_query)


class AttemptFailed(Exception):
    """Inside the transport only: one attempt failed with *error*; *retryable* says whether another one may help.

    *cause* is the exception of the HTTP libraries, or None where its text may hold a credential.
    """

    def __init__(self, error: FtrackError, *, retryable: bool, cause: BaseException | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.retryable = retryable
        self.cause = cause


def attempt_failed(error: BaseException, destination: Destination, request: Request) -> AttemptFailed:
    """Return the failure that an exception of the HTTP libraries stands for."""
    if isinstance(error, requests.RequestException):
        # It holds the request and with it the API key, for those who print the chain of causes.
        error.request = None
    return AttemptFailed(
        as_library_error(error, destination, idempotent=request.idempotent, timeout=request.timeout),
        retryable=is_retryable(error, idempotent=request.idempotent),
        cause=None if destination.has_secret_url else error,
    )


def nothing_sent(error: BaseException) -> bool:
    """Return whether the failure came before the first byte of the request, so that the server did no work."""
    return any(isinstance(part, _NEVER_CONNECTED + _UNSENDABLE) for part in _parts(error))


def is_retryable(error: BaseException, *, idempotent: bool) -> bool:
    """Return whether sending the request again is harmless and may help.

    A request that was never sent is always harmless, one that was sent only if it is idempotent. A certificate that is
    not trusted will not be a moment later, and after a timeout the caller wants the error now.
    """
    parts = list(_parts(error))
    if _is_missing_bundle(error) or any(
        isinstance(part, (ssl.SSLError, requests.exceptions.SSLError, *_UNSENDABLE)) for part in parts
    ):
        return False
    if nothing_sent(error):
        return True
    return idempotent and not _timed_out(parts)


def as_library_error(
    error: BaseException, destination: Destination, *, idempotent: bool, timeout: float | None
) -> FtrackError:
    """Return the library's error for a failed exchange, with advice.

    It is a `SettingsError` when the request could not be built, else a `TransportError`.
    """
    parts = list(_parts(error))
    unsent = nothing_sent(error)
    server, check_address = destination.name, destination.check_address

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(part, kinds) for part in parts)

    if _is_missing_bundle(error):
        path = str(error).rpartition(_MISSING_BUNDLE)[2]
        return SettingsError(f"ca_bundle does not name a file or folder of certificates: {path}.", setting="ca_bundle")
    if has(*_UNSENDABLE):
        # The text of the foreign error may quote a header, so it is left out.
        return SettingsError(
            f"The request to {server} cannot be sent ({type(error).__name__}). {check_address}, headers and proxies."
        )
    error_class: type[TransportError] = TransportError
    if has(requests.exceptions.ProxyError, urllib3.exceptions.ProxyError):
        problem = f"The proxy for {server} cannot be used: {_reason(parts)}."
        advice = "Check the session's proxies argument, or HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
    elif has(ssl.SSLError, requests.exceptions.SSLError):
        problem = f"The connection to {server} is not trusted: {_reason(parts)}."
        advice = (
            "If the studio has its own certificates, name their file in ca_bundle or REQUESTS_CA_BUNDLE; "
            "if the server uses plain HTTP, write http:// in FTRACK_SERVER."
        )
    elif has(*_UNKNOWN_HOST):
        problem = f"The host of {server} is not known: {_reason(parts)}."
        advice = f"{check_address} and the network."
    elif unsent and _timed_out(parts):
        error_class = RequestTimeout
        problem = f"{server} did not accept a connection in time."
        advice = f"Nothing was sent. {check_address}, the network and its firewall."
    elif _timed_out(parts):
        error_class = RequestTimeout
        problem = f"{server} was silent for {timeout:g} seconds." if timeout else f"{server} was silent for too long."
        advice = f"Raise the timeout if the work takes that long. {retry_advice(idempotent)}"
    elif unsent:
        problem = f"Cannot connect to {server}: {_reason(parts)}."
        advice = f"Nothing was sent. {check_address} and whether the server runs."
    else:
        problem = f"The connection to {server} was lost: {_reason(parts)}."
        advice = retry_advice(idempotent)
    return error_class(f"{problem} {advice}", safe_to_retry=unsent or idempotent, server_url=server)


def cut_response(
    destination: Destination, request: Request, status: int, received: int, expected: int | None, body: bytes = b""
) -> TransportError:
    """Return the error for a response whose end is missing, after *received* of *expected* bytes.

    *body* is the part that was received, if it was kept. The error quotes its beginning.
    """
    size = f"{received} of {expected} bytes" if expected is not None else f"{received} bytes"
    return TransportError(
        f"The response from {destination.name} (HTTP status {status}) was cut short after {size}. "
        f"{retry_advice(request.idempotent)}",
        safe_to_retry=request.idempotent,
        server_url=destination.name,
        status=status,
        excerpt=excerpt_of(body),
    )


def _is_missing_bundle(error: BaseException) -> bool:
    return type(error) is OSError and _MISSING_BUNDLE in str(error)


def _timed_out(parts: list[BaseException]) -> bool:
    # urllib3 derives "no connection" from its connect timeout, even if the connection was refused at once.
    refused = urllib3.exceptions.NewConnectionError
    return any(isinstance(part, _TIMEOUTS) and not isinstance(part, refused) for part in parts)


def _parts(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes: the libraries wrap a cause as an argument, a reason or a context."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        part = waiting.pop(0)
        if not isinstance(part, BaseException) or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting += [*part.args, getattr(part, "reason", None), part.__cause__, part.__context__]


def _reason(parts: list[BaseException]) -> str:
    """Return the plainest description among nested errors: the operating system's text, else the innermost error's."""
    for part in parts:
        if isinstance(part, ssl.SSLCertVerificationError):
            return getattr(part, "verify_message", "") or str(part)
        if isinstance(part, OSError) and not isinstance(part, requests.RequestException) and part.strerror:
            return part.strerror
    text = str(parts[-1]).strip(" .")
    return text or type(parts[-1]).__name__
