"""Pure: what the exceptions of the HTTP libraries mean: whether anything was sent, and what one can do about it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3.exceptions

from ftrack_orm.errors import FtrackError, RequestTimeout, SettingsError, TransportError

#: Of these urllib3 promises that no request was sent: the connection, or the one to the proxy, was never made.
_NEVER_CONNECTED = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    ssl.SSLCertVerificationError,
)
#: The request itself could not be put together, from the settings of whoever asked.
_UNSENDABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidProxyURL,
    urllib3.exceptions.LocationValueError,
    UnicodeError,
)
_TIMEOUTS = (TimeoutError, urllib3.exceptions.TimeoutError, requests.exceptions.Timeout)


class AttemptFailed(Exception):
    """Inside the transport only: one exchange failed with *error*; *again* says that sending again may help."""

    def __init__(self, error: FtrackError, *, again: bool) -> None:
        super().__init__(error.message)
        self.error = error
        self.again = again


def nothing_sent(error: BaseException) -> bool:
    """Whether the failure came before the first byte of the request, so that the server cannot have done any work."""
    return any(isinstance(part, _NEVER_CONNECTED + _UNSENDABLE) for part in _parts(error))


def worth_retrying(error: BaseException, *, repeatable: bool) -> bool:
    """Whether sending again can do no harm and may help.

    A request that was never sent is always harmless; one that was is so only when it just reads. A certificate that
    is not trusted will not be so a moment later, and a time limit is the caller's wish to hear of it now.
    """
    parts = list(_parts(error))
    if any(isinstance(part, (ssl.SSLError, requests.exceptions.SSLError, *_UNSENDABLE)) for part in parts):
        return False
    if nothing_sent(error):
        return True
    return repeatable and not _timed_out(parts)


def as_library_error(error: BaseException, *, server_url: str, repeatable: bool, timeout: float | None) -> FtrackError:
    """Return the library's error for a failed exchange, saying what happened and what to do.

    The result is a `SettingsError` when the request could not even be put together, else a `TransportError`.
    """
    parts = list(_parts(error))
    unsent = nothing_sent(error)

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(part, kinds) for part in parts)

    if has(*_UNSENDABLE):
        # The text of the foreign error may quote a header, so it is left out.
        return SettingsError(
            f"The request to {server_url} cannot be sent ({type(error).__name__}): check server_url (FTRACK_SERVER), "
            "headers and proxies."
        )
    kind: type[TransportError] = TransportError
    if has(requests.exceptions.ProxyError, urllib3.exceptions.ProxyError):
        what = f"The proxy on the way to {server_url} cannot be used: {_reason(parts)}."
        advice = "Check the session's proxies argument, or HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
    elif has(ssl.SSLError, requests.exceptions.SSLError):
        what = f"No trusted connection to {server_url}: {_reason(parts)}."
        advice = (
            "When the studio has its own certificates, name their file in ca_bundle or REQUESTS_CA_BUNDLE; "
            "when the server speaks plain HTTP, write http:// in FTRACK_SERVER."
        )
    elif has(socket.gaierror, urllib3.exceptions.NameResolutionError):
        what = f"The host of {server_url} is not known: {_reason(parts)}."
        advice = "Check server_url (FTRACK_SERVER) and the network."
    elif unsent and _timed_out(parts):
        kind = RequestTimeout
        what = f"{server_url} did not accept a connection in time."
        advice = "Nothing was sent. Check server_url (FTRACK_SERVER), the network and its firewall."
    elif _timed_out(parts):
        kind = RequestTimeout
        what = f"{server_url} was silent for {timeout:g} seconds." if timeout else f"{server_url} was silent too long."
        advice = "Raise the timeout if the work takes that long. " + consequence(repeatable)
    elif unsent:
        what = f"Cannot connect to {server_url}: {_reason(parts)}."
        advice = "Nothing was sent. Check server_url (FTRACK_SERVER) and whether the server runs."
    else:
        what = f"The connection to {server_url} was lost: {_reason(parts)}."
        advice = consequence(repeatable)
    return kind(f"{what} {advice}", safe_to_retry=unsent or repeatable, server_url=server_url)


def cut_short(
    server_url: str, status: int, received: bytes, expected: int | None, *, repeatable: bool, excerpt: int
) -> TransportError:
    """Return the error for an answer whose end never came, with its status and the first *excerpt* characters."""
    size = f"{len(received)} of {expected} bytes" if expected is not None else f"{len(received)} bytes"
    return TransportError(
        f"The answer of {server_url} (HTTP status {status}) was cut short after {size}. {consequence(repeatable)}",
        safe_to_retry=repeatable,
        server_url=server_url,
        status=status,
        excerpt=received[: excerpt * 4].decode("utf-8", "replace")[:excerpt],
    )


def consequence(repeatable: bool) -> str:
    """Return the sentence that tells what a request that was sent, but not answered, may have done."""
    if repeatable:
        return "It was a request that only reads, so asking again is safe."
    return "The server may or may not have done the work."


def _timed_out(parts: list[BaseException]) -> bool:
    # urllib3 derives "no connection" from its connect timeout, also when it was refused at once.
    refused = urllib3.exceptions.NewConnectionError
    return any(isinstance(part, _TIMEOUTS) and not isinstance(part, refused) for part in parts)


def _parts(error: BaseException) -> Iterator[BaseException]:
    """Walk an error and what it is made of: the libraries wrap the cause as an argument, a reason or a context."""
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
    """Return the plainest description among nested errors: the operating system's own words, else the innermost."""
    for part in parts:
        if isinstance(part, ssl.SSLCertVerificationError):
            return getattr(part, "verify_message", "") or str(part)
        if isinstance(part, OSError) and not isinstance(part, requests.RequestException) and part.strerror:
            return part.strerror
    text = str(parts[-1]).strip(" .")
    return text or type(parts[-1]).__name__
