"""Edge: sends operations to the session's server and returns their replies, over any transport."""

from __future__ import annotations

import functools
import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from operator import methodcaller
from typing import TYPE_CHECKING, Protocol, TypeVar

import attrs

from ftrack_orm.errors import FtrackError, InvalidValue, SessionClosed
from ftrack_orm.introspection import introspection, refusal
from ftrack_orm.request_options import NO_OPTIONS, OptionBlocks, RequestOptions
from ftrack_orm.wire import json_text
from ftrack_orm.wire.operations import Operation, are_read_only
from ftrack_orm.wire.response import read_replies

from .base import Request, Transport
from .headers import session_headers
from .redaction import redact
from .shared_requests import PROCESS_WRITES, SharedRequests
from .thread_pool import DaemonThreadPool

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ftrack_orm.settings import Settings
    from ftrack_orm.wire.replies import Reply

    from .cancellation import Cancellation

logger = logging.getLogger("ftrack_orm.transport")

T = TypeVar("T")

#: The size from which a response is parsed on the thread that wants it. Errors are smaller.
LARGE_RESPONSE_BYTES = 1 << 14
#: The beginning of the error for a request that a tool would cause by looking at values.
_REFUSED = "No request is made"
#: The longest time to wait until a background request is sent. A new connection may take longer.
SENT_TIMEOUT_SECONDS = 0.02


class BackgroundWorker(Protocol):
    """Runs work in the background: a thread pool, or the tasks of an event loop."""

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run *work* later and return the future of its result. Raises `SessionClosed` after `close()`."""

    def close(self) -> None:
        """Cancel the work that has not begun and accept no more. Does not wait."""


class RequestSpan(Protocol):
    """The record of one request in a trace."""

    def sending(self) -> AbstractContextManager[object]:
        """Return the block in which the request is sent: spans that begin in it are children of this one."""

    def end(self, exchange: Exchange) -> None:
        """Complete the record with the finished request."""


#: Begins the record of a request with these operations, or returns None when there is no tracer.
BeginSpan = Callable[[Sequence[Operation]], "RequestSpan | None"]
#: The module that a program imports before it records spans. Without it, a request costs no call for tracing.
TRACING_MODULE = "opentelemetry.trace"


@attrs.frozen
class Exchange:
    """One finished request to the API, as observers receive it.

    *seconds* is the time from sending until the replies are parsed, or until the response has arrived for a large page
    that was fetched ahead. *answer_bytes* is the size of the body of the response as it was transferred, usually
    compressed.
    """

    operations: tuple[Operation, ...]
    seconds: float
    request_bytes: int
    answer_bytes: int
    #: The error it failed with, or None.
    error: BaseException | None = None

    @property
    def description(self) -> str:
        """The summaries of the operations, for people."""
        return "; ".join(operation.summary for operation in self.operations)


class BackgroundCall:
    """A call in progress: *future* holds a function that parses the replies."""

    def __init__(self, future: Future[Callable[[], list[Reply]]]) -> None:
        self._future = future

    def result(self, timeout: float | None = None) -> list[Reply]:
        """Return the replies, waiting up to *timeout* seconds for them, or raise the error of the call."""
        return self._future.result(timeout)()

    def cancel(self) -> None:
        """Do not send the request if that has not begun."""
        self._future.cancel()


class Channel:
    """Sends operations over a transport. Any number of threads may call it at the same time.

    *observers* are called with the `Exchange` after each call, on the thread that called. Append to the list to count
    requests, for example. *clock* measures the time of an exchange. *background* runs submitted calls; it belongs to
    the channel. *sent_timeout* limits, in seconds, how long `submit` waits until the request is sent; 0 does not wait.
    *begin_span* is called for each request of a program that uses OpenTelemetry, on the thread that calls, before the
    request is sent.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        *,
        clock: Callable[[], float] = time.perf_counter,
        background: BackgroundWorker | None = None,
        sent_timeout: float = SENT_TIMEOUT_SECONDS,
        begin_span: BeginSpan | None = None,
    ) -> None:
        self._settings = settings
        self._url = settings.server_url + settings.api_endpoint
        self._session_headers = {
            "content-type": "application/json",
            "accept": "application/json",
            **session_headers(settings),
        }
        self._total_timeout = settings.total_seconds(settings.timeout)
        self._secrets = (settings.api_key, *settings.cookies.values())
        self.transport = transport
        self._clock = clock
        self._background = DaemonThreadPool() if background is None else background
        self._sent_timeout = sent_timeout
        self._begin_span = begin_span
        self._closing = threading.Lock()
        self._closed = False
        #: The blocks of code whose requests have options of their own.
        self.option_blocks = OptionBlocks()
        self.observers: list[Callable[[Exchange], None]] = []
        #: The requests in progress that other threads may wait for.
        self.shared_requests = SharedRequests()

    @property
    def closed(self) -> bool:
        """Whether `close()` was called."""
        return self._closed

    def call(
        self,
        operations: Sequence[Operation],
        *,
        push_token: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
        denormalize: bool = False,
        shares: bool = False,
    ) -> list[Reply]:
        """Send all *operations* in one request and return one reply for each. Without operations, send nothing.

        *push_token* comes back in the events that the operations cause. *headers* override all others. *timeout* is in
        seconds; the default is that of the settings. Options that are not given are those of the block that the caller
        is in, see `option_blocks`. *denormalize* asks for repeated entities in full each time. With *shares*, a request
        that only reads is not sent while another thread waits for the response to the same one: both get that response.

        Raises `ServerError` (or a branch) when the server refuses, `TransportError` when no response arrives,
        `ProtocolError` for an unexpected one, `SessionClosed` after `close()`, `InvalidValue` for values that JSON
        cannot express, and `NotFetched` when completion or a debugger's view of variables is the caller.
        """
        operations = tuple(operations)
        if not operations:
            self._check_open()
            return []
        if introspection() is not None:
            raise refusal(_REFUSED)

        options = self.option_blocks.current()
        if (headers, push_token, timeout, cancellation) != (None, None, None, None):
            options = RequestOptions(headers, push_token, timeout, cancellation).over(options)
        read = functools.partial(read_replies, operations=operations)
        begin = self._begin_span if TRACING_MODULE in sys.modules else None
        span = None if begin is None else begin(operations)
        return self._exchange(operations, options, read, denormalize=denormalize, shares=shares, span=span)

    def submit(self, operations: Sequence[Operation], *, denormalize: bool = False) -> BackgroundCall:
        """Do the same as `call` in the background, and return an object that waits for the replies.

        It returns when the request is sent, if the transport reports that: Python runs one thread at a time, so a busy
        caller would otherwise delay the request while the server could already work. The request is shared with other
        threads, as by `call` with *shares*. Raises `SessionClosed` after `close()`, which cancels calls that have not
        begun.
        """
        if introspection() is not None:
            raise refusal(_REFUSED)
        operations = tuple(operations)
        # Those of the caller: the thread that sends the request is in no block.
        options = self.option_blocks.current()
        begin = self._begin_span if TRACING_MODULE in sys.modules else None
        span = None if begin is None else begin(operations)
        sent = threading.Event()

        def read(status: int, body: bytes) -> Callable[[], list[Reply]]:
            def parse() -> list[Reply]:
                return read_replies(status, body, operations)

            # A large response is parsed by the thread that wants it: objects that were created on one processor are
            # slow to use on another. An error is small, and is known as soon as it arrives.
            if len(body) > LARGE_RESPONSE_BYTES:
                return parse
            replies = parse()
            return lambda: replies

        def work() -> Callable[[], list[Reply]]:
            try:
                if not operations:
                    return list
                return self._exchange(
                    operations, options, read, sent.set, denormalize=denormalize, shares=True, span=span
                )
            finally:
                sent.set()

        future = self._background.submit(work)
        if self._sent_timeout:
            sent.wait(self._sent_timeout)
        return BackgroundCall(future)

    def run_in_background(self, work: Callable[[], None]) -> None:
        """Run *work* on a thread in the background. Raises `SessionClosed` after `close()`, which cancels queued work.

        *work* must not wait for calls that are submitted: there are only a few threads.
        """
        self._background.submit(work)

    def _exchange(
        self,
        operations: tuple[Operation, ...],
        options: RequestOptions,
        read: Callable[[int, bytes], T],
        on_sent: Callable[[], object] | None = None,
        *,
        denormalize: bool,
        shares: bool,
        span: RequestSpan | None,
    ) -> T:
        """Send *operations*, return the result of *read* for the response, notify the observers and end *span*."""
        self._check_open()
        timeout = options.timeout
        body = _encoded(operations)
        request = Request(
            method="POST",
            url=self._url,
            headers=self._headers(options, denormalize),
            body=body,
            timeout=self._settings.timeout if timeout is None else timeout,
            total_timeout=self._total_timeout if timeout is None else self._settings.total_seconds(timeout),
            idempotent=are_read_only(operations),
            on_sent=on_sent,
        )
        started = self._clock()
        answer_bytes, content, is_sent = 0, b"", False
        error: BaseException | None = None

        def send() -> tuple[int, bytes]:
            nonlocal is_sent, answer_bytes
            is_sent = True
            with nullcontext() if span is None else span.sending():
                response = self.transport.send(request, options.cancellation)
            answer_bytes = response.transferred_bytes or 0
            return response.status, response.read()

        try:
            if shares and request.idempotent and options.push_token is None:
                request_key = (body, denormalize, options.timeout, tuple(sorted(options.headers.items())))
                status, content = self.shared_requests.send_or_join(
                    request_key, send, cancellation=options.cancellation, on_joined=on_sent
                )
            else:
                status, content = send()
            answer_bytes = answer_bytes or len(content)
            return read(status, content)
        except BaseException as failure:
            error = failure
            if isinstance(failure, FtrackError):
                redact(failure, self._secrets, content)
            content = b""
            raise
        finally:
            if not request.idempotent:
                PROCESS_WRITES.note()
            if is_sent:
                exchange = Exchange(operations, self._clock() - started, len(body), answer_bytes, error)
                self._notify_observers(exchange)
                if span is not None:
                    span.end(exchange)

    def _headers(self, options: RequestOptions, denormalize: bool) -> dict[str, str]:
        """Return the headers of the session, those that the options stand for, and the caller's own on top."""
        headers = dict(self._session_headers)
        if denormalize:
            headers.setdefault("ftrack-api-options", "strict:1;denormalize:1")
        if options is not NO_OPTIONS:
            if options.push_token is not None:
                headers.setdefault("ftrack-pushtoken", options.push_token)
            headers.update(options.headers)
        return headers

    def _check_open(self) -> None:
        if self._closed:
            raise SessionClosed("The session is closed and cannot send requests.")

    def close(self) -> None:
        """Accept no more calls and close the connections. Calls in progress continue. Does not wait."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._background.close()
        self.transport.close()

    def _notify_observers(self, exchange: Exchange) -> None:
        outcome = "answered" if exchange.error is None else type(exchange.error).__name__
        logger.debug(
            "%d operations, %d bytes sent, %d bytes received, %.1f ms: %s",
            len(exchange.operations),
            exchange.request_bytes,
            exchange.answer_bytes,
            exchange.seconds * 1000,
            outcome,
        )
        for observer in tuple(self.observers):
            try:
                observer(exchange)
            except KeyboardInterrupt:
                raise
            except BaseException:
                # The defect of an observer must not lose a reply: the server may have done the work.
                logger.exception("An observer of the channel failed")


def _encoded(operations: Sequence[Operation]) -> bytes:
    try:
        # Each operation becomes JSON while it is written and is dropped again, so that a large commit is not in memory
        # twice.
        return json_text.dumps(list(operations), default=methodcaller("to_json"))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidValue(f"The operations cannot be written as JSON: {str(error).rstrip('.')}.") from error
