"""Edge: handles received events: each once, first by listeners, then by callbacks for replies, then by subscribers.

After a gap in the connection, missed events are handled first. Everything runs on the connection's thread except the
questions to the server about missed events, which block.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import FtrackError, printable
from ftrack_orm.events.connection.subscription_messages import subscribe_message
from ftrack_orm.events.event import Event
from ftrack_orm.events.remembered import excerpt
from ftrack_orm.events.threads import CATCH_UP_THREAD, CHECKPOINT_THREAD, StartThread
from ftrack_orm.events.topics import (
    CONNECTED_TOPIC,
    DISCONNECTED_TOPIC,
    RECONNECTED_TOPIC,
    REPLY_TOPIC,
    UPDATE_TOPIC,
)

from .callback_runner import CallbackRunner
from .catch_up import CatchUp, CatchUpResult
from .deduplicator import Deduplicator
from .gap_recovery import GapRecovery, RecoveryOutput, RecoveryState, Release, StartSearch

if TYPE_CHECKING:
    from ftrack_orm.events.connection.outbox import OutgoingMessage
    from ftrack_orm.events.subscriptions.subscription import SubscriberIndex

    from .dispatcher import Dispatcher
    from .pending_replies import PendingReplies
    from .statistics import Counters

logger = logging.getLogger("ftrack_orm.events")


class EventReceiver:
    """The `ConnectionListener` of a hub's connection.

    *listeners* are called with every `ftrack.update` before its subscribers, *gap_listeners* when the connection is
    back after it was lost or ended, and when an `ftrack.update` may have arrived that cannot be read. Both run on the
    connection's thread, so they must return quickly and never block.
    """

    def __init__(
        self,
        identifier: str,
        subscribers: SubscriberIndex,
        dispatcher: Dispatcher,
        replies: PendingReplies,
        counters: Counters,
        catch_up: CatchUp | None,
        *,
        wake: Callable[[], None],
        start_thread: StartThread,
        clock: Callable[[], float],
    ) -> None:
        self._identifier = identifier
        self._subscribers = subscribers
        self._dispatcher = dispatcher
        self._replies = replies
        self._counters = counters
        self._callbacks = CallbackRunner(counters)
        self._catch_up = catch_up
        self._wake = wake
        self._start_thread = start_thread
        self._clock = clock
        self._seen = Deduplicator()
        self.listeners: list[Callable[[Event], object]] = []
        self.gap_listeners: list[Callable[[], object]] = []
        self._recovery = GapRecovery(can_search=catch_up is not None)
        #: The result of the last search until the connection's thread takes it; set by the search's thread.
        self._search_result: CatchUpResult | None = None
        self._search_ended = threading.Event()
        self._is_ignoring_events = False

    def ignore_events(self) -> None:
        """Handle only replies from now on: the connection is about to end, and running callbacks may wait for them."""
        self._is_ignoring_events = True

    def restart(self) -> None:
        """Prepare for a connection that does not continue an earlier one."""
        self._is_ignoring_events = False
        if self._catch_up is not None:
            self._catch_up.restart()

    # -- reactions to the connection -----------------------------------------------------------------------------------

    def on_connecting(self) -> None:
        """Set a checkpoint in the server's records before the first event can arrive."""
        self._take_search_result()
        if self._catch_up is not None:
            # Observers of requests may raise anything; the connection must not end because of that.
            self._callbacks.run(partial(self._catch_up.start, self._clock()), "The first checkpoint in the records")

    def on_connected(self, gap: float | None) -> list[OutgoingMessage]:
        """Return the subscriptions to send first; after a gap, prepare to search for missed events."""
        subscribers = list(self._subscribers)
        messages = [subscribe_message({"id": self._identifier}, f"topic={REPLY_TOPIC}")]
        messages += [subscribe_message(each.metadata, each.subscription.expression) for each in subscribers]
        if self._recovery.state is not RecoveryState.NEVER_CONNECTED:
            self._call_gap_listeners()
        self._deliver(Event(CONNECTED_TOPIC))
        if gap is not None:
            self._counters.add("reconnected")
        identifiers = [message.subscriber_id for message in messages if message.subscriber_id is not None]
        self._carry_out(self._recovery.connected(gap, identifiers))
        return messages

    def on_event(self, payload: dict[str, Any]) -> None:
        """Handle an event unless it is a duplicate; hold updates back while missed events are searched for."""
        try:
            event = Event.from_payload(payload)
        except FtrackError as error:
            # Without a topic, or with that of updates, values of entities may be out of date.
            topic = payload.get("topic")
            self._refuse(str(error), may_be_update=topic == UPDATE_TOPIC or not isinstance(topic, str))
            return
        if self._is_ignoring_events and event.topic != REPLY_TOPIC:
            return
        # An event held back is not marked as seen yet: the search may find it as well, and must handle it first.
        if self._recovery.is_holding and event.topic == UPDATE_TOPIC and self._recovery.hold(event):
            return
        self._handle_once(event)

    def on_malformed(self, reason: str, may_be_event: bool) -> None:
        """Log and count a packet that is ignored; if it may be an event, loaded values may be out of date."""
        self._refuse(reason, may_be_update=may_be_event)

    def _refuse(self, reason: str, *, may_be_update: bool) -> None:
        self._counters.add("malformed")
        logger.warning("A packet from the event server is ignored: %s", printable(reason))
        if may_be_update:
            self._call_gap_listeners()

    def on_ack(self, message: OutgoingMessage, problem: str | None) -> None:
        """Log and count refused events; once all subscriptions are confirmed, search for missed events."""
        if message.subscriber_id is not None:
            if problem is not None:
                request = excerpt(message.payload["data"])
                logger.warning("The event server refused the request (%s): %s", request, problem)
            self._carry_out(self._recovery.subscription_confirmed(message.subscriber_id))
            return
        self._counters.add("published" if problem is None else "refused")
        if problem is not None:
            topic, event_id = message.payload["topic"], message.payload["id"]
            logger.warning("The event server did not accept the event %.64r (%.200r): %s", event_id, topic, problem)

    def on_disconnected(self, reason: str) -> None:
        """Publish locally that the connection was lost."""
        self._deliver(Event(DISCONNECTED_TOPIC, {"reason": reason}))

    def on_failed(self, error: FtrackError) -> None:
        """Log that no further events will arrive."""
        logger.error("The event hub is not connected: %s", error)

    def on_idle(self, now: float) -> None:
        """Finish a search, report slow callbacks and set a checkpoint if one is due."""
        self._take_search_result()
        self._dispatcher.report_slow(now)
        if self._catch_up is not None and not self._recovery.is_holding and self._catch_up.is_checkpoint_due(now):
            self._start_checkpoint(self._catch_up, now)

    def has_capacity(self, timeout: float) -> bool:
        """Return whether another event can be accepted, waiting up to *timeout* seconds."""
        if self._recovery.is_full:
            self._search_ended.wait(timeout)
            self._take_search_result()
            return not self._recovery.is_holding
        return self._dispatcher.has_capacity(timeout)

    # -- handling events -----------------------------------------------------------------------------------------------

    def publish_locally(self, event: Event) -> None:
        """Deliver an event to this hub's subscribers only; raises `ExpressionError` when its target is malformed."""
        subscribers = self._subscribers.interested_in(event)
        if subscribers:
            self._dispatcher.submit(event, subscribers)

    def _deliver(self, event: Event) -> None:
        """Deliver an event to this hub's subscribers; log and count what that raises."""
        try:
            self.publish_locally(event)
        except FtrackError as error:
            self._counters.add("malformed")
            logger.warning("The event %.64r (%.200r) cannot be delivered: %s", event.id, event.topic, error)
        except BaseException:
            # One malformed event must not end the connection for all others.
            self._counters.add("malformed")
            logger.exception("The event %.64r (%.200r) cannot be delivered.", event.id, event.topic)

    def release(self) -> None:
        """Handle the events that were held back."""
        for event in self._recovery.release():
            self._handle_once(event)

    def _handle_once(self, event: Event) -> bool:
        """Handle an event unless it is a duplicate; return whether it is new."""
        if not self._seen.add(event.id):
            self._counters.add("repeated")
            return False
        self._counters.add("received")
        self._handle(event)
        return True

    def _handle(self, event: Event) -> None:
        if event.topic == UPDATE_TOPIC:
            for listener in list(self.listeners):
                self._call_listener(listener, event)
            now = self._clock()
            if self._catch_up is not None and self._catch_up.count_event(now):
                self._start_checkpoint(self._catch_up, now)
        elif event.topic == REPLY_TOPIC:
            callback = self._replies.callback_for(event, self._clock())
            if callback is not None:
                self._call_listener(callback, event)
        self._deliver(event)

    def _call_gap_listeners(self) -> None:
        for listener in list(self.gap_listeners):
            self._call_listener(listener)

    def _call_listener(self, listener: Callable[..., object], *arguments: Event) -> None:
        occasion = "a gap in the events"
        if arguments:
            occasion = printable(f"the event {arguments[0].id!s:.64} ({arguments[0].topic:.200})")
        self._callbacks.run(partial(listener, *arguments), f"A listener for {occasion}")

    def _start_checkpoint(self, catch_up: CatchUp, now: float) -> None:
        checkpoint = catch_up.make_checkpoint(now)

        def run() -> None:
            self._callbacks.run(checkpoint, "A checkpoint in the records")

        self._start_thread(CHECKPOINT_THREAD, run)

    # -- after a gap ---------------------------------------------------------------------------------------------------

    def _carry_out(self, outputs: list[RecoveryOutput]) -> None:
        for output in outputs:
            if isinstance(output, StartSearch):
                self._start_search()
            elif isinstance(output, Release):
                for event in output.events:
                    self._handle_once(event)
            else:
                self._announce_reconnect(output.seconds, output.caught_up, complete=output.complete)

    def _start_search(self) -> None:
        catch_up, seen = self._catch_up, self._seen
        assert catch_up is not None
        self._search_ended.clear()

        def search() -> None:
            result = CatchUpResult((), complete=False)
            try:
                # Updates are held back, so no id of one is added to `seen` while this thread reads it.
                result = catch_up.find_missed(seen)
            except BaseException:
                # Records may hold anything, and observers of requests may raise anything; events held back must not
                # wait forever because of that.
                self._counters.add("failed")
                logger.exception("The events missed while disconnected cannot be found.")
            self._search_result = result
            self._search_ended.set()
            self._wake()

        try:
            self._start_thread(CATCH_UP_THREAD, search)
        except RuntimeError as error:
            # The system has no more threads. The result is taken when the connection is idle.
            logger.warning("The events missed while disconnected are not searched for: %s", error)
            self._search_result = CatchUpResult((), complete=False)
            self._search_ended.set()

    def _take_search_result(self) -> None:
        """Handle the missed events if a search has ended, and after them the events that were held back."""
        result = self._search_result
        if result is None:
            return
        self._search_result = None
        caught_up = sum(map(self._handle_once, result.events))
        self._counters.add("caught_up", caught_up)
        self._carry_out(self._recovery.search_ended(caught_up, complete=result.complete))

    def _announce_reconnect(self, gap: float, caught_up: int, *, complete: bool) -> None:
        data = {"gap": gap, "caught_up": caught_up, "complete": complete}
        self._deliver(Event(RECONNECTED_TOPIC, data))
