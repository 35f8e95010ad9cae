"""Edge: operations in, replies out: how a session speaks to its server, whatever way the bytes take."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from operator import methodcaller
from typing import TYPE_CHECKING, TypeVar

import attrs

from ftrack_orm.errors import InvalidValue, SessionClosed
from ftrack_orm.settings import Settings, check_header_value
from ftrack_orm.wire import json_text
from ftrack_orm.wire.operations import Operation, are_read_only
from ftrack_orm.wire.response import read_replies

from .base import Request, Response, Transport
from .cancellation import Cancellation
from .thread_pool import DaemonThreadPool

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ftrack_orm.wire.replies import Reply

logger = logging.getLogger("ftrack_orm.transport")

T = TypeVar("T")

#: Bytes from which on an answer is large: errors are smaller.
LARGE = 1 << 14
#: Seconds that a caller lets a request in the background have to get on the line; a new connection may take longer.
HEAD_START = 0.02


@attrs.frozen
class Exchange:
    """One finished call to the server, as observers are told of it.

    *seconds* are those from sending until the answer is read, or, of a large page that was fetched ahead, until it is
    there.
    """

    operations: tuple[Operation, ...]
    seconds: float
    request_bytes: int
    answer_bytes: int
    #: Why it failed, or None when it went well.
    error: BaseException | None = None

    @property
    def description(self) -> str:
        """What the call was about, for people: the operations' summaries."""
        return "; ".join(operation.summary for operation in self.operations)


@attrs.frozen
class _Options:
    """How a call differs from others, as `Channel.call` describes it."""

    push_token: str | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict)
    timeout: float | None = None
    cancellation: Cancellation | None = None
    denormalize: bool = False


class BackgroundCall:
    """Replies that are on their way."""

    def __init__(self, future: Future[Callable[[], list[Reply]]]) -> None:
        self._future = future

    def result(self, timeout: float | None = None) -> list[Reply]:
        """Return the replies, waiting up to *timeout* seconds for them, or raise why there are none."""
        return self._future.result(timeout)()

    def cancel(self) -> None:
        """Do not ask, if that has not begun."""
        self._future.cancel()


class Channel:
    """Speaks ftrack's API over a transport; any number of threads may call at the same time.

    *observers* are called with the `Exchange` after each call, on the thread that called. Append to the list to count
    requests, for example. *clock* stands for the time.
    """

    def __init__(
        self, settings: Settings, transport: Transport, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._background = DaemonThreadPool()
        self._closing = threading.Lock()
        self._closed = False
        self.observers: list[Callable[[Exchange], None]] = []

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
    ) -> list[Reply]:
        """Send all *operations* as one request and return one reply for each; no operations make no request.

        *push_token* comes back in the events the operations cause. *headers* win over all others. *timeout* is in
        seconds, the settings' when left out. *denormalize* asks for repeated entities in full each time they appear.

        Raises `ServerError` (or a branch) for a refusal, `TransportError` when no answer came, `ProtocolError` for a
        strange one, `SessionClosed` after `close()`, and `InvalidValue` for what JSON cannot hold.
        """
        operations = tuple(operations)
        if not operations:
            self._check_open()
            return []

        def read(answer: Response) -> list[Reply]:
            return read_replies(answer.status, answer.body, operations)

        options = _Options(push_token, headers or {}, timeout, cancellation, denormalize)
        return self._exchange(operations, options, read)

    def submit(self, operations: Sequence[Operation], *, denormalize: bool = False) -> BackgroundCall:
        """Do what `call` does on a thread in the background, and return what gives the replies when they are there.

        Where the transport tells, it returns when the request is on the line: Python runs one thread at a time, so a
        caller who is busy would otherwise keep the request back, and the server could not work meanwhile. Raises
        `SessionClosed` after `close()`, which cancels what has not begun.
        """
        operations = tuple(operations)
        options = _Options(denormalize=denormalize)
        sent = threading.Event()

        def read(answer: Response) -> Callable[[], list[Reply]]:
            def replies() -> list[Reply]:
                return read_replies(answer.status, answer.body, operations)

            # A large answer is read by whoever wants it: objects made on one processor are slow to use on another.
            # An error is small, and is known as soon as it is there.
            if len(answer.body) > LARGE:
                return replies
            known = replies()
            return lambda: known

        def work() -> Callable[[], list[Reply]]:
            try:
                return self._exchange(operations, options, read, sent.set) if operations else list
            finally:
                sent.set()

        future = self._background.submit(work)
        sent.wait(HEAD_START)
        return BackgroundCall(future)

    def _exchange(
        self,
        operations: tuple[Operation, ...],
        options: _Options,
        read: Callable[[Response], T],
        on_sent: Callable[[], object] | None = None,
    ) -> T:
        """Send *operations*, return what *read* makes of the answer, and tell the observers."""
        self._check_open()
        timeout = options.timeout
        if timeout is not None and not 0 < timeout < math.inf:
            raise InvalidValue(f"timeout must be a number of seconds above 0, not {timeout!r}.")
        request = Request(
            body=_encoded(operations),
            headers=self._headers(options.push_token, options.headers, options.denormalize),
            timeout=self._settings.timeout if timeout is None else timeout,
            repeatable=are_read_only(operations),
            on_sent=on_sent,
        )
        started = self._clock()
        answer_bytes = 0
        error: BaseException | None = None
        try:
            answer = self._transport.send(request, options.cancellation)
            answer_bytes = len(answer.body)
            return read(answer)
        except BaseException as failure:
            error = failure
            raise
        finally:
            self._tell(Exchange(operations, self._clock() - started, len(request.body), answer_bytes, error))

    def _check_open(self) -> None:
        if self._closed:
            raise SessionClosed("The session is closed; it cannot ask the server any more.")

    def close(self) -> None:
        """Take no more calls and let go of the connections; calls under way end by themselves. Does not wait."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._background.close()
        self._transport.close()

    def _headers(self, push_token: str | None, extra: Mapping[str, str], denormalize: bool) -> dict[str, str]:
        """Return the headers the official clients send (protocol fact), with the user's own laid over them."""
        settings = self._settings
        merged = {
            "content-type": "application/json",
            "accept": "application/json",
            "ftrack-user": settings.api_user,
            "ftrack-api-key": settings.api_key,
            "ftrack-clienttoken": settings.client_token,
            "ftrack-strict-api": "true" if settings.strict_api else "false",
        }
        if denormalize:
            merged["ftrack-api-options"] = "strict:1;denormalize:1"
        if push_token is not None:
            check_header_value("push_token", push_token)
            merged["ftrack-pushtoken"] = push_token
        for name, value in extra.items():
            check_header_value(f"headers[{name!r}]", value)
        # Header names mean the same in any case; two spellings of one name would be sent as two headers.
        for given in (settings.headers, extra):
            merged.update({name.lower(): value for name, value in given.items()})
        return merged

    def _tell(self, exchange: Exchange) -> None:
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
            except Exception:
                # An observer's mistake must not lose a reply: the server may have done what was asked.
                logger.exception("An observer of the channel failed")


def _encoded(operations: Sequence[Operation]) -> bytes:
    try:
        # Each operation becomes JSON when it is written and is dropped again: a large commit is not in memory twice.
        return json_text.dumps(list(operations), default=methodcaller("to_json"))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidValue(f"The operations cannot be written as JSON: {error}.") from error
