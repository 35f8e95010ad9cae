"""Pure: translates the exceptions of the HTTP libraries to the library's errors, and says which failures to retry."""

from __future__ import annotations

import socket
import ssl
from http.client import HTTPException
from typing import TYPE_CHECKING

import attrs
import requests
import urllib3.exceptions

from ftrack_orm.errors import FtrackError, ProtocolError, RequestTimeout, SettingsError, TransportError
from ftrack_orm.wire.response import excerpt_of

from .limits import LimitExceeded, SizeExceeded, TimeExceeded
from .redaction import clear_frames, parts_of
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
#: The request could not be built from the settings or the arguments, unless it was sent: then the response has the same
#: defects.
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
#: The number of characters of a foreign error that an error quotes: it may quote the server in turn.
_MAX_REASON = 200
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


def attempt_failed(
    error: BaseException, destination: Destination, request: Request, *, has_sent: bool, is_redirected: bool = False
) -> AttemptFailed:
    """Return the failure that an exception of the HTTP libraries, or a limit, stands for.

    *has_sent* says whether any byte of the request was sent to *destination*, and *is_redirected* whether another
    server redirected it there.
    """
    clear_frames(error)
    if is_redirected and not has_sent and _is_unsendable(error):
        message = f"The request was redirected to {destination.name}, to which it cannot be sent."
        safe_to_retry = request.idempotent
        unusable = ProtocolError(f"{message} {retry_advice(safe_to_retry)}", safe_to_retry=safe_to_retry)
        return AttemptFailed(unusable, retryable=False)
    if isinstance(error, LimitExceeded):
        return AttemptFailed(limit_error(error, destination, request, has_sent=has_sent), retryable=False)
    unsendable = not has_sent and _is_unsendable(error)
    return AttemptFailed(
        as_library_error(error, destination, idempotent=request.idempotent, timeout=request.timeout, has_sent=has_sent),
        retryable=is_retryable(error, idempotent=request.idempotent, has_sent=has_sent),
        # The text of an exception about a header or a cookie quotes its value.
        cause=None if destination.has_secret_url or unsendable else error,
    )


def limit_error(error: LimitExceeded, destination: Destination, request: Request, *, has_sent: bool) -> TransportError:
    """Return the library's error for a request that passed a limit."""
    safe_to_retry = request.idempotent or not has_sent
    if isinstance(error, SizeExceeded):
        return TransportError(
            f"The {error.part} of the response from {destination.name} is larger than {error.limit:,} bytes. Read less "
            f"with one request, or raise max_response_bytes. {retry_advice(request.idempotent)}",
            safe_to_retry=safe_to_retry,
            server_url=destination.name,
        )
    seconds = error.seconds if isinstance(error, TimeExceeded) else 0.0
    return RequestTimeout(
        f"{destination.name} did not answer completely within {seconds:g} seconds, retries included. Raise "
        f"total_timeout if the work takes that long. {retry_advice(request.idempotent)}",
        safe_to_retry=safe_to_retry,
        server_url=destination.name,
    )


def nothing_sent(error: BaseException) -> bool:
    """Return whether the failure came before the first byte of the request, so that the server did no work."""
    return any(isinstance(part, _NEVER_CONNECTED + _UNSENDABLE) for part in parts_of(error))


def is_retryable(error: BaseException, *, idempotent: bool, has_sent: bool | None = None) -> bool:
    """Return whether sending the request again is harmless and may help.

    A request that was never sent is always harmless, one that was sent only if it is idempotent. A certificate that is
    not trusted will not be a moment later, and after a timeout the caller wants the error now. *has_sent* says whether
    any byte was sent; None leaves that to the kind of the error.
    """
    parts = list(parts_of(error))
    if _is_missing_bundle(error) or any(
        isinstance(part, (ssl.SSLError, requests.exceptions.SSLError)) for part in parts
    ):
        return False
    if not has_sent and _is_unsendable(error):
        return False
    if _is_unsent(error, has_sent):
        return True
    return idempotent and not _timed_out(parts)


def _is_unsendable(error: BaseException) -> bool:
    return any(isinstance(part, _UNSENDABLE) for part in parts_of(error))


def _is_unsent(error: BaseException, has_sent: bool | None) -> bool:
    return nothing_sent(error) if has_sent is None else not has_sent


def as_library_error(
    error: BaseException,
    destination: Destination,
    *,
    idempotent: bool,
    timeout: float | None,
    has_sent: bool | None = None,
) -> FtrackError:
    """Return the library's error for a failed exchange, with advice.

    It is a `SettingsError` when the request could not be built, else a `TransportError`. *has_sent* says whether any
    byte of the request was sent; None leaves that to the kind of the error.
    """
    parts = list(parts_of(error))
    unsent = _is_unsent(error, has_sent)
    server, check_address = destination.name, destination.check_address

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(part, kinds) for part in parts)

    if _is_missing_bundle(error):
        path = str(error).rpartition(_MISSING_BUNDLE)[2]
        return SettingsError(f"ca_bundle does not name a file or folder of certificates: {path}.", setting="ca_bundle")
    if has(*_UNSENDABLE) and not has_sent:
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
    elif has(*_UNSENDABLE):
        problem = f"The response from {server} does not follow HTTP: {_reason(parts)}."
        advice = retry_advice(idempotent)
    else:
        problem = f"The connection to {server} was lost: {_reason(parts)}."
        advice = retry_advice(idempotent)
    return error_class(f"{problem} {advice}", safe_to_retry=unsent or idempotent, server_url=server)


def truncated_response(
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


def _reason(parts: list[BaseException]) -> str:
    """Return the plainest description among nested errors: the operating system's text, else the innermost error's."""
    for part in parts:
        if isinstance(part, ssl.SSLCertVerificationError):
            return getattr(part, "verify_message", "") or str(part)
        if isinstance(part, OSError) and not isinstance(part, requests.RequestException) and part.strerror:
            return part.strerror
    text = str(parts[-1]).strip(" .")
    return text[:_MAX_REASON] or type(parts[-1]).__name__
