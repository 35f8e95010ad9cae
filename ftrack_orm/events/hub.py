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
from typing import TYPE_CHECKING, Any, TypeVar

from ftrack_orm.errors import FtrackError, InvalidValue, RequestTimeout, SessionClosed, UsageError
from ftrack_orm.values import SessionBound

from . import threads
from .connection.backoff import BackOff
from .connection.connection import EventConnection
from .connection.subscription_messages import subscribe_message, unsubscribe_message
from .connection.weak_listener import WeakListener
from .delivery.callback_runner import CallbackUnit, no_unit
from .event import Event
from .parts import HubParts, assemble
from .subscriptions.subscription import DEFAULT_PRIORITY, Subscriber, SubscriberIndex, Subscription
from .topics import DISCONNECTED_TOPIC, REPLY_TOPIC, is_local

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings
    from ftrack_orm.transport.cancellation import Cancellation

    from .connection.interfaces import WebSocket
    from .connection.outbox import OutgoingMessage
    from .delivery.catch_up import QueryRecords
    from .delivery.statistics import Statistics

logger = logging.getLogger("ftrack_orm.events")

Callback = Callable[[Event], Any]
_C = TypeVar("_C", bound=Callback)

#: Seconds that an ending program waits for its published events to be sent.
_EXIT_FLUSH_SECONDS = 5.0


class EventHub(SessionBound):
    """Subscribes to events and publishes them, over a connection that is kept in the background.

    Callbacks are called on worker threads: events about the same entity one after the other, in the order they were
    received, and other events at the same time. *open_websocket* opens a websocket, *query_records* asks the server for
    rows in ftrack's own query language; without it, missed events are not searched for. Each callback runs in a block
    of its own that *callback_unit* returns. *on_close* is called before the connection is closed for good: it ends the
    queries for rows that are under way.

    The threads do not keep the hub alive: when the last reference to it is dropped, they end and close the connection.
    """

    def __init__(
        self,
        settings: Settings,
        open_websocket: Callable[[Cancellation], WebSocket],
        query_records: QueryRecords | None = None,
        *,
        back_off: BackOff | None = None,
        clock: Callable[[], float] = time.monotonic,
        callback_unit: CallbackUnit = no_unit,
        on_close: Callable[[], object] = lambda: None,
    ) -> None:
        self.id = uuid.uuid4().hex
        self._settings = settings
        self._open_websocket = open_websocket
        self._query_records = query_records
        self._back_off = back_off or BackOff()
        self._clock = clock
        self._callback_unit = callback_unit
        self._on_close = on_close
        self._lock = threading.RLock()
        self._closing = False
        self._closed = False
        self._process_id = os.getpid()
        self._is_flushed_at_exit = False
        self._subscribers = SubscriberIndex()
        self._parts = self._assemble()
        self._connection: EventConnection | None = None
        #: The connection that a call of `disconnect` or `close` is about to end.
        self._ending: EventConnection | None = None

    def _assemble(self) -> HubParts:
        return assemble(
            self.id,
            self._settings,
            self._subscribers,
            self._query_records,
            on_result=self._send_result,
            wake=self._wake,
            start_thread=threads.start_thread,
            clock=self._clock,
            callback_unit=self._callback_unit,
        )

    # -- the connection ------------------------------------------------------------------------------------------------

    def connect(self, timeout: float | None = 30.0, *, wait: bool = True) -> None:
        """Connect to the event server and return when it has confirmed all subscribers; do nothing if connected.

        From then on the connection is kept in the background: if it is lost, it is opened again, however long that
        takes (setting `reconnect_limit`). If the first attempt fails, its error is raised: `AuthenticationError`,
        `TransportError` or `ProtocolError`, and `RequestTimeout` after *timeout* seconds. With *wait* False, return at
        once and raise no such error: attempts go on in the background, and events published meanwhile are sent later.
        """
        self._check_usable()
        deadline = None if timeout is None else self._clock() + timeout
        ending = self._ending
        if ending is not None and not ending.is_current_thread and not self._parts.dispatcher.is_worker:
            # Another thread disconnects; a callback must not wait for that, because it is waited for itself.
            ending.wait_closed(timeout)
        with self._lock:
            is_new = self._connection is None or not self._connection.alive
            if is_new:
                self._connection = self._make_connection(0 if wait else self._settings.reconnect_limit)
                self._connection.start()
            connection = self._connection
        assert connection is not None
        if not wait:
            return
        if connection.wait_connected(timeout):
            self._parts.outbox.drain(None if deadline is None else max(0.0, deadline - self._clock()))
            return
        if is_new:
            connection.stop()
        if connection.error is not None:
            raise connection.error
        raise RequestTimeout(f"The event server was not ready within {timeout:g} s.", safe_to_retry=True)

    def _make_connection(self, initial_limit: int | None) -> EventConnection:
        self._parts.receiver.restart()
        if not self._is_flushed_at_exit:
            self._is_flushed_at_exit = True
            atexit.register(_flush_at_exit, weakref.ref(self))
        receiver = self._parts.receiver
        connection = EventConnection(
            self._open_websocket,
            self._parts.outbox,
            WeakListener(receiver),
            back_off=self._back_off,
            reconnect_limit=self._settings.reconnect_limit,
            initial_limit=initial_limit,
            clock=self._clock,
        )
        threads.end_with(receiver, connection.end)
        return connection

    @property
    def connected(self) -> bool:
        """Whether the hub is connected to the event server at this moment. While it is not, it keeps trying."""
        connection = self._connection
        return connection is not None and self._process_id == os.getpid() and connection.connected

    def disconnect(self, timeout: float = 10.0) -> None:
        """Send the published events, finish the received ones, send the replies, and close the connection.

        Each of these steps takes at most *timeout* seconds; remaining events are logged. Events that arrive while the
        received ones are finished are ignored, except for replies. Subscribers are kept. Do nothing without a
        connection.
        """
        if self._connection is not None and self._process_id == os.getpid():
            self._disconnect(timeout, is_final=False)

    def close(self, timeout: float = 10.0) -> None:
        """Disconnect for good and end the threads; callbacks still running after *timeout* seconds are abandoned.

        The replies of all callbacks that finish in time are sent.
        """
        with self._lock:
            if self._closing:
                return
            self._closing = True
        if self._process_id == os.getpid():
            # Events that wait longer are dropped; the callbacks that run then have the same time again.
            dispatcher = self._parts.dispatcher
            dropped = self._disconnect(timeout, is_final=True)
            self._closed = True
            dropped += dispatcher.close(timeout if dispatcher.are_others_idle else 0.0)
            if dropped:
                logger.warning("%d received events are not handled, because the hub is closed.", dropped)
        self._closed = True

    def _disconnect(self, timeout: float, *, is_final: bool) -> int:
        self._ending = self._connection
        try:
            return self._end_connection(timeout, is_final=is_final)
        finally:
            self._ending = None

    def _end_connection(self, timeout: float, *, is_final: bool) -> int:
        """Let callbacks finish while their replies can still be sent, and close the connection, if there is one.

        With *is_final*, events that are still queued after *timeout* seconds are dropped; return their number.
        """
        connection, parts = self._connection, self._parts
        # Neither can the connection's thread wait for itself, nor a worker for all workers.
        is_connection_thread = connection is not None and connection.is_current_thread
        is_own_thread = is_connection_thread or parts.dispatcher.is_worker
        is_sent = is_own_thread or connection is None or not connection.connected or parts.outbox.drain(timeout)
        parts.receiver.ignore_events()
        dropped = 0
        if is_final:
            dropped = parts.dispatcher.discard_waiting() if is_connection_thread else parts.dispatcher.finish(timeout)
        elif not is_own_thread:
            parts.dispatcher.drain(timeout)
        if connection is None:
            return dropped
        if connection.connected and not is_connection_thread and not parts.outbox.drain(timeout if is_sent else 0.0):
            logger.warning("%d published events were not accepted by the event server.", parts.outbox.pending)
        with self._lock:
            if self._connection is not connection:
                return dropped  # another thread has ended it meanwhile
            # Until here, callbacks could publish their replies.
            self._connection = None
        was_connected = connection.connected
        # Callbacks that have not ended yet had their time.
        remaining = 0.0 if parts.dispatcher.unfinished else timeout
        if is_final:
            self._on_close()
        connection.stop()
        parts.receiver.release()
        if was_connected:
            parts.receiver.publish_locally(Event(DISCONNECTED_TOPIC, {"reason": "disconnected on request"}))
        if not is_own_thread and not parts.dispatcher.drain(remaining):
            logger.warning("%d events are still queued or being handled.", parts.dispatcher.unfinished)
        return dropped

    def wait(self, duration: float | None = None) -> None:
        """Block for *duration* seconds, or until the hub is disconnected; events are handled in the background.

        Raises `UsageError` without a connection. If the connection ended unintentionally, raises the reason: a refused
        login, or more failed attempts than `reconnect_limit` allows.
        """
        self._check_usable()
        connection = self._connection
        if connection is None:
            raise UsageError("The event hub is not connected. Call session.event_hub.connect() first.")
        if connection.wait_closed(duration) and connection.error is not None and self._connection is connection:
            raise connection.error

    def flush(self, timeout: float | None = 30.0) -> bool:
        """Wait up to *timeout* seconds until the event server has acknowledged all events and subscriptions so far.

        Return whether it has.
        """
        return self._parts.outbox.drain(timeout)

    # -- subscribing ---------------------------------------------------------------------------------------------------

    def subscribe(
        self,
        expression: str,
        callback: Callback,
        subscriber: Mapping[str, Any] | None = None,
        priority: int = DEFAULT_PRIORITY,
    ) -> str:
        """Call *callback* with the events that match *expression*; return the subscriber's id.

        The value that the callback returns, unless it is None, is sent as the reply to the event. Subscribers with a
        lower *priority* are called first and can `stop()` the event. *subscriber* is the metadata that targets of
        events are compared with; an `id` is generated if it has none. Raises `ExpressionError`, and
        `DuplicateSubscriber` for an id in use.
        """
        self._check_usable()
        metadata = dict(subscriber or {})
        metadata.setdefault("id", uuid.uuid4().hex)
        added = Subscriber(Subscription(expression), callback, metadata, priority)
        self._subscribers.add(added)
        self._send_subscription(subscribe_message(metadata, expression))
        return added.identifier

    def on(
        self, expression: str, priority: int = DEFAULT_PRIORITY, subscriber: Mapping[str, Any] | None = None
    ) -> Callable[[_C], _C]:
        """Return a decorator that subscribes a function and returns it unchanged. See `subscribe`."""

        def decorate(callback: _C) -> _C:
            self.subscribe(expression, callback, subscriber, priority)
            return callback

        return decorate

    @contextlib.contextmanager
    def subscription(self, expression: str, callback: Callback, priority: int = DEFAULT_PRIORITY) -> Iterator[str]:
        """Subscribe for the duration of a `with` block, which gets the subscriber's id. See `subscribe`."""
        identifier = self.subscribe(expression, callback, priority=priority)
        try:
            yield identifier
        finally:
            self._remove_subscriber(identifier)

    def unsubscribe(self, identifier: str) -> None:
        """Remove the subscriber with the id that `subscribe` returned; queued events may still reach it.

        Raises `UsageError` if there is no such subscriber.
        """
        if not self._remove_subscriber(identifier):
            raise UsageError(f"There is no event subscriber with the id {identifier!r}.")

    def get_subscriber_by_identifier(self, identifier: str) -> Subscriber | None:
        """Return the subscriber with that id, or None."""
        return self._subscribers.get(identifier)

    def add_listener(self, listener: Callable[[Event], object]) -> None:
        """Call *listener* with every `ftrack.update`, before its subscribers, on the thread that receives events.

        It must not make requests or wait for anything.
        """
        self._parts.receiver.listeners.append(listener)

    def remove_listener(self, listener: Callable[[Event], object]) -> None:
        """Stop calling *listener*; do nothing if it was not added."""
        with contextlib.suppress(ValueError):
            self._parts.receiver.listeners.remove(listener)

    def on_gap(self, listener: Callable[[], object]) -> None:
        """Call *listener* when events may have been missed.

        These are the times when the hub is connected again after the connection was lost or ended, and when a packet
        arrived that cannot be read and may be an `ftrack.update`. It is called before any further event is handled, on
        the thread that receives events.
        """
        self._parts.receiver.gap_listeners.append(listener)

    def run_callback(self, call: Callable[[], object], description: str, owner: object | None = None) -> bool:
        """Call *call* as callbacks of subscribers are called; return whether it returned.

        Exceptions are logged, with *description*, and counted in `statistics.failed`; only a `KeyboardInterrupt`
        on a thread of the user is raised. With an *owner*, the subscriber, its edits of entities are a unit of work.
        """
        return self._parts.dispatcher.callbacks.run(call, description, owner)

    def report_malformed(self, message: str) -> None:
        """Log that an event is malformed, and count it in `statistics.malformed`."""
        self._parts.counters.add("malformed")
        logger.warning("%s", message)

    # -- publishing ----------------------------------------------------------------------------------------------------

    def publish(
        self,
        event: Event,
        synchronous: bool = False,
        on_reply: Callable[[Event], object] | None = None,
        on_error: str = "raise",
    ) -> list[Any]:
        """Publish an event without waiting for the server; while the connection is lost, it is queued.

        With *synchronous*, call the subscribers of this hub now, on this thread, send the event to no others, and
        return the results of the callbacks. *on_reply* is called with each reply that is received within the time of
        the setting `reply_lifetime`. With *on_error* `"ignore"`, errors are logged instead of raised: `UsageError` when
        the hub was never connected, `EventNotSent` when too many events are queued, and `InvalidValue` for data that
        JSON cannot express.
        """
        if on_error not in ("raise", "ignore"):
            raise UsageError(f'on_error must be "raise" or "ignore", not {on_error!r}.')
        self._check_usable()
        event = Event.of(event)
        self._parts.publisher.sign(event)
        if synchronous:
            return self._call_subscribers(event)
        if is_local(event.topic):
            self._parts.receiver.publish_locally(event)
            return []
        try:
            callback = None if on_reply is None else self._on_worker(on_reply)
            self._parts.publisher.send(event, self._connection, callback)
        except FtrackError as error:
            if on_error == "raise":
                raise
            logger.warning("The event %.64r (%.200r) is not published: %s", event.id, event.topic, error)
        return []

    def publish_reply(self, source_event: Event, data: Any, source: Mapping[str, Any] | None = None) -> None:
        """Reply to an event with *data*. *source* identifies the replying subscriber; if left out, it is the hub.

        Raises the errors of `publish`, and `InvalidValue` for an event without a source id.
        """
        self.publish(source_event.reply(data, source))

    def publish_and_wait_for_reply(self, event: Event, timeout: float | None = 30.0) -> Event:
        """Publish an event and return the first reply to it; further replies are ignored.

        Raises `RequestTimeout` if none is received within *timeout* seconds, and the errors of `publish`. A listener
        cannot call it: it runs on the thread that receives the reply.
        """
        self._check_usable()
        event = Event.of(event)
        connection = self._connection
        if connection is not None and connection.is_current_thread:
            raise UsageError("A listener cannot wait for a reply: it runs on the thread that receives the reply.")
        self._parts.publisher.sign(event)
        return self._parts.publisher.request(event, connection, timeout)

    @property
    def statistics(self) -> Statistics:
        """The numbers of events received, handled, dropped and so on."""
        parts = self._parts
        return parts.counters.read(waiting=parts.dispatcher.unfinished, unsent=parts.outbox.pending)

    if not TYPE_CHECKING:  # Checkers would take any name for an attribute otherwise.

        def __getattr__(self, name: str) -> Any:
            from ftrack_orm.official_names import unknown_name

            raise unknown_name("event hub", "An event hub", name, [each for each in dir(type(self)) if each[0] != "_"])

    def __repr__(self) -> str:
        return f"<EventHub {self.id} {'connected' if self.connected else 'not connected'}>"

    # -- internal ------------------------------------------------------------------------------------------------------

    def _call_subscribers(self, event: Event) -> list[Any]:
        results: list[Any] = []
        subscribers = self._subscribers.interested_in(event)
        self._parts.dispatcher.call(subscribers, event, lambda event, subscriber, result: results.append(result))
        return results

    def _on_worker(self, on_reply: Callable[[Event], object]) -> Callable[[Event], None]:
        """Return a function that calls *on_reply* on a worker thread."""
        # With one subscriber for all replies to an event, they are handled one after the other.
        subscriber = Subscriber(Subscription(f"topic={REPLY_TOPIC}"), on_reply, {"id": uuid.uuid4().hex})
        return lambda reply: self._parts.dispatcher.submit(reply, [subscriber])

    def _send_result(self, event: Event, subscriber: Subscriber, result: Any) -> None:
        """Send the result of a callback as a reply, unless the event is a reply itself or has no known publisher."""
        if result is None or event.topic == REPLY_TOPIC or not event.source.get("id"):
            return
        try:
            self.publish_reply(event, result, {**subscriber.metadata})
        except FtrackError as error:
            if isinstance(error, InvalidValue):
                # The result cannot be sent at all, which is the callback's failure.
                self._parts.counters.add("failed")
            logger.warning("The reply to the event %.64r (%.200r) is not sent: %s", event.id, event.topic, error)

    def _send_subscription(self, message: OutgoingMessage) -> None:
        connection = self._connection
        # Not needed without a connection: each begins by sending all subscribers.
        if connection is not None and connection.connected:
            self._parts.outbox.put(message)
            connection.wake()

    def _remove_subscriber(self, identifier: str) -> bool:
        removed = self._subscribers.remove(identifier)
        if removed is not None:
            self._send_subscription(unsubscribe_message(removed.metadata))
        return removed is not None

    def _wake(self) -> None:
        connection = self._connection
        if connection is not None:
            connection.wake()

    def _check_usable(self) -> None:
        """Raise `SessionClosed` if the hub is closed; in a forked child process, replace the parts of the parent."""
        if self._closed:
            raise SessionClosed("The session is closed, and its event hub with it.")
        if self._process_id != os.getpid():
            with self._lock:
                if self._process_id != os.getpid():
                    # Threads do not survive a fork, and the connection belongs to the parent.
                    self._process_id = os.getpid()
                    receiver = self._parts.receiver
                    self._parts, self._connection = self._assemble(), None
                    self._parts.receiver.listeners = receiver.listeners
                    self._parts.receiver.gap_listeners = receiver.gap_listeners


def _flush_at_exit(reference: weakref.ref[EventHub]) -> None:
    """Send the published events of a program that ends: its daemon threads are ended without notice."""
    hub = reference()
    if hub is not None and hub.connected:
        hub.flush(_EXIT_FLUSH_SECONDS)
