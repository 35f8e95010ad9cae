"""Edge: one attempt to send a request over HTTP: the connection, the redirects, and the response."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from http.client import HTTPException
from typing import TYPE_CHECKING

from ftrack_orm.errors import ProtocolError, StorageError, TransportError
from ftrack_orm.wire.response import excerpt_of

from . import failures, redirects, retries
from .base import Request, Response
from .failures import AttemptFailed, Destination, destination_of
from .redaction import clear_frames
from .response_body import ReceivedBody, TruncatedBody
from .streamed_body import StreamedBody

if TYPE_CHECKING:
    import requests

    from .connection_pool import Checkout, ConnectionPools
    from .limits import Limits
    from .request_body import RequestBody

#: Seconds to make a connection, whatever the timeout: a server that can be reached accepts one in this time.
CONNECT_TIMEOUT_SECONDS = 10.0


class Attempt:
    """Sends a request once and follows its redirects: `run` on one thread, and perhaps `abort` on another.

    *is_streaming* says whether the response is a stream. Then *on_end* is called when the stream has ended.
    """

    def __init__(
        self, pools: ConnectionPools, server_url: str, request: Request, body: RequestBody, limits: Limits
    ) -> None:
        self.is_streaming = False
        self.on_end: Callable[[], object] = lambda: None
        self._pools = pools
        self._server_url = server_url
        self._request = request
        # Neither is ever a local variable: tools that print tracebacks with the variables of their frames would print
        # the API key with the headers.
        self._url, self._headers = request.url, request.headers
        self._is_redirected = False
        self._body = body
        self._limits = limits
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
        for _ in range(redirects.MAX_REDIRECTS):
            response = self._send()
            if not redirects.is_redirect(response.status):
                return response
            target = redirects.redirect_target(self._request.method, self._url, response.status, _location(response))
            if target is None:
                raise self._refused_redirect(response)
            if not self._body.rewind():
                raise self._unrewindable_redirect(response)
            self._headers = redirects.redirected_headers(self._headers, self._url, target)
            self._url, self._is_redirected = target, True
        message = f"{self._destination().name} keeps redirecting."
        raise ProtocolError(
            message,
            status=response.status,
            excerpt=excerpt_of(response.read()),
            safe_to_retry=self._request.idempotent,
        )

    def _send(self) -> Response:
        checkout = self._check_out()
        try:
            response = self._exchange(checkout)
        except AttemptFailed:
            checkout.discard()
            raise
        except MemoryError as error:
            checkout.discard()
            clear_frames(error)
            raise
        except Exception as error:
            # The HTTP libraries raise more than they document for hostile responses.
            failure = self._failure(error, checkout)
        except BaseException as error:
            checkout.discard()
            clear_frames(error)
            raise
        else:
            if not self.is_streaming:
                checkout.give_back()
            return response
        checkout.discard()
        # Raised here and not in the handler, so that the exception of the HTTP library is not its context.
        raise failure

    def _check_out(self) -> Checkout:
        try:
            pool = self._pools.pool_for(self._url)
        except ValueError as error:
            raise self._failure(error, None) from None
        checkout = pool.checkout(self._limits, self._request.on_sent)
        with self._lock:
            self._checkout = checkout
            is_aborted = self._is_aborted
        if is_aborted:
            checkout.give_back()
            raise retries.cancelled(self._request)
        return checkout

    def _exchange(self, checkout: Checkout) -> Response:
        timeout, left = self._request.timeout, self._limits.seconds_left()
        connect_timeout = min(
            CONNECT_TIMEOUT_SECONDS, *(each for each in (timeout, left) if each is not None), math.inf
        )
        response = checkout.connection.send(
            self._request.method, self._url, self._headers, self._body.data, (connect_timeout, timeout)
        )
        status, body = response.status_code, ReceivedBody(response, self._limits)
        if status < 200:
            # http.client takes interim responses for final ones. The final one would answer the next request.
            response.close()
            raise HTTPException(f"the interim response {status} was not followed by a final one")
        lower_headers = {name.lower(): value for name, value in response.headers.items()}
        is_final = status not in retries.TRANSIENT_STATUSES and not redirects.is_redirect(status)
        if self._request.stream and is_final and not body.is_empty:
            self.is_streaming = True
            return Response(status, lower_headers, self._stream(response, body, checkout))
        with response:
            content = self._read_whole(status, body)
            return Response(status, lower_headers, content, body.transferred)

    def _stream(self, response: requests.Response, body: ReceivedBody, checkout: Checkout) -> StreamedBody:
        return StreamedBody(
            self._request,
            self._destination(),
            response,
            body,
            checkout,
            is_aborted=lambda: self._is_aborted,
            on_end=lambda: self.on_end(),
        )

    def _read_whole(self, status: int, body: ReceivedBody) -> bytes:
        parts: list[bytes] = []
        expected, cause = None, None
        try:
            parts.extend(body)
        except TruncatedBody as cut:
            expected, cause = cut.expected, cut.__cause__
            clear_frames(cut)
        else:
            content = b"".join(parts)
            if body.has_announced_end or _may_be_whole(content):
                return content
        error = failures.truncated_response(
            self._destination(), self._request, status, body.received, expected, b"".join(parts)
        )
        raise AttemptFailed(error, retryable=self._request.idempotent, cause=cause)

    def _failure(self, error: BaseException, checkout: Checkout | None) -> AttemptFailed:
        if self._body.error is not None:
            message = f"The body of the request to {self._destination().name} cannot be read: {self._body.error}"
            return AttemptFailed(StorageError(message), retryable=False, cause=self._body.error)
        has_sent = checkout is not None and checkout.has_sent
        return failures.attempt_failed(
            error, self._destination(), self._request, has_sent=has_sent, is_redirected=self._is_redirected
        )

    def _refused_redirect(self, response: Response) -> ProtocolError:
        destination, target = self._destination(), redirects.displayed(self._url, _location(response))
        message = f"{destination.name} redirects to {target} (HTTP status {response.status}) instead of answering."
        if destination.name == self._server_url:
            message += " If that is the ftrack server, write it in server_url (FTRACK_SERVER)."
        return ProtocolError(
            message,
            status=response.status,
            excerpt=excerpt_of(response.read()),
            location=target,
            safe_to_retry=self._request.idempotent,
        )

    def _unrewindable_redirect(self, response: Response) -> TransportError:
        return TransportError(
            f"{self._destination().name} redirects to {redirects.displayed(self._url, _location(response))}, and the "
            "body of the request is a stream that cannot be sent twice. Use a seekable one.",
            safe_to_retry=True,
            server_url=self._destination().name,
        )

    def _destination(self) -> Destination:
        return destination_of(self._url, self._server_url)


def _location(response: Response) -> str:
    return response.headers.get("location", "")


def _may_be_whole(content: bytes) -> bool:
    """Return whether a body whose end was not announced can be complete: JSON shows whether its end is missing."""
    return content.rstrip()[-1:] in (b"]", b"}") or content.lstrip()[:1] not in (b"[", b"{")
