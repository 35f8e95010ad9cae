"""Edge: the worker threads that call subscribers: several events at a time, those about the same entity in order."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import attrs

from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.subscription import Subscriber

from .ordered_queue import Job, OrderedQueue, lane_keys
from .statistics import Counters

logger = logging.getLogger("ftrack_orm.events")

#: What may be done about an event that is one too many.
FULL_QUEUE_POLICIES = ("block", "drop_oldest", "drop_newest")

#: What is called with what a callback returned.
Answer = Callable[[Event, Subscriber, Any], None]


@attrs.define(eq=False)
class _Call:
    """A callback that runs now."""

    subscriber: Subscriber
    event: Event
    started: float
    reported: bool = False


class Dispatcher:
    """At most *workers* daemon threads that call subscribers, started when there is work.

    At most *limit* events wait; *policy* says what happens to more: with `"drop_oldest"` the oldest that was not begun
    is given up, with `"drop_newest"` the new one, and with `"block"` whoever brings events is to ask `has_room` first.
    A callback that runs for *slow* seconds is reported. *answer* is called with what callbacks return.
    """

    def __init__(
        self,
        answer: Answer,
        counters: Counters,
        *,
        workers: int,
        limit: int,
        policy: str,
        slow: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._answer = answer
        self._counters = counters
        self._workers = workers
        self._limit = limit
        self._policy = policy
        self._slow = slow
        self._clock = clock
        self._condition = threading.Condition()
        self._lanes = OrderedQueue()
        #: In the order they came: what waits, so that the oldest can be given up.
        self._waiting: dict[Job, None] = {}
        self._unfinished = 0
        self._ready: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._calls: dict[int, _Call] = {}
        self._closed = False

    @property
    def unfinished(self) -> int:
        """How many events wait or are being handled."""
        return self._unfinished

    def has_room(self, timeout: float = 0.0) -> bool:
        """Return whether another event may be submitted, waiting up to *timeout* seconds for that."""
        if self._policy != "block" or self._unfinished < self._limit:
            return True
        with self._condition:
            return self._condition.wait_for(lambda: self._unfinished < self._limit or self._closed, timeout)

    def submit(self, event: Event, subscribers: list[Subscriber]) -> None:
        """Have *subscribers* called with *event*, in their order, after everything before that is about the same."""
        job = Job(event, subscribers, lane_keys(event, subscribers))
        with self._condition:
            if self._closed or not self._make_room(event):
                return
            self._unfinished += 1
            self._waiting[job] = None
            if self._lanes.add(job):
                self._start_worker()
                self._ready.put(job)

    def call(self, subscribers: list[Subscriber], event: Event, answer: Answer) -> None:
        """Call *subscribers* one after the other on this thread, until one stops the event.

        What a callback raises is logged with the event, and the next is called.
        """
        for subscriber in subscribers:
            if event.is_stopped:
                return
            try:
                result = self._timed(subscriber, event)
            except Exception:
                self._counters.add("failed")
                logger.exception(
                    "A subscriber of %r failed on the event %s (%s).",
                    subscriber.subscription.expression,
                    event.id,
                    event.topic,
                )
            else:
                answer(event, subscriber, result)

    def report_slow(self, now: float) -> None:
        """Log the callbacks that have been running for too long, each once."""
        for call in list(self._calls.values()):
            if not call.reported and now - call.started >= self._slow:
                self._report(call, now, "is still running after")

    def drain(self, timeout: float | None) -> bool:
        """Wait until every event submitted is handled, at most *timeout* seconds; return whether it is."""
        if self.is_worker:
            return True
        with self._condition:
            return self._condition.wait_for(lambda: not self._unfinished, timeout)

    @property
    def is_worker(self) -> bool:
        """Whether the present thread is one of the workers, which cannot wait for themselves."""
        return threading.current_thread() in self._threads

    def close(self, timeout: float) -> int:
        """Take no more events, give up those not begun, and wait *timeout* seconds for the rest; return how many
        events were given up."""
        with self._condition:
            self._closed = True
            given_up = len(self._waiting)
            for job in self._waiting:
                job.dropped = True
            threads = list(self._threads)
            self._condition.notify_all()
        for _ in threads:
            self._ready.put(None)
        deadline = time.monotonic() + timeout
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))
        return given_up

    def _make_room(self, event: Event) -> bool:
        """Return whether a new event may come in, giving another one up if need be."""
        if self._unfinished < self._limit or self._policy == "block":
            return True
        self._counters.add("dropped")
        if self._policy == "drop_newest" or not self._waiting:
            self._say_dropped(event)
            return False
        oldest = next(iter(self._waiting))
        del self._waiting[oldest]
        # It keeps its place in the lanes, where others may wait for it, and lets go of everything else.
        oldest.dropped, oldest.subscribers = True, []
        self._unfinished -= 1
        self._say_dropped(oldest.event)
        return True

    def _say_dropped(self, event: Event) -> None:
        logger.warning(
            "The event %s (%s) is not handled: %d wait already. See event_hub.statistics.dropped, and the settings "
            "event_workers, event_queue_size and full_event_queue.",
            event.id,
            event.topic,
            self._limit,
        )

    def _start_worker(self) -> None:
        if len(self._threads) < self._workers and len(self._threads) < self._unfinished:
            name = f"ftrack-event-worker-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while (job := self._ready.get()) is not None:
            # Those freed by a job follow on the same thread, as far as there is one.
            following: Job | None = job
            while following is not None:
                following = self._do(following)

    def _do(self, job: Job) -> Job | None:
        with self._condition:
            self._waiting.pop(job, None)
            dropped = job.dropped
        if not dropped:
            self.call(job.subscribers, job.event, self._answer)
        with self._condition:
            freed = self._lanes.done(job)
            if not dropped:
                self._counters.add("handled")
            if not dropped or self._closed:
                self._unfinished -= 1
                if self._unfinished in (0, self._limit - 1):
                    self._condition.notify_all()
        for other in freed[1:]:
            self._ready.put(other)
        return freed[0] if freed else None

    def _timed(self, subscriber: Subscriber, event: Event) -> Any:
        thread = threading.get_ident()
        outer = self._calls.get(thread)
        call = self._calls[thread] = _Call(subscriber, event, self._clock())
        try:
            return subscriber.callback(event)
        finally:
            now = self._clock()
            if outer is None:
                del self._calls[thread]
            else:
                self._calls[thread] = outer
            if now - call.started >= self._slow and not call.reported:
                self._report(call, now, "took")

    def _report(self, call: _Call, now: float, what: str) -> None:
        call.reported = True
        self._counters.add("slow")
        logger.warning(
            "A subscriber of %r %s %.1f s on the event %s (%s).",
            call.subscriber.subscription.expression,
            what,
            now - call.started,
            call.event.id,
            call.event.topic,
        )
