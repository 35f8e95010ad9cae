"""Edge: the worker threads that call subscribers: several events at a time, those about the same entity in order."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.events import threads
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.subscription import Subscriber

from .ordered_queue import Job, OrderedQueue, ordering_keys

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
    with the values that callbacks return.
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
    ) -> None:
        self._on_result = on_result
        self._counters = counters
        self._workers = workers
        self._queue_size = queue_size
        self._full_queue = full_queue
        self._slow_callback_seconds = slow_callback_seconds
        self._clock = clock
        self._condition = threading.Condition()
        self._order = OrderedQueue()
        #: The jobs that no worker has begun, oldest first.
        self._waiting: dict[Job, None] = {}
        self._unfinished = 0
        #: The jobs that can start now; None ends a worker.
        self._ready: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        #: The running callbacks by the ids of their threads.
        self._calls: dict[int, _Call] = {}
        self._closed = False

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
        job = Job(event, subscribers, ordering_keys(event, subscribers))
        with self._condition:
            if self._closed or not self._make_capacity(event):
                return
            self._unfinished += 1
            self._waiting[job] = None
            if self._order.add(job):
                self._start_worker()
                self._ready.put(job)

    def call(self, subscribers: list[Subscriber], event: Event, on_result: ResultHandler) -> None:
        """Call *subscribers* one after the other on the calling thread, until one stops the event.

        An exception of a callback is logged with the event, and the next callback is called.
        """
        for subscriber in subscribers:
            if event.is_stopped:
                return
            try:
                result = self._timed_call(subscriber, event)
            except Exception:
                self._counters.add("failed")
                logger.exception(
                    "A subscriber of %r failed on the event %s (%s).",
                    subscriber.subscription.expression,
                    event.id,
                    event.topic,
                )
            else:
                on_result(event, subscriber, result)

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

    def close(self, timeout: float) -> int:
        """Accept no more events, drop the queued ones and wait up to *timeout* seconds for the running callbacks.

        Return the number of dropped events.
        """
        with self._condition:
            self._closed = True
            dropped = len(self._waiting)
            for job in self._waiting:
                job.dropped = True
            self._unfinished -= dropped
            self._waiting.clear()
            workers = list(self._threads)
            self._condition.notify_all()
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
        # It keeps its position, since later jobs may wait for it, but releases everything else.
        oldest.dropped, oldest.subscribers = True, []
        self._unfinished -= 1
        self._log_dropped(oldest.event)
        return True

    def _log_dropped(self, event: Event) -> None:
        logger.warning(
            "The event %s (%s) is dropped: %d events are already queued. See event_hub.statistics.dropped and the "
            "settings event_workers, event_queue_size and full_event_queue.",
            event.id,
            event.topic,
            self._queue_size,
        )

    def _start_worker(self) -> None:
        number = len(self._threads)
        if number < min(self._workers, self._unfinished):
            worker = threads.make_thread(f"{threads.WORKER_THREAD}-{number}", self._work)
            # Before it starts: a callback may ask at once whether it runs on a worker.
            self._threads.append(worker)
            worker.start()

    def _work(self) -> None:
        while (job := self._ready.get()) is not None:
            # The first job that becomes ready follows on the same thread.
            following: Job | None = job
            while following is not None:
                following = self._run_job(following)

    def _run_job(self, job: Job) -> Job | None:
        with self._condition:
            self._waiting.pop(job, None)
            dropped = job.dropped
        if not dropped:
            self.call(job.subscribers, job.event, self._on_result)
        with self._condition:
            ready = self._order.done(job)
            if not dropped:
                self._counters.add("handled")
                self._unfinished -= 1
                if self._unfinished in (0, self._queue_size - 1):
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
            "A subscriber of %r %s %.1f s on the event %s (%s).",
            call.subscriber.subscription.expression,
            verb,
            now - call.started,
            call.event.id,
            call.event.topic,
        )
