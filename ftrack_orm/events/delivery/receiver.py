"""Edge: what becomes of what the event server says: each event once, to listeners, to whoever waits for a reply, and
to subscribers; and after a gap, first the events that were missed.

All of it runs on the line's thread but the search for missed events, which asks the server over HTTP.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ftrack_orm.errors import FtrackError
from ftrack_orm.events.connection.connection import SUBSCRIBE
from ftrack_orm.events.connection.outbox import OutgoingMessage
from ftrack_orm.events.event import REPLY_TOPIC, Event
from ftrack_orm.events.subscriptions.subscription import SubscriberIndex

from .catch_up import CatchUp, CatchUpResult
from .deduplicator import Deduplicator
from .dispatcher import Dispatcher
from .pending_replies import PendingReplies
from .statistics import Counters

logger = logging.getLogger("ftrack_orm.events")

UPDATE_TOPIC = "ftrack.update"
CONNECTED_TOPIC = "ftrack.meta.connected"
DISCONNECTED_TOPIC = "ftrack.meta.disconnected"
RECONNECTED_TOPIC = "ftrack.meta.reconnected"


@attrs.define
class _Gap:
    """A gap whose missed events are being found: its length, and what came of it so far."""

    seconds: float
    #: Whether the records have still to be looked through, as another gap came after they were.
    pending: bool = True
    caught_up: int = 0
    complete: bool = True


#: Events kept back while the missed ones are looked for; with more, nothing is read until they are found.
_MOST_HELD = 10_000


class EventReceiver:
    """The hub's ear: the `ConnectionListener` of its line.

    *listeners* are called with every `ftrack.update` before its subscribers, *gap_listeners* when the line is back
    after it was lost; both on the line's thread, so they must neither block nor take long.
    """

    def __init__(
        self,
        identifier: str,
        subscribers: SubscriberIndex,
        dispatcher: Dispatcher,
        awaited: PendingReplies,
        counters: Counters,
        missed: CatchUp | None,
        *,
        wake: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._identifier = identifier
        self._subscribers = subscribers
        self._dispatcher = dispatcher
        self._awaited = awaited
        self._counters = counters
        self._missed = missed
        self._wake = wake
        self._clock = clock
        self._seen = Deduplicator()
        self.listeners: list[Callable[[Event], object]] = []
        self.gap_listeners: list[Callable[[], object]] = []
        self._ever_ready = False
        self._begun = False
        #: Subscribers the server has not confirmed yet on the present line.
        self._unconfirmed: set[str] = set()
        self._gap: _Gap | None = None
        self._searching = False
        self._search_ended = threading.Event()
        self._found: CatchUpResult | None = None
        self._held: list[Event] | None = None

    # -- what the line tells -------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Prepare for a line that does not continue an earlier one."""
        self._begun = False

    def opening(self) -> None:
        """Note where the server's records end, before the first event can come."""
        self._take_found()
        if self._missed is not None and not self._begun:
            self._begun = self._missed.begin(self._clock())

    def ready(self, gap: float | None) -> list[OutgoingMessage]:
        """Return the subscriptions to begin with; after a gap, prepare to look for what was missed."""
        subscribers = list(self._subscribers)
        letters = [subscribing({"id": self._identifier}, f"topic={REPLY_TOPIC}")]
        letters += [subscribing(one.metadata, one.subscription.expression) for one in subscribers]
        self._unconfirmed = {letter.subscriber for letter in letters if letter.subscriber is not None}
        if self._ever_ready:
            for listener in list(self.gap_listeners):
                self._guarded(listener)
        self.publish_locally(Event(CONNECTED_TOPIC))
        if gap is not None:
            self._counters.add("reconnected")
            if self._missed is None:
                self._tell(_Gap(gap, complete=False))
            else:
                # What was not caught up yet after the gap before is of one piece with this one.
                before = self._gap.seconds if self._gap is not None else 0.0
                self._gap = attrs.evolve(self._gap or _Gap(0.0), seconds=before + gap, pending=True)
                self._held = [] if self._held is None else self._held
        self._ever_ready = True
        return letters

    def received(self, payload: dict[str, Any]) -> None:
        """Take an event, unless it came before; while missed ones are looked for, keep it back."""
        try:
            event = Event.from_payload(payload)
        except FtrackError as error:
            logger.warning("An event of the server is left out: %s", error)
            return
        except Exception:
            logger.exception("An event of the server is left out: %.200r", payload)
            return
        if self._held is not None and event.topic == UPDATE_TOPIC:
            # Not among those seen yet: what is being looked for may hold it as well, and comes first.
            self._held.append(event)
        else:
            self._take_first(event)

    def settled(self, letter: OutgoingMessage, problem: str | None) -> None:
        """Note what the server says to a letter; when it knows all subscribers again, look for what was missed."""
        if letter.subscriber is not None:
            if problem is not None:
                logger.warning("The event server did not do as asked (%s): %s", dict(letter.payload["data"]), problem)
            self._unconfirmed.discard(letter.subscriber)
            self._search_if_due()
            return
        self._counters.add("published" if problem is None else "refused")
        if problem is not None:
            topic, event_id = letter.payload["topic"], letter.payload["id"]
            logger.warning("The event %s (%s) was not taken by the event server: %s", event_id, topic, problem)

    def lost(self, reason: str) -> None:
        """Tell subscribers that the line broke."""
        self.publish_locally(Event(DISCONNECTED_TOPIC, {"reason": reason}))

    def gave_up(self, error: FtrackError) -> None:
        """Tell the log that nothing will come any more."""
        logger.error("The event hub is not connected: %s", error)

    def looked_up(self, now: float) -> None:
        """Do what is due now and then."""
        self._take_found()
        self._dispatcher.report_slow(now)
        if self._missed is not None and self._held is None and self._missed.renewal_due(now):
            self._renew(self._missed, now)

    def has_room(self, timeout: float) -> bool:
        """Whether another event can be taken, waiting up to *timeout* seconds."""
        if self._held is not None and len(self._held) >= _MOST_HELD:
            self._search_ended.wait(timeout)
            self._take_found()
            return self._held is None
        return self._dispatcher.has_room(timeout)

    # -- what becomes of it --------------------------------------------------------------------------------------------

    def publish_locally(self, event: Event) -> None:
        """Hand an event to the subscribers of this hub only."""
        subscribers = self._subscribers.interested_in(event)
        if subscribers:
            self._dispatcher.submit(event, subscribers)

    def _take_first(self, event: Event) -> bool:
        """Take an event unless it came before; return whether it is new."""
        if not self._seen.first_time(event.id):
            self._counters.add("repeated")
            return False
        self._counters.add("received")
        self._take(event)
        return True

    def _take(self, event: Event) -> None:
        if event.topic == UPDATE_TOPIC:
            for listener in list(self.listeners):
                self._guarded(listener, event)
            now = self._clock()
            if self._missed is not None and self._missed.handled(now):
                self._renew(self._missed, now)
        elif event.topic == REPLY_TOPIC:
            callback = self._awaited.of(event, self._clock())
            if callback is not None:
                self._guarded(callback, event)
        try:
            self.publish_locally(event)
        except FtrackError as error:
            logger.warning("The event %s (%s) is for nobody: %s", event.id, event.topic, error)
        except Exception:
            # One strange event must not end the connection for all others.
            logger.exception("The event %s (%s) cannot be handed on.", event.id, event.topic)

    def _guarded(self, call: Callable[..., object], *arguments: Event) -> None:
        try:
            call(*arguments)
        except Exception:
            logger.exception("A listener failed on %s.", arguments[0] if arguments else "a gap in the connection")

    # -- after a gap ---------------------------------------------------------------------------------------------------

    def _search_if_due(self) -> None:
        gap, missed, seen = self._gap, self._missed, self._seen
        if gap is None or missed is None or not gap.pending or self._unconfirmed or self._searching:
            return
        gap.pending = False
        self._searching = True
        self._search_ended.clear()

        def search() -> None:
            found = CatchUpResult((), complete=False)
            try:
                # What is kept back is not among those seen, so nothing changes in there while this thread reads it.
                found = missed.find(seen)
            except Exception:
                # Records may hold anything; what is kept back must not wait for ever because of that.
                logger.exception("The events missed during the gap in the event connection cannot be found.")
            self._found = found
            self._search_ended.set()
            self._wake()

        threading.Thread(target=search, name="ftrack-events-missed", daemon=True).start()

    def _take_found(self) -> None:
        """Hand on the missed events that were found, and after them what came meanwhile."""
        found, gap = self._found, self._gap
        if found is None or gap is None:
            return
        self._found, self._searching = None, False
        caught_up = sum(map(self._take_first, found.events))
        self._counters.add("caught_up", caught_up)
        gap.caught_up += caught_up
        gap.complete = gap.complete and found.complete
        if gap.pending:
            self._search_if_due()
            return
        self._gap = None
        self.release()
        self._tell(gap)

    def release(self) -> None:
        """Hand on what was kept back."""
        held, self._held = self._held or [], None
        for event in held:
            self._take_first(event)

    def _renew(self, missed: CatchUp, now: float) -> None:
        threading.Thread(target=missed.renewal(now), name="ftrack-events-records", daemon=True).start()

    def _tell(self, gap: _Gap) -> None:
        data = {"gap": gap.seconds, "caught_up": gap.caught_up, "complete": gap.complete}
        self.publish_locally(Event(RECONNECTED_TOPIC, data))


def subscribing(metadata: Mapping[str, Any], expression: str) -> OutgoingMessage:
    """Return the letter that tells the server of a subscriber (PROTOCOL 3.3)."""
    data = {"subscriber": dict(metadata), "subscription": expression}
    return OutgoingMessage(Event(SUBSCRIBE, data).to_payload(), lasting=False, subscriber=str(metadata["id"]))
