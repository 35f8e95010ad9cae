"""Edge: the transport over HTTP: sends requests, retries failures that are harmless to retry, and cancels."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from http import HTTPStatus
from typing import TYPE_CHECKING

from ftrack_orm.errors import InvalidValue, RequestCancelled, TransportError
from ftrack_orm.wire.response import excerpt_of

from . import failures, redirects, retries
from .attempt import Attempt
from .base import without_query
from .connection_pool import ConnectionPools
from .failures import AttemptFailed
from .limits import Limits
from .log_filter import protect_log
from .request_body import RequestBody
from .request_limiter import RequestLimiter

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings

    from .base import Request, Response
    from .cancellation import Cancellation

logger = logging.getLogger("ftrack_orm.transport")


def wait(seconds: float, cancellation: Cancellation | None) -> None:
    """Wait *seconds*, or until cancelled."""
    if cancellation is None:
        time.sleep(seconds)
    else:
        cancellation.wait(seconds)


class HttpTransport:
    """A transport over HTTP with connections that are kept alive.

    *wait* delays a request, *clock* measures how long requests take and connections are idle, and *wall_clock* is the
    time of day in seconds since 1970; tests replace them. The limits of the settings `max_requests_per_second` and
    `max_requests_in_flight` apply to requests to the API, retries included. Files have no such limits: a thread that
    reads one may make requests in between.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        wait: Callable[[float, Cancellation | None], None] = wait,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        protect_log()
        self._server_url = settings.server_url
        self._api_url = settings.server_url + settings.api_endpoint
        self._max_retries = settings.retries
        self._max_bytes = settings.max_response_bytes
        self._clock = clock
        self._wall_clock = wall_clock
        per_second, in_flight = settings.max_requests_per_second, settings.max_requests_in_flight
        self._limiter: RequestLimiter | None = None
        if per_second is not None or in_flight is not None:
            self._limiter = RequestLimiter(per_second, in_flight, wait=wait, clock=clock)
        self._pools = ConnectionPools(settings, clock)
        self._wait = wait

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        """Return the server's response, after as many retries as the settings allow and as are harmless.

        A request that never reached the server is always retried. One that may have reached it is retried only if it is
        idempotent: after a lost connection, a response that was cut, or a transient status. A stream as its body is
        sent again only if it can be rewound or was not read. Timeouts are not retried, and all attempts with their
        delays end within the request's `total_timeout`. The request may limit the number of retries itself.

        Raises `TransportError`, `RequestTimeout`, `RequestCancelled`, `ProtocolError`, `StorageError` for a body that
        cannot be read, `InvalidValue` for a malformed URL, and `SettingsError` for a request that cannot be built.
        """
        if not isinstance(request.url, str):
            raise InvalidValue(f"The URL of a request must be text, not {type(request.url).__name__}.")
        if not redirects.is_http_url(request.url):
            raise InvalidValue(f"{without_query(request.url)!r} is not the URL of an HTTP server.")
        body = RequestBody(request)
        limiter = self._limiter if request.url == self._api_url else None
        limits: Limits | None = None
        max_retries = self._max_retries if request.retries is None else request.retries
        attempt_number = 0
        while True:
            attempt_number += 1
            _raise_if_cancelled(cancellation, is_retry=attempt_number > 1)
            failed: AttemptFailed | None = None
            arrived = self._clock()
            try:
                with limiter.request(cancellation) if limiter is not None else contextlib.nullcontext():
                    # The total time excludes that of waiting for other requests, which delays and never fails.
                    if limits is None:
                        limits = self._limits(request)
                    else:
                        limits.extend(self._clock() - arrived)
                    response = self._attempt(request, body, limits, cancellation)
            except AttemptFailed as failure:
                failed = failure
            if failed is not None:
                may_retry, reason, delay = failed.retryable, failed.error.message, None
            elif response.status in retries.TRANSIENT_STATUSES:
                may_retry, reason = request.idempotent, f"HTTP status {response.status}"
                delay = retries.retry_after(response.headers, self._wall_clock())
            else:
                return response
            if delay is None:
                delay = retries.backoff_delay(attempt_number, random.uniform(1.0, 1.5))
            is_last = attempt_number > max_retries or (limits is not None and not limits.allow(delay))
            if is_last or not may_retry or not body.rewind():
                if failed is not None:
                    raise failed.error from failed.cause
                return self._final_response(response, request)
            logger.debug("Retry %d of %d in %.2f s: %s", attempt_number, max_retries, delay, reason)
            self._wait(delay, cancellation)

    def _limits(self, request: Request) -> Limits:
        """Return the limits of a request that begins now."""
        # A streamed body may be of any size: its reader decides how much of it to keep.
        max_bytes = None if request.stream else self._max_bytes
        return Limits(self._clock, total=request.total_timeout, max_bytes=max_bytes)

    def close(self) -> None:
        """Close the connections; those in use are closed when their exchange ends."""
        self._pools.close()

    def _attempt(
        self, request: Request, body: RequestBody, limits: Limits, cancellation: Cancellation | None
    ) -> Response:
        """Send once. With a cancellation this happens on a thread of its own, which is abandoned when cancelled."""
        attempt = Attempt(self._pools, self._server_url, request, body, limits)
        if cancellation is None:
            return attempt.run()
        outcome: Future[Response] = Future()

        def run() -> None:
            try:
                response = attempt.run()
            except BaseException as error:
                with contextlib.suppress(InvalidStateError):
                    outcome.set_exception(error)
                return
            try:
                outcome.set_result(response)
            except InvalidStateError:
                response.close()

        def cancel() -> None:
            with contextlib.suppress(InvalidStateError):
                outcome.set_exception(retries.cancelled(request))
            attempt.abort()

        remove_callback = attempt.on_end = cancellation.on_cancel(cancel)
        try:
            # An interrupt may arrive before `start` returns, when the request is already under way.
            threading.Thread(target=run, name="ftrack-request", daemon=True).start()
            return outcome.result()
        finally:
            if not outcome.done():
                cancel()  # interrupted from the keyboard
            if not attempt.is_streaming:
                remove_callback()

    def _final_response(self, response: Response, request: Request) -> Response:
        """Return a response with a transient status if it is ftrack's own error object, else raise `TransportError`."""
        body = response.read()
        if body.lstrip()[:1] in (b"{", b"["):
            return response
        server = failures.destination_of(request.url, self._server_url).name
        delay = retries.retry_after(response.headers, self._wall_clock())
        asks = "" if delay is None else f" It asks to wait {delay:g} seconds."
        raise TransportError(
            f"{server} or a gateway before it answered HTTP status {response.status} "
            f"({HTTPStatus(response.status).phrase}).{asks} {retries.retry_advice(request.idempotent)}",
            retry_after=delay,
            safe_to_retry=request.idempotent,
            server_url=server,
            status=response.status,
            excerpt=excerpt_of(body),
        )


def _raise_if_cancelled(cancellation: Cancellation | None, *, is_retry: bool) -> None:
    if cancellation is not None and cancellation.cancelled:
        when = "before it was sent again" if is_retry else "before it was sent"
        # A request is retried only if it was never sent or is idempotent, so nothing can have been done twice.
        raise RequestCancelled(f"The request was cancelled {when}.", safe_to_retry=True)
