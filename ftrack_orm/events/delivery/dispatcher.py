"""Edge: the worker threads that call subscribers: several events at a time, those about the same entity in order."""

from __future__ import annotations

import logging
import queue
import threading
import time
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.events import threads
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.subscription import Subscriber

from .callback_runner import CallbackRunner, CallbackUnit, no_unit
from .ordered_queue import Delivery, OrderedQueue, ordering_keys

if TYPE_CHECKING:
    from .statistics import Counters

logger = logging.getLogger("ftrack_orm.events")

#: Called with an event, a subscriber and the value that its callback returned.
ResultHandler = Callable[[Event, Subscriber, Any], None]


@attrs.define(eq=False)
class _Call:
    """A callback that is running."""

    subscriber: Subscriber
    event: Event
    started: float
    reported: bool = False


class Dispatcher:
    """At most *workers* daemon threads that call subscribers; each is started when it is first needed.

    At most *queue_size* events wait. *full_queue* decides about further ones: `"drop_oldest"` drops the oldest event
    that is not being handled, `"drop_newest"` the new one, and with `"block"` the caller has to ask `has_capacity`
    before each event. A callback that runs for *slow_callback_seconds* is reported in the log. *on_result* is called
    with the values that callbacks return. Each callback runs in a block of its own that *unit* returns.

    The threads hold no reference to the dispatcher while they wait, so that it can be collected with its hub; they end
    then. An event that a thread takes from the queue afterwards is dropped.
    """

    def __init__(
        self,
        on_result: ResultHandler,
        counters: Counters,
        *,
        workers: int,
        queue_size: int,
        full_queue: str,
        slow_callback_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        unit: CallbackUnit = no_unit,
    ) -> None:
        self.callbacks = CallbackRunner(counters, unit)
        self._on_result = on_result
        self._counters = counters
        self._workers = workers
        self._queue_size = queue_size
        self._full_queue = full_queue
        self._slow_callback_seconds = slow_callback_seconds
        self._clock = clock
        self._condition = threading.Condition()
        self._order = OrderedQueue()
        #: The deliveries that no worker has begun, oldest first.
        self._waiting: dict[Delivery, None] = {}
        self._unfinished = 0
        #: The deliveries that can start now; None ends a worker.
        self._ready: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        #: The running callbacks by the ids of their threads.
        self._calls: dict[int, _Call] = {}
        self._closed = False
        threads.end_with(self, partial(_end_workers, self._ready, self._threads))

    @property
    def unfinished(self) -> int:
        """The number of events that are queued or being handled."""
        return self._unfinished

    @property
    def is_worker(self) -> bool:
        """Whether the calling thread is a worker, which cannot wait for the workers."""
        return threading.current_thread() in self._threads

    def has_capacity(self, timeout: float = 0.0) -> bool:
        """Return whether another event can be submitted, waiting up to *timeout* seconds."""
        if self._full_queue != "block" or self._unfinished < self._queue_size:
            return True
        with self._condition:
            return self._condition.wait_for(lambda: self._unfinished < self._queue_size or self._closed, timeout)

    def submit(self, event: Event, subscribers: list[Subscriber]) -> None:
        """Queue an event for *subscribers*, which are called in order, after earlier events about the same entities."""
        delivery = Delivery(event, subscribers, ordering_keys(event, subscribers))
        with self._condition:
            if self._closed or not self._make_capacity(event):
                return
            self._unfinished += 1
            self._waiting[delivery] = None
            if self._order.add(delivery):
                self._start_worker()
                self._ready.put(delivery)

    def call(self, subscribers: list[Subscriber], event: Event, on_result: ResultHandler) -> None:
        """Call *subscribers* one after the other on the calling thread, until one stops the event.

        When a callback raises, that is logged with the event and counted, and the next callback is called. Only a
        `KeyboardInterrupt` on a thread of the user is raised.
        """
        for subscriber in subscribers:
            if event.is_stopped:
                return
            self.callbacks.run(
                partial(self._call_one, subscriber, event, on_result),
                f"A subscriber of {subscriber.subscription.expression!r} for the event {event.id!s:.64} "
                f"({event.topic:.200})",
                subscriber,
            )

    def _call_one(self, subscriber: Subscriber, event: Event, on_result: ResultHandler) -> None:
        on_result(event, subscriber, self._timed_call(subscriber, event))

    def report_slow(self, now: float) -> None:
        """Log the callbacks that have been running for too long, each once."""
        for call in list(self._calls.values()):
            if not call.reported and now - call.started >= self._slow_callback_seconds:
                self._report(call, now, "is still running after")

    def drain(self, timeout: float | None) -> bool:
        """Wait up to *timeout* seconds until every submitted event is handled; return whether it is."""
        if self.is_worker:
            return True
        with self._condition:
            return self._condition.wait_for(lambda: not self._unfinished, timeout)

    def finish(self, timeout: float) -> int:
        """Wait up to *timeout* seconds for the queued events, and as long again for the callbacks that run then.

        Return the number of events that are dropped because no worker has begun them. On a worker, queued events are
        dropped at once, since it cannot wait for itself.
        """
        if not self.is_worker and self.drain(timeout):
            return 0
        dropped = self.discard_waiting()
        with self._condition:
            self._condition.wait_for(lambda: self.are_others_idle, timeout)
        return dropped

    @property
    def are_others_idle(self) -> bool:
        """Whether no worker handles an event, apart from the calling thread."""
        return self._unfinished <= int(self.is_worker)

    def discard_waiting(self) -> int:
        """Drop the events that no worker has begun, and return their number."""
        with self._condition:
            dropped = len(self._waiting)
            for delivery in self._waiting:
                delivery.dropped = True
            self._unfinished -= dropped
            self._waiting.clear()
            self._condition.notify_all()
        return dropped

    def close(self, timeout: float) -> int:
        """Accept no more events, drop the queued ones and wait up to *timeout* seconds for the running callbacks.

        Return the number of dropped events.
        """
        with self._condition:
            self._closed = True
            dropped = self.discard_waiting()
            workers = list(self._threads)
        for _ in workers:
            self._ready.put(None)
        deadline = time.monotonic() + timeout
        for worker in workers:
            if worker is not threading.current_thread():
                worker.join(max(0.0, deadline - time.monotonic()))
        return dropped

    def _make_capacity(self, event: Event) -> bool:
        """Return whether a new event can be queued, dropping the oldest one if that is the setting."""
        if self._unfinished < self._queue_size or self._full_queue == "block":
            return True
        self._counters.add("dropped")
        if self._full_queue == "drop_newest" or not self._waiting:
            self._log_dropped(event)
            return False
        oldest = next(iter(self._waiting))
        del self._waiting[oldest]
        # It keeps its position, since later deliveries may wait for it, but releases everything else.
        oldest.dropped, oldest.subscribers = True, []
        self._unfinished -= 1
        self._log_dropped(oldest.event)
        return True

    def _log_dropped(self, event: Event) -> None:
        logger.warning(
            "The event %.64r (%.200r) is dropped: %d events are already queued. See event_hub.statistics.dropped and "
            "the settings event_workers, event_queue_size and full_event_queue.",
            event.id,
            event.topic,
            self._queue_size,
        )

    def _start_worker(self) -> None:
        number = len(self._threads)
        if number < min(self._workers, self._unfinished):
            run = partial(_work, self._ready, weakref.ref(self))
            worker = threads.make_thread(f"{threads.WORKER_THREAD}-{number}", run)
            # Before it starts: a callback may ask at once whether it runs on a worker.
            self._threads.append(worker)
            worker.start()

    def run_deliveries(self, delivery: Delivery) -> None:
        """Run a delivery, and those that become ready by its end and that no other worker can take."""
        # The first delivery that becomes ready follows on the same thread.
        following: Delivery | None = delivery
        while following is not None:
            following = self._run_delivery(following)

    def _run_delivery(self, delivery: Delivery) -> Delivery | None:
        with self._condition:
            self._waiting.pop(delivery, None)
            dropped = delivery.dropped
        try:
            if not dropped:
                self.call(delivery.subscribers, delivery.event, self._on_result)
        finally:
            # Whatever happens, later events about the same entities must not wait forever.
            ready = self._finish(delivery, dropped=dropped)
        return ready

    def _finish(self, delivery: Delivery, *, dropped: bool) -> Delivery | None:
        """Release the deliveries that waited for *delivery*; return the one to run next on this thread."""
        with self._condition:
            ready = self._order.done(delivery)
            if not dropped:
                self._counters.add("handled")
                self._unfinished -= 1
                # Besides 0, 1 matters: a worker that closes the hub waits for all events but its own.
                if self._unfinished in (0, 1, self._queue_size - 1):
                    self._condition.notify_all()
        for other in ready[1:]:
            self._ready.put(other)
        return ready[0] if ready else None

    def _timed_call(self, subscriber: Subscriber, event: Event) -> Any:
        thread_id = threading.get_ident()
        outer = self._calls.get(thread_id)
        call = self._calls[thread_id] = _Call(subscriber, event, self._clock())
        try:
            return subscriber.callback(event)
        finally:
            now = self._clock()
            if outer is None:
                del self._calls[thread_id]
            else:
                self._calls[thread_id] = outer
            if now - call.started >= self._slow_callback_seconds and not call.reported:
                self._report(call, now, "took")

    def _report(self, call: _Call, now: float, verb: str) -> None:
        call.reported = True
        self._counters.add("slow")
        logger.warning(
            "A subscriber of %r %s %.1f s on the event %.64r (%.200r).",
            call.subscriber.subscription.expression,
            verb,
            now - call.started,
            call.event.id,
            call.event.topic,
        )


def _work(ready: queue.SimpleQueue[Delivery | None], reference: weakref.ref[Dispatcher]) -> None:
    """Run deliveries until there is a None in their place, or the dispatcher is collected."""
    while (delivery := ready.get()) is not None:
        dispatcher = reference()
        if dispatcher is None:
            return
        try:
            dispatcher.run_deliveries(delivery)
        except BaseException:
            # A defect of this library, or an exception that another thread raised in this one.
            logger.exception(
                "An event worker failed on the event %.64r (%.200r).", delivery.event.id, delivery.event.topic
            )
        # While the thread waits, it keeps neither the dispatcher nor the event's subscribers alive.
        del dispatcher, delivery


def _end_workers(ready: queue.SimpleQueue[Delivery | None], workers: list[threading.Thread]) -> None:
    """End the threads of a collected dispatcher."""
    for _ in workers:
        ready.put(None)
