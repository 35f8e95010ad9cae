"""Edge: the event hub: subscribing, publishing, and a connection that is kept in the background."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeVar

from ftrack_orm.errors import FtrackError, RequestTimeout, SessionClosed, TransportError, UsageError
from ftrack_orm.wire.socketio import event_packet, event_payload

from .connection.backoff import BackOff
from .connection.connection import UNSUBSCRIBE, EventConnection, WebSocket
from .connection.outbox import Outbox, OutgoingMessage
from .delivery.catch_up import CatchUp, QueryRecords
from .delivery.dispatcher import Dispatcher
from .delivery.pending_replies import PendingReplies
from .delivery.receiver import CONNECTED_TOPIC, DISCONNECTED_TOPIC, RECONNECTED_TOPIC, EventReceiver, subscribing
from .delivery.statistics import Counters, Statistics
from .event import REPLY_TOPIC, Event
from .options import HubOptions
from .subscriptions.subscription import DEFAULT_PRIORITY, Subscriber, SubscriberIndex, Subscription

logger = logging.getLogger("ftrack_orm.events")

Callback = Callable[[Event], Any]
_C = TypeVar("_C", bound=Callback)

#: Topics that are for the subscribers of this hub and never sent (PROTOCOL 3.3 and 3.5).
_LOCAL_TOPICS = frozenset({CONNECTED_TOPIC, DISCONNECTED_TOPIC, RECONNECTED_TOPIC})
_LOCAL_PREFIX = "ftrack.api.session."
#: Seconds that a program which ends waits for its last events to be sent.
_LAST_WORDS = 5.0


class EventHub:
    """Where a session's events are subscribed to and published.

    Callbacks are called on worker threads: events about the same entity one after the other in the order they came,
    others at the same time. *open_line* opens a websocket, *query* asks the server for rows in ftrack's own text.
    """

    def __init__(
        self,
        open_line: Callable[[], WebSocket],
        username: str,
        query: QueryRecords | None = None,
        options: HubOptions | None = None,
        *,
        back_off: BackOff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = uuid.uuid4().hex
        self._open_line = open_line
        self._username = username
        self._options = options or HubOptions()
        self._back_off = back_off or BackOff()
        self._clock = clock
        self._lock = threading.RLock()
        self._closed = False
        self._process = os.getpid()
        self._says_last_words = False
        self._subscribers = SubscriberIndex()
        self._query = query
        self._make_parts()

    def _make_parts(self) -> None:
        """Make everything that has threads or waits for some; a forked child does so again."""
        options = self._options
        self._counters = Counters()
        self._outbox = Outbox(options.outbox_size)
        self._awaited = PendingReplies(options.reply_lifetime)
        self._dispatcher = Dispatcher(
            self._answer,
            self._counters,
            workers=options.workers,
            limit=options.queue_size,
            policy=options.full_queue,
            slow=options.slow_callback_seconds,
            clock=self._clock,
        )
        missed = CatchUp(self._query) if self._query is not None and options.catch_up else None
        self._inbox = EventReceiver(
            self.id,
            self._subscribers,
            self._dispatcher,
            self._awaited,
            self._counters,
            missed,
            wake=self._wake,
            clock=self._clock,
        )
        self._line: EventConnection | None = None

    # -- the connection ------------------------------------------------------------------------------------------------

    def connect(self, timeout: float | None = 30.0, *, wait: bool = True) -> None:
        """Connect to the event server and return when it knows all subscribers; nothing happens when connected already.

        From then on the connection is kept in the background: when it is lost, it is made again, however long that
        takes (setting `reconnect_limit`). If the first attempt fails, that is raised: `AuthenticationError`,
        `TransportError`, `ProtocolError`; `RequestTimeout` after *timeout* seconds. With *wait* False nothing is waited
        for or raised: attempts go on in the background, and what is published meanwhile is sent later.
        """
        self._check_usable()
        deadline = None if timeout is None else self._clock() + timeout
        with self._lock:
            begins = self._line is None or not self._line.alive
            if begins:
                self._line = self._new_line(first_limit=0 if wait else self._options.reconnect_limit)
                self._line.start()
            line = self._line
        assert line is not None
        if not wait:
            return
        if line.wait_connected(timeout):
            self._outbox.drain(None if deadline is None else max(0.0, deadline - self._clock()))
            return
        if begins:
            line.stop()
        raise line.error or RequestTimeout(f"The event server was not ready within {timeout:g} s.", safe_to_retry=True)

    def _new_line(self, first_limit: int | None) -> EventConnection:
        self._inbox.begin()
        if not self._says_last_words:
            self._says_last_words = True
            atexit.register(_say_last_words, weakref.ref(self))
        return EventConnection(
            self._open_line,
            self._outbox,
            self._inbox,
            back_off=self._back_off,
            reconnect_limit=self._options.reconnect_limit,
            first_limit=first_limit,
            clock=self._clock,
        )

    @property
    def connected(self) -> bool:
        """Whether the event server is there at this moment. While it is not, the hub keeps trying."""
        line = self._line
        return line is not None and self._process == os.getpid() and line.connected

    def disconnect(self, timeout: float = 10.0) -> None:
        """Send what was published, have what was received handled, and end the connection; subscribers stay.

        Each takes *timeout* seconds at most; what remains is logged. Nothing happens when there is no connection.
        """
        with self._lock:
            line, self._line = self._line, None
        if line is None or self._process != os.getpid():
            return
        own_thread = line.is_current_thread or self._dispatcher.is_worker
        if line.connected and not own_thread and not self._outbox.drain(timeout):
            logger.warning("%d events were published and not taken by the event server.", self._outbox.unsettled)
        was_connected = line.connected
        line.stop()
        self._inbox.release()
        if was_connected:
            self._inbox.publish_locally(Event(DISCONNECTED_TOPIC, {"reason": "disconnected on request"}))
        if not own_thread and not self._dispatcher.drain(timeout):
            logger.warning("%d events are still being handled or wait for it.", self._dispatcher.unfinished)

    def close(self, timeout: float = 10.0) -> None:
        """Disconnect for good and end the threads; a callback that takes longer than *timeout* is left to itself."""
        with self._lock:
            if self._closed:
                return
        self.disconnect(timeout)
        self._closed = True
        if self._process == os.getpid():
            given_up = self._dispatcher.close(timeout)
            if given_up:
                logger.warning("%d events that were received are not handled, as the hub is closed.", given_up)

    def wait(self, duration: float | None = None) -> None:
        """Let events be handled in the background for *duration* seconds, or until the hub is disconnected.

        Raises `UsageError` without a connection, and what ended it if that was not wanted: a refused login, or more
        failed attempts than `reconnect_limit` allows.
        """
        self._check_usable()
        line = self._line
        if line is None:
            raise UsageError("The event hub is not connected; call session.event_hub.connect() first.")
        if line.wait_ended(duration) and line.error is not None and self._line is line:
            raise line.error

    def flush(self, timeout: float | None = 30.0) -> bool:
        """Wait until the event server has taken all that was published and subscribed to here before; return whether
        it has within *timeout* seconds."""
        return self._outbox.drain(timeout)

    # -- subscribing ---------------------------------------------------------------------------------------------------

    def subscribe(
        self,
        expression: str,
        callback: Callback,
        subscriber: Mapping[str, Any] | None = None,
        priority: int = DEFAULT_PRIORITY,
    ) -> str:
        """Have *callback* called with the events that *expression* describes; return the subscriber's id.

        What the callback returns, unless that is None, is sent as the reply to the event. Subscribers of a lower
        *priority* are called first, and may `stop()` the event. *subscriber* is what the targets of events are compared
        with; its `id` may be given, or is made up. Raises `ExpressionError`, and `DuplicateSubscriber`.
        """
        self._check_usable()
        metadata = dict(subscriber or {})
        metadata.setdefault("id", uuid.uuid4().hex)
        one = Subscriber(Subscription(expression), callback, metadata, priority)
        self._subscribers.add(one)
        self._tell_server(subscribing(metadata, expression))
        return one.identifier

    def on(
        self, expression: str, priority: int = DEFAULT_PRIORITY, subscriber: Mapping[str, Any] | None = None
    ) -> Callable[[_C], _C]:
        """Return a decorator that subscribes a function, which stays as it is. See `subscribe`."""

        def decorate(callback: _C) -> _C:
            self.subscribe(expression, callback, subscriber, priority)
            return callback

        return decorate

    @contextlib.contextmanager
    def subscription(self, expression: str, callback: Callback, priority: int = DEFAULT_PRIORITY) -> Iterator[str]:
        """Subscribe for the length of a `with` block; gives the subscriber's id. See `subscribe`."""
        identifier = self.subscribe(expression, callback, priority=priority)
        try:
            yield identifier
        finally:
            self._remove(identifier)

    def unsubscribe(self, identifier: str) -> None:
        """Remove the subscriber with that id, as `subscribe` returned it; events under way may still reach it.

        Raises `UsageError` when there is none.
        """
        if not self._remove(identifier):
            raise UsageError(f"There is no event subscriber with the id {identifier!r}.")

    def get_subscriber_by_identifier(self, identifier: str) -> Subscriber | None:
        """Return the subscriber with that id, or None."""
        return self._subscribers.get(identifier)

    def add_listener(self, listener: Callable[[Event], object]) -> None:
        """Have *listener* called with every `ftrack.update` before its subscribers, on the thread that reads events: it
        must not ask the server or wait for anything."""
        self._inbox.listeners.append(listener)

    def remove_listener(self, listener: Callable[[Event], object]) -> None:
        """Call *listener* no more, if it was called."""
        with contextlib.suppress(ValueError):
            self._inbox.listeners.remove(listener)

    def on_gap(self, listener: Callable[[], object]) -> None:
        """Have *listener* called when the connection is back after it was lost or ended, before any further event, on
        the thread that reads events."""
        self._inbox.gap_listeners.append(listener)

    # -- publishing ----------------------------------------------------------------------------------------------------

    def publish(
        self,
        event: Event,
        synchronous: bool = False,
        on_reply: Callable[[Event], object] | None = None,
        on_error: str = "raise",
    ) -> list[Any]:
        """Publish an event, without waiting for the server; while the connection is lost, it is kept and sent later.

        *synchronous* calls the subscribers of this hub, now and on this thread, and no others; their results are
        returned. `on_reply` is called with each reply that comes within the setting `reply_lifetime`. *on_error*
        `"ignore"` logs what is raised otherwise: `UsageError` when the hub was never connected, `EventNotSent` when too
        many events wait, and `InvalidValue` for data that JSON cannot express.
        """
        if on_error not in ("raise", "ignore"):
            raise UsageError(f'on_error is "raise" or "ignore", not {on_error!r}.')
        self._check_usable()
        self._sign(event)
        if synchronous:
            return self._call_now(event)
        if event.topic in _LOCAL_TOPICS or event.topic.startswith(_LOCAL_PREFIX):
            self._inbox.publish_locally(event)
            return []
        try:
            self._send(event, self._on_worker(on_reply) if on_reply is not None else None)
        except FtrackError as error:
            if on_error == "raise":
                raise
            logger.warning("The event %s (%s) is not published: %s", event.id, event.topic, error)
        return []

    def publish_reply(self, source_event: Event, data: Any, source: Mapping[str, Any] | None = None) -> None:
        """Answer an event with *data*. *source* says who answers; the hub if left out.

        Raises as `publish` does, and `InvalidValue` for an event that does not tell who published it.
        """
        self.publish(source_event.reply(data, source))

    def publish_and_wait_for_reply(self, event: Event, timeout: float | None = 30.0) -> Event:
        """Publish an event and return the first reply to it.

        Raises `RequestTimeout` when none comes within *timeout* seconds, and as `publish` does. Other replies are not
        waited for. Not for the thread that reads events, which is the one that would bring the reply.
        """
        self._check_usable()
        line = self._line
        if line is not None and line.is_current_thread:
            raise UsageError("A listener cannot wait for a reply: its thread is the one that brings it.")
        self._sign(event)
        future: Future[Event] = Future()

        def take(reply: Event) -> None:
            if not future.done():
                future.set_result(reply)

        self._send(event, take)
        try:
            return future.result(timeout)
        except (FutureTimeout, TimeoutError):
            raise RequestTimeout(
                f"Nobody replied to the event {event.topic} within {timeout:g} s.", safe_to_retry=False
            ) from None
        finally:
            self._awaited.remove(event.id)

    @property
    def statistics(self) -> Statistics:
        """How many events were received, handled, dropped and so on until now."""
        return self._counters.read(waiting=self._dispatcher.unfinished, unsent=self._outbox.unsettled)

    def __repr__(self) -> str:
        return f"<EventHub {self.id} {'connected' if self.connected else 'not connected'}>"

    # -- within --------------------------------------------------------------------------------------------------------

    def _sign(self, event: Event) -> None:
        """Fill in who publishes the event, as far as the event does not say it (PROTOCOL 3.2)."""
        event.source.setdefault("id", self.id)
        user = event.source.setdefault("user", {})
        if isinstance(user, dict):
            user.setdefault("username", self._username)

    def _call_now(self, event: Event) -> list[Any]:
        results: list[Any] = []
        self._dispatcher.call(
            self._subscribers.interested_in(event), event, lambda event, subscriber, result: results.append(result)
        )
        return results

    def _send(self, event: Event, on_reply: Callable[[Event], object] | None) -> None:
        line = self._line
        if line is None or not line.alive:
            reason = f" It gave up: {line.error}" if line is not None and line.error is not None else ""
            raise UsageError(
                f"The event {event.topic} cannot be published: the event hub is not connected, call "
                f"session.event_hub.connect() first.{reason}"
            )
        # A copy, made by what will send it: the event may be changed afterwards, and what cannot be sent is told now.
        payload = event_payload(event_packet(event.to_payload(), None))
        if on_reply is not None:
            self._awaited.add(event.id, on_reply, self._clock())
        try:
            self._outbox.put(OutgoingMessage(payload))
        except TransportError:
            self._awaited.remove(event.id)
            raise
        line.wake()

    def _on_worker(self, on_reply: Callable[[Event], object]) -> Callable[[Event], None]:
        """Return what has a callback for replies called as subscribers are."""
        subscription = Subscription(f"topic={REPLY_TOPIC}")
        # Replies to one event are handled one after the other.
        subscriber = Subscriber(subscription, on_reply, {"id": uuid.uuid4().hex})
        return lambda reply: self._dispatcher.submit(reply, [subscriber])

    def _answer(self, event: Event, subscriber: Subscriber, result: Any) -> None:
        """Send what a callback returned, if anybody can be waiting for it."""
        if result is None or event.topic == REPLY_TOPIC or not event.source.get("id"):
            return
        try:
            self.publish_reply(event, result, {**subscriber.metadata})
        except FtrackError as error:
            logger.warning("The reply to the event %s (%s) is not sent: %s", event.id, event.topic, error)

    def _tell_server(self, letter: OutgoingMessage) -> None:
        line = self._line
        # Without a connection there is nothing to tell: each begins with all subscribers.
        if line is not None and line.connected:
            self._outbox.put(letter)
            line.wake()

    def _remove(self, identifier: str) -> bool:
        removed = self._subscribers.remove(identifier)
        if removed is not None:
            data = {"subscriber": dict(removed.metadata)}
            self._tell_server(
                OutgoingMessage(Event(UNSUBSCRIBE, data).to_payload(), lasting=False, subscriber=removed.identifier)
            )
        return removed is not None

    def _wake(self) -> None:
        line = self._line
        if line is not None:
            line.wake()

    def _check_usable(self) -> None:
        if self._closed:
            raise SessionClosed("The session is closed, and its event hub with it.")
        if self._process != os.getpid():
            with self._lock:
                if self._process != os.getpid():
                    # Threads stay behind in the parent when a process forks; the connection is its own.
                    self._process = os.getpid()
                    listeners, gap_listeners = self._inbox.listeners, self._inbox.gap_listeners
                    self._make_parts()
                    self._inbox.listeners, self._inbox.gap_listeners = listeners, gap_listeners


def _say_last_words(reference: weakref.ref[EventHub]) -> None:
    """Let a program that ends send what it published: its threads are ended without being asked."""
    hub = reference()
    if hub is not None and hub.connected:
        hub.flush(_LAST_WORDS)
