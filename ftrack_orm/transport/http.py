"""Edge: the way to a server over HTTP: sending, cancelling, and sending again what can be sent again without harm."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from ftrack_orm.errors import ProtocolError, RequestCancelled, SettingsError, TransportError
from ftrack_orm.wire.response import EXCERPT_LENGTH, excerpt_of

from . import failures
from .base import Request, Response
from .connection_pool import ConnectionPool, Lease

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings

    from .cancellation import Cancellation

logger = logging.getLogger("ftrack_orm.transport")

#: Seconds a connection may take to be made, whatever the timeout: a server that can be reached answers within these.
CONNECT_LIMIT = 10.0
#: Seconds before the first repetition, doubling up to the longest; a server's `Retry-After` may ask for more.
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0
LONGEST_RETRY_AFTER = 60.0
#: Statuses of a gateway or of a server that is overloaded or being restarted: a moment later may be different.
PASSING_STATUSES = frozenset({429, 502, 503, 504})
#: Redirects that keep the method; the others make a GET of a POST in most software.
_KEEPING_METHOD = frozenset({307, 308})
_MOST_REDIRECTS = 5
_CHUNK = 1 << 18

_FOREIGN = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError)
_CUT_SHORT = (
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.DecodeError,
)


def pause(seconds: float, cancellation: Cancellation | None) -> None:
    """Wait *seconds*, or until cancelled."""
    if cancellation is None:
        time.sleep(seconds)
    else:
        cancellation.wait(seconds)


class HttpTransport:
    """A transport over HTTP with connections that are kept alive.

    *pause* and *clock* stand for waiting and for the time, so that tests need neither.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        pause: Callable[[float, Cancellation | None], None] = pause,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._server = settings.server_url
        self._url = f"{settings.server_url}/api"
        self._connections = ConnectionPool(self._url, settings, clock)
        self._pause = pause

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        """Return the server's answer, after as many repetitions as the settings allow and are harmless.

        A request that never reached the server is sent again whatever it does. One that may have reached it is sent
        again only when it just reads: after a lost connection, an answer cut short, or a status that passes. A time
        limit that is over is told at once. Raises `TransportError`, `RequestTimeout`, `RequestCancelled`,
        `ProtocolError` and, for a request that cannot be put together, `SettingsError`.
        """
        attempt = 0
        while True:
            attempt += 1
            _refuse_cancelled(cancellation, again=attempt > 1)
            last = attempt > self._settings.retries
            asked: float | None = None
            try:
                answer = self._exchange(request, cancellation)
            except failures.AttemptFailed as failed:
                if last or not failed.again:
                    raise failed.error from failed.__cause__
                reason = failed.error.message
            else:
                if answer.status not in PASSING_STATUSES:
                    return answer
                if last or not request.repeatable:
                    return self._spoken_by_ftrack(answer, request)
                reason, asked = f"HTTP status {answer.status}", _retry_after(answer)
            seconds = _pause_before(attempt) if asked is None else asked
            logger.debug("Sending again in %.2f s (%d of %d): %s", seconds, attempt, self._settings.retries, reason)
            self._pause(seconds, cancellation)

    def close(self) -> None:
        """Close the connections; those of exchanges under way are closed when these end."""
        self._connections.close()

    def _exchange(self, request: Request, cancellation: Cancellation | None) -> Response:
        """Send once; with a cancellation on a thread of its own, which is left behind when cancelled."""
        if cancellation is None:
            with self._connections.borrowed(request.on_sent) as loan:
                return self._converse(loan.http, request)
        outcome: Future[Response] = Future()
        loans: list[Lease] = []

        def converse() -> None:
            try:
                with self._connections.borrowed(request.on_sent) as loan:
                    loans.append(loan)
                    # `give_up` may have come too early to find the loan.
                    _refuse_cancelled(cancellation, again=False)
                    answer = self._converse(loan.http, request)
            except BaseException as error:
                with contextlib.suppress(InvalidStateError):
                    outcome.set_exception(error)
            else:
                with contextlib.suppress(InvalidStateError):
                    outcome.set_result(answer)

        def give_up() -> None:
            message = "The request was cancelled while it was under way. " + failures.consequence(request.repeatable)
            with contextlib.suppress(InvalidStateError):
                outcome.set_exception(RequestCancelled(message, safe_to_retry=request.repeatable))
            for loan in loans:
                loan.cut()

        threading.Thread(target=converse, name="ftrack-request", daemon=True).start()
        forget = cancellation.on_cancel(give_up)
        try:
            return outcome.result()
        finally:
            forget()
            if not outcome.done():
                give_up()  # interrupted from the keyboard

    def _converse(self, http: requests.Session, request: Request) -> Response:
        """Send once with *http*, following redirects that keep the method. Raises `Failed` or `ProtocolError`."""
        url = self._url
        for _ in range(_MOST_REDIRECTS):
            try:
                answer = self._post(http, url, request)
            except _FOREIGN as error:
                if isinstance(error, requests.RequestException):
                    # It holds the request, and with that the API key, for whoever prints the chain of causes.
                    error.request = None
                raise self._failed(error, request) from error
            if not 300 <= answer.status < 400:
                return answer
            url = self._redirected(url, answer)
        raise ProtocolError(f"{self._server} keeps redirecting.", status=answer.status, excerpt=_excerpt(answer.body))

    def _post(self, http: requests.Session, url: str, request: Request) -> Response:
        connecting = CONNECT_LIMIT if request.timeout is None else min(CONNECT_LIMIT, request.timeout)
        with http.post(
            url,
            data=request.body,
            headers=dict(request.headers),
            timeout=(connecting, request.timeout),
            allow_redirects=False,
            stream=True,
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Response(response.status_code, headers, self._whole_body(response, request))

    def _whole_body(self, response: requests.Response, request: Request) -> bytes:
        """Return the body, having made sure that all of it came; raises `Failed` when the end is missing."""
        parts: list[bytes] = []
        announced = response.headers.get("content-length", "")
        in_chunks = "transfer-encoding" in response.headers
        expected = int(announced) if announced.isdigit() and not in_chunks else None
        cause: BaseException | None = None
        try:
            parts.extend(_chunks(response))
        except _CUT_SHORT as error:
            cause = error
        body = b"".join(parts)
        if cause is None:
            if in_chunks:
                return body
            if expected is None:
                # A body without an announced end ends where the connection does, and so does one whose headers were
                # cut, which Python's http.client takes for whole. Only the JSON can tell.
                whole = body.rstrip()[-1:] in (b"]", b"}") or body.lstrip()[:1] not in (b"", b"[", b"{")
            else:
                # Older urllib3 takes less than was announced for all there is.
                whole = response.raw.tell() >= expected
            if whole:
                return body
        broken = failures.cut_short(
            self._server, response.status_code, body, expected, repeatable=request.repeatable, excerpt=EXCERPT_LENGTH
        )
        raise failures.AttemptFailed(broken, again=request.repeatable) from cause

    def _failed(self, error: BaseException, request: Request) -> failures.AttemptFailed:
        if type(error) is OSError and "certificate" in str(error):
            message = f"ca_bundle names no file or folder of certificates: {self._settings.ca_bundle}."
            return failures.AttemptFailed(SettingsError(message, setting="ca_bundle"), again=False)
        found = failures.as_library_error(
            error, server_url=self._server, repeatable=request.repeatable, timeout=request.timeout
        )
        return failures.AttemptFailed(found, again=failures.worth_retrying(error, repeatable=request.repeatable))

    def _redirected(self, url: str, answer: Response) -> str:
        """Return where to send the request instead, or raise `ProtocolError` naming where the server points to.

        Only the same server is followed, or the same host from http to https: the request carries the API key.
        """
        target = urljoin(url, answer.headers.get("location", ""))
        here, there = urlsplit(url), urlsplit(target)
        same_server = (here.scheme, here.netloc) == (there.scheme, there.netloc)
        upgraded = here.hostname == there.hostname and (here.scheme, there.scheme) == ("http", "https")
        if answer.status in _KEEPING_METHOD and (same_server or upgraded) and target != url:
            return target
        # Without the query: it may hold what a login page wants back.
        shown = f"{there.scheme}://{there.netloc.rpartition('@')[2]}{there.path}".removesuffix("/api")
        raise ProtocolError(
            f"{self._server} answers no API calls but redirects to {shown} (HTTP status {answer.status}). "
            "If that is the ftrack server, write it in server_url (FTRACK_SERVER).",
            status=answer.status,
            excerpt=_excerpt(answer.body),
            location=shown,
        )

    def _spoken_by_ftrack(self, answer: Response, request: Request) -> Response:
        """Return an answer with a passing status if its body can be ftrack's own words, else raise `TransportError`."""
        if answer.body.lstrip()[:1] in (b"{", b"["):
            return answer
        raise TransportError(
            f"{self._server} or a gateway before it answered HTTP status {answer.status} "
            f"({HTTPStatus(answer.status).phrase}). {failures.consequence(request.repeatable)}",
            safe_to_retry=request.repeatable,
            server_url=self._server,
            status=answer.status,
            excerpt=_excerpt(answer.body),
        )


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Yield the body as it comes, so that an error can show what came before the line broke."""
    read = getattr(response.raw, "read1", None)
    if read is None or response.is_redirect:
        # urllib3 before 2 cannot, and the body of a redirect has been read by requests already.
        yield from response.iter_content(_CHUNK)
        return
    while chunk := read(_CHUNK, decode_content=True):
        yield chunk


def _refuse_cancelled(cancellation: Cancellation | None, *, again: bool) -> None:
    if cancellation is not None and cancellation.cancelled:
        when = "before it was sent again" if again else "before it was sent"
        # Repeated is only what was never sent or just reads, so nothing can have been done by then.
        raise RequestCancelled(f"The request was cancelled {when}.", safe_to_retry=True)


def _pause_before(attempt: int) -> float:
    # Up to half as much again, so that a render farm does not come back all at once.
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempt - 1)) * random.uniform(1.0, 1.5)


def _retry_after(answer: Response) -> float | None:
    """Return the seconds a server asks to wait, capped; a date instead of seconds is not worth a calendar here."""
    text = answer.headers.get("retry-after", "").strip()
    return min(float(text), LONGEST_RETRY_AFTER) if text.isdigit() else None


def _excerpt(body: bytes) -> str:
    return excerpt_of(body)
