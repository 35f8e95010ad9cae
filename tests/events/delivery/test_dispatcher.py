"""The workers: the order of events, limits, reports of slow callbacks, and the end of the threads."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_orm.events.delivery.dispatcher import Dispatcher
from ftrack_orm.events.delivery.statistics import Counters, Statistics
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.subscription import Subscriber, Subscription
from tests.events.memory_server import TIMEOUT


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> Any:
        return self.now


#: Creates a dispatcher with a function that reads its statistics.
MakeDispatcher = Callable[..., tuple[Dispatcher, Callable[[], Statistics]]]


@pytest.fixture
def make() -> Iterator[MakeDispatcher]:
    made = []

    def make(**options: Any) -> tuple[Dispatcher, Callable[[], Statistics]]:
        counters = Counters()
        settings = {"workers": 4, "queue_size": 1000, "full_queue": "block", "slow_callback_seconds": 10.0, **options}
        dispatcher = Dispatcher(lambda event, subscriber, result: None, counters, **settings)
        made.append(dispatcher)
        return dispatcher, lambda: counters.read(waiting=dispatcher.unfinished, unsent=0)

    yield make
    for dispatcher in made:
        dispatcher.close(TIMEOUT)


def about(entity: str, number: int) -> Event:
    return Event("ftrack.update", {"entities": [{"entityId": entity}], "number": number})


def subscriber(callback: Callable[[Event], object]) -> Subscriber:
    return Subscriber(Subscription("topic=*"), callback, {"id": "me"})


def test_events_about_one_entity_are_handled_in_order_and_others_at_the_same_time(make: MakeDispatcher) -> None:
    dispatcher, read = make(workers=4)
    order = collections.defaultdict(list)
    meeting = threading.Barrier(4, timeout=TIMEOUT)

    def callback(event: Event) -> None:
        (entry,) = event.data["entities"]
        if event.data["number"] == 0:
            # Passes only while events of four entities are being handled.
            meeting.wait()
        order[entry["entityId"]].append(event.data["number"])

    for number in range(50):
        for entity in "abcd":
            dispatcher.submit(about(entity, number), [subscriber(callback)])
    assert dispatcher.drain(TIMEOUT)
    assert dict(order) == {entity: list(range(50)) for entity in "abcd"}
    assert read().handled == 200


def blocked(dispatcher: Dispatcher) -> threading.Event:
    """Keep the only worker busy until the returned event is set."""
    entered, leave = threading.Event(), threading.Event()

    def callback(event: Event) -> None:
        entered.set()
        leave.wait(TIMEOUT)

    dispatcher.submit(about("busy", 0), [subscriber(callback)])
    assert entered.wait(TIMEOUT)
    return leave


@pytest.mark.parametrize(("policy", "kept"), [("drop_oldest", [3, 4]), ("drop_newest", [1, 2])])
def test_a_full_queue_drops_an_event_and_logs_it(
    make: MakeDispatcher, caplog: pytest.LogCaptureFixture, policy: str, kept: Any
) -> None:
    dispatcher, read = make(workers=1, queue_size=3, full_queue=policy)
    leave = blocked(dispatcher)
    handled: list[Event] = []
    for number in (1, 2, 3, 4):
        assert dispatcher.has_capacity()
        dispatcher.submit(about("x", number), [subscriber(lambda event: handled.append(event.data["number"]))])
    assert dispatcher.unfinished == 3
    leave.set()
    assert dispatcher.drain(TIMEOUT)
    assert handled == kept
    assert read().dropped == 2
    assert caplog.text.count("full_event_queue") == 2


def test_a_blocking_queue_has_no_capacity_while_it_is_full(make: MakeDispatcher) -> None:
    dispatcher, _ = make(workers=1, queue_size=1, full_queue="block")
    leave = blocked(dispatcher)
    assert not dispatcher.has_capacity()
    leave.set()
    assert dispatcher.has_capacity(TIMEOUT)


def test_slow_callbacks_are_reported_while_they_run_and_once(
    make: MakeDispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    dispatcher, read = make(workers=1, slow_callback_seconds=5.0, clock=clock)
    leave = blocked(dispatcher)
    dispatcher.report_slow(clock.now)
    assert read().slow == 0
    clock.now = 6.0
    dispatcher.report_slow(clock.now)
    dispatcher.report_slow(clock.now)
    assert "still running after 6.0 s" in caplog.text
    leave.set()
    assert dispatcher.drain(TIMEOUT)
    assert read().slow == 1


def test_a_callback_that_was_slow_is_reported_when_it_ends(
    make: MakeDispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    dispatcher, read = make(slow_callback_seconds=5.0, clock=clock)

    def callback(event: Event) -> None:
        clock.now += 7.0

    dispatcher.submit(about("x", 1), [subscriber(callback)])
    assert dispatcher.drain(TIMEOUT)
    assert "took 7.0 s" in caplog.text
    assert read().slow == 1


def test_closing_ends_the_threads_and_counts_the_dropped_events(make: MakeDispatcher) -> None:
    dispatcher, _ = make(workers=1)
    leave = blocked(dispatcher)
    handled: list[Event] = []
    dispatcher.submit(about("x", 1), [subscriber(handled.append)])
    closing = []
    closer = threading.Thread(target=lambda: closing.append(dispatcher.close(TIMEOUT)))
    closer.start()
    leave.set()
    closer.join(TIMEOUT)
    assert closing == [1]
    assert dispatcher.unfinished == 0
    dispatcher.submit(about("x", 2), [subscriber(handled.append)])
    assert handled == []
    assert not [thread for thread in dispatcher._threads if thread.is_alive()]


def test_a_worker_does_not_wait_for_itself(make: MakeDispatcher) -> None:
    dispatcher, _ = make(workers=1)
    answers = []
    dispatcher.submit(about("x", 1), [subscriber(lambda event: answers.append(dispatcher.drain(None)))])
    assert dispatcher.drain(TIMEOUT)
    assert answers == [True]
