"""Edge: the event hub of the official client, over that of the session below.

As with the official client, events that were received are handled by `wait`, on the thread that calls it. Events that
are published synchronously are handled at once.
"""

from __future__ import annotations

import logging
import platform
import queue
import time
import urllib.parse
import uuid
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ftrack_orm.compat import exception
from ftrack_orm.compat.conversion import unwrap
from ftrack_orm.compat.error_translation import translate, translated, translating
from ftrack_orm.errors import FtrackError, UsageError
from ftrack_orm.events.event import Event as NativeEvent
from ftrack_orm.events.topics import DISCONNECTED_TOPIC

from .base import Event
from .subscriber import Subscriber

if TYPE_CHECKING:
    from ftrack_orm.compat.interfaces import CompatibleSession
    from ftrack_orm.events.hub import EventHub as NativeHub

ServerDetails = namedtuple("ServerDetails", ["scheme", "hostname", "port"])

#: The beginning of the topics of events about the connection.
_CONNECTION_TOPICS = "ftrack.meta."
#: The events whose objects are remembered, so that all subscribers of an event get the same one.
_REMEMBERED_EVENTS = 256


class EventHub:
    """Publishes events and calls subscribers.

    `session.event_hub` is the hub of a session. One without a session makes a session of its own.
    """

    def __init__(
        self,
        server_url: str,
        api_user: str,
        api_key: str,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        *,
        session: CompatibleSession | None = None,
    ) -> None:
        self.logger = logging.getLogger(f"{__name__}.{type(self).__name__}")
        self.id = uuid.uuid4().hex
        parts = urllib.parse.urlsplit(server_url)
        if not parts.scheme or not parts.hostname:
            raise ValueError(f"The address of a server needs a scheme and a host: {server_url!r}.")
        self.server = ServerDetails(parts.scheme, parts.hostname, parts.port)
        if session is None:
            from ftrack_orm.compat.session import Session
            from ftrack_orm.compat.start import native_session

            session = Session.over(
                native_session(server_url, api_key, api_user, False, None, cookies, headers, strict_api=False)
            )
        self._session = session
        self._is_initialised = False
        self._is_ended = False
        self._waiting: queue.Queue[Callable[[], object] | None] = queue.Queue()
        self._subscribers: dict[str, Subscriber] = {}
        self._events: OrderedDict[str, Event] = OrderedDict()
        self._ends_by_event = False

    @property
    def _native(self) -> NativeHub:
        return self._session.__unwrap__().event_hub

    # -- the connection ------------------------------------------------------------------------------------------------

    def get_server_url(self) -> str:
        """Return the address of the event server."""
        return f"{self.server.scheme}://{self.get_network_location()}"

    def get_network_location(self) -> str:
        """Return host and port of the event server."""
        return f"{self.server.hostname}:{self.server.port}" if self.server.port else str(self.server.hostname)

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted."""
        return bool(self.server.scheme == "https")

    def init_connection(self) -> None:
        """Announce that the hub will be connected: events that are published before wait for it."""
        self._is_initialised = True

    @property
    def connected(self) -> bool:
        """Whether the hub is connected."""
        return self._native.connected

    def connect(self) -> None:
        """Connect to the event server. Raises `EventHubConnectionError`."""
        if self.connected:
            raise exception.EventHubConnectionError("Already connected.")
        self._prepare_connection()
        with translating(exception.EventHubConnectionError):
            self._native.connect()

    def connect_in_background(self) -> None:
        """Connect without waiting for it. Events that are published meanwhile are sent when the hub is connected."""
        self._prepare_connection()
        self._native.connect(wait=False)

    def _prepare_connection(self) -> None:
        self.init_connection()
        self._is_ended = False
        if not self._ends_by_event:
            self._ends_by_event = True
            self._native.subscribe(f"topic={DISCONNECTED_TOPIC}", lambda event: self.end_waiting())

    def disconnect(self, unsubscribe: bool = True, reconnect: bool = False) -> None:
        """Disconnect, and remove all subscribers unless *unsubscribe* is false.

        Raises `EventHubConnectionError` for a hub that is not connected.
        """
        if not self.connected:
            raise exception.EventHubConnectionError("Not connected.")
        if not reconnect:
            self._is_initialised = False
        if unsubscribe:
            for identifier in list(self._subscribers):
                self.unsubscribe(identifier)
        with translating(exception.EventHubConnectionError):
            self._native.disconnect()

    def reconnect(self, attempts: int = 10, delay: float = 5) -> None:
        """Disconnect and connect again. Lost connections need no call: the hub connects again by itself."""
        if self.connected:
            self.disconnect(unsubscribe=False, reconnect=True)
        for attempt in range(1, attempts + 1):
            try:
                self.connect()
            except exception.EventHubConnectionError:
                if attempt == attempts:
                    raise
                time.sleep(delay)
            else:
                return

    def wait(self, duration: float | None = None) -> None:
        """Handle events for *duration* seconds, or until the hub is disconnected.

        Raises `EventHubConnectionError` for a hub that was never connected.
        """
        if not self._is_initialised:
            raise exception.EventHubConnectionError("Connect the event hub before waiting for events.")
        end = None if duration is None else time.monotonic() + duration
        while not self._is_ended or not self._waiting.empty():
            try:
                handle = self._waiting.get(timeout=None if end is None else max(0.0, end - time.monotonic()))
            except queue.Empty:
                return
            if handle is not None:
                handle()

    def end_waiting(self) -> None:
        """End all calls of `wait`, when the events before have been handled."""
        self._is_ended = True
        self._waiting.put(None)

    # -- subscribing ---------------------------------------------------------------------------------------------------

    def subscribe(
        self,
        subscription: str,
        callback: Callable[[Event], Any],
        subscriber: dict[str, Any] | None = None,
        priority: int = 100,
    ) -> str:
        """Call *callback* with the events that match *subscription*; return the id of the subscriber.

        *subscriber* is its metadata. Raises `NotUniqueError` for an id in use, and `ParseError`.
        """
        metadata = {} if subscriber is None else subscriber
        metadata.setdefault("id", uuid.uuid4().hex)
        added = Subscriber(subscription, callback, metadata, priority)
        with translating():
            self._native.subscribe(subscription, lambda event: self._receive(added, event), dict(metadata), priority)
        self._subscribers[metadata["id"]] = added
        return str(metadata["id"])

    def unsubscribe(self, subscriber_identifier: str) -> None:
        """Remove a subscriber. Raises `NotFoundError` for an id that no subscriber has."""
        try:
            self._native.unsubscribe(subscriber_identifier)
        except UsageError as error:
            translate(error, exception.NotFoundError)
            raise
        self._subscribers.pop(subscriber_identifier, None)

    def get_subscriber_by_identifier(self, identifier: str) -> Subscriber | None:
        """Return the subscriber with an id, or None."""
        return self._subscribers.get(identifier)

    @contextmanager
    def subscription(
        self,
        subscription: str,
        callback: Callable[[Event], Any],
        subscriber: dict[str, Any] | None = None,
        priority: int = 100,
    ) -> Iterator[None]:
        """Subscribe for the time of a `with` block."""
        identifier = self.subscribe(subscription, callback, subscriber, priority)
        try:
            yield
        finally:
            self.unsubscribe(identifier)

    def _receive(self, subscriber: Subscriber, native: NativeEvent) -> Any:
        """Call a subscriber now, if the event is published synchronously, or else in `wait`."""
        event = self._shown(native)
        # Only events that came over the connection were received. Those about the connection come from its thread.
        if native.received_at is None and not native.topic.startswith(_CONNECTION_TOPICS):
            return subscriber.callback(event)
        self._waiting.put(lambda: self._handle(subscriber, event))
        return None

    def _handle(self, subscriber: Subscriber, event: Event) -> None:
        if event.is_stopped():
            return
        try:
            result = subscriber.callback(event)
            if result is not None and event["source"].get("id"):
                self.publish_reply(event, result, source=subscriber.metadata)
        except Exception:
            self.logger.exception("%s failed for %s.", subscriber, event)

    def _shown(self, native: NativeEvent) -> Event:
        """Return the event in the official client's form, the same object for all subscribers."""
        known = self._events.get(native.id)
        if known is None:
            data = native.data
            if isinstance(data, dict) and data.get("session") is self._session.__unwrap__():
                data = {**data, "session": self._session}
            known = Event(native.topic, native.id, data, native.sent, native.source, native.target)
            known["in_reply_to_event"] = native.in_reply_to_event
            known._stop_below = native.stop
            self._events[native.id] = known
            while len(self._events) > _REMEMBERED_EVENTS:
                self._events.popitem(last=False)
        return known

    # -- publishing ----------------------------------------------------------------------------------------------------

    def publish(
        self,
        event: Event,
        synchronous: bool = False,
        on_reply: Callable[[Event], Any] | None = None,
        on_error: str = "raise",
    ) -> Any:
        """Publish *event*. With *synchronous*, call the subscribers of this hub now and return their results.

        *on_reply* is called with each reply, in `wait`. With *on_error* `"ignore"` errors are logged. Raises
        `EventHubConnectionError` for a hub that is not connected.
        """
        event["source"].setdefault("host", platform.node())
        native = NativeEvent.of(event)
        if synchronous:
            self._events[native.id] = event
            event._stop_below = native.stop
            with translating():
                return self._native.publish(native, synchronous=True)
        if not self.connected and not self._is_initialised:
            if on_error == "ignore":
                return None
            raise exception.EventHubConnectionError("The event hub is not connected: call event_hub.connect().")
        native.data = unwrap(native.data)
        reply = None if on_reply is None else self._later(on_reply)
        try:
            self._native.publish(native, on_reply=reply, on_error=on_error)
        except FtrackError as error:
            translate(error, exception.EventHubConnectionError)
            raise
        event["source"].update(native.source)
        return None

    def _later(self, on_reply: Callable[[Event], Any]) -> Callable[[NativeEvent], object]:
        def handle(event: Event) -> None:
            try:
                on_reply(event)
            except Exception:
                self.logger.exception("%r failed for %s.", on_reply, event)

        return lambda native: self._waiting.put(lambda: handle(self._shown(native)))

    @translated
    def publish_reply(self, source_event: Event, data: Any, source: Mapping[str, Any] | None = None) -> None:
        """Reply to *source_event* with *data*."""
        reply = NativeEvent.of(source_event).reply(unwrap(data), source)
        with translating(exception.EventHubConnectionError):
            self._native.publish(reply)
