"""Edge: one attempt to send a request over HTTP: the connection, the redirects, and the response."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ftrack_orm.errors import ProtocolError, StorageError, TransportError
from ftrack_orm.wire.response import excerpt_of

from . import failures, redirects, retries
from .base import Request, Response
from .failures import FOREIGN_ERRORS, AttemptFailed, Destination, destination_of
from .response_body import BodyCut, ReceivedBody
from .streamed_body import StreamedBody

if TYPE_CHECKING:
    import requests

    from .connection_pool import Checkout, ConnectionPools
    from .request_body import RequestBody

#: Seconds to make a connection, whatever the timeout: a server that can be reached accepts one in this time.
CONNECT_TIMEOUT_SECONDS = 10.0


class Attempt:
    """Sends a request once and follows its redirects: `run` on one thread, and perhaps `abort` on another.

    *is_streaming* says whether the response is a stream. Then *on_end* is called when the stream has ended.
    """

    def __init__(self, pools: ConnectionPools, server_url: str, request: Request, body: RequestBody) -> None:
        self.is_streaming = False
        self.on_end: Callable[[], object] = lambda: None
        self._pools = pools
        self._server_url = server_url
        self._request = request
        self._body = body
        self._lock = threading.Lock()
        self._checkout: Checkout | None = None
        self._is_aborted = False

    def abort(self) -> None:
        """Shut down the connection in use, so that `run` fails or the stream ends."""
        with self._lock:
            self._is_aborted = True
            checkout = self._checkout
        if checkout is not None:
            checkout.abort()

    def run(self) -> Response:
        """Return the response with any status but a redirect's.

        Raises `AttemptFailed` for failures that may be retried, and `ProtocolError` or `TransportError` for redirects
        that cannot be followed.
        """
        method, url, headers = self._request.method, self._request.url, self._request.headers
        for _ in range(redirects.MAX_REDIRECTS):
            response = self._send(url, headers)
            if not redirects.is_redirect(response.status):
                return response
            location = response.headers.get("location", "")
            target = redirects.redirect_target(method, url, response.status, location)
            if target is None:
                raise self._refused_redirect(url, location, response)
            if not self._body.rewind():
                raise self._unrepeatable_redirect(url, location)
            url, headers = target, redirects.redirected_headers(headers, url, target)
        message = f"{self._destination(url).name} keeps redirecting."
        raise ProtocolError(message, status=response.status, excerpt=excerpt_of(response.read()))

    def _send(self, url: str, headers: Mapping[str, str]) -> Response:
        checkout = self._check_out(url)
        try:
            response = self._exchange(url, headers, checkout)
        except FOREIGN_ERRORS as error:
            failure = self._failure(error, url)
        except BaseException:
            checkout.discard()
            raise
        else:
            if not self.is_streaming:
                checkout.give_back()
            return response
        checkout.discard()
        # Raised here and not in the handler, so that the exception of the HTTP library is not its context.
        raise failure

    def _check_out(self, url: str) -> Checkout:
        checkout = self._pools.pool_for(url).checkout(self._request.on_sent)
        with self._lock:
            self._checkout = checkout
            is_aborted = self._is_aborted
        if is_aborted:
            checkout.give_back()
            raise retries.cancelled(self._request)
        return checkout

    def _exchange(self, url: str, headers: Mapping[str, str], checkout: Checkout) -> Response:
        timeout = self._request.timeout
        connect_timeout = CONNECT_TIMEOUT_SECONDS if timeout is None else min(CONNECT_TIMEOUT_SECONDS, timeout)
        response = checkout.http.request(
            self._request.method,
            url,
            data=self._body.data,
            headers=dict(headers),
            timeout=(connect_timeout, timeout),
            allow_redirects=False,
            stream=True,
        )
        status, body = response.status_code, ReceivedBody(response)
        lower_headers = {name.lower(): value for name, value in response.headers.items()}
        is_final = status not in retries.TRANSIENT_STATUSES and not redirects.is_redirect(status)
        if self._request.stream and is_final and not body.is_empty:
            self.is_streaming = True
            return Response(status, lower_headers, self._stream(url, response, body, checkout))
        with response:
            return Response(status, lower_headers, self._read_whole(url, status, body))

    def _stream(self, url: str, response: requests.Response, body: ReceivedBody, checkout: Checkout) -> StreamedBody:
        return StreamedBody(
            self._request,
            self._destination(url),
            response,
            body,
            checkout,
            is_aborted=lambda: self._is_aborted,
            on_end=lambda: self.on_end(),
        )

    def _read_whole(self, url: str, status: int, body: ReceivedBody) -> bytes:
        parts: list[bytes] = []
        expected, cause = None, None
        try:
            parts.extend(body)
        except BodyCut as cut:
            expected, cause = cut.expected, cut.__cause__
        else:
            content = b"".join(parts)
            if body.has_announced_end or _may_be_whole(content):
                return content
        error = failures.cut_response(
            self._destination(url), self._request, status, body.received, expected, b"".join(parts)
        )
        raise AttemptFailed(error, retryable=self._request.idempotent, cause=cause)

    def _failure(self, error: BaseException, url: str) -> AttemptFailed:
        if self._body.error is not None:
            message = f"The body of the request to {self._destination(url).name} cannot be read: {self._body.error}"
            return AttemptFailed(StorageError(message), retryable=False, cause=self._body.error)
        return failures.attempt_failed(error, self._destination(url), self._request)

    def _refused_redirect(self, url: str, location: str, response: Response) -> ProtocolError:
        destination, target = self._destination(url), redirects.displayed(url, location)
        message = f"{destination.name} redirects to {target} (HTTP status {response.status}) instead of answering."
        if destination.name == self._server_url:
            message += " If that is the ftrack server, write it in server_url (FTRACK_SERVER)."
        return ProtocolError(message, status=response.status, excerpt=excerpt_of(response.read()), location=target)

    def _unrepeatable_redirect(self, url: str, location: str) -> TransportError:
        return TransportError(
            f"{self._destination(url).name} redirects to {redirects.displayed(url, location)}, and the body of the "
            "request is a stream that cannot be sent twice. Use a seekable one.",
            safe_to_retry=True,
            server_url=self._destination(url).name,
        )

    def _destination(self, url: str) -> Destination:
        return destination_of(url, self._server_url)


def _may_be_whole(content: bytes) -> bool:
    """Return whether a body whose end was not announced can be complete: JSON shows whether its end is missing."""
    return content.rstrip()[-1:] in (b"]", b"}") or content.lstrip()[:1] not in (b"[", b"{")
