"""The workers: order, limits, what is reported, and how they end."""

import collections
import threading

import pytest

from ftrack_orm.events.delivery.dispatcher import Dispatcher
from ftrack_orm.events.delivery.statistics import Counters
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.subscription import Subscriber, Subscription

PATIENCE = 30


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def make():
    made = []

    def make(**options):
        counters = Counters()
        settings = {"workers": 4, "limit": 1000, "policy": "block", "slow": 10.0, **options}
        dispatcher = Dispatcher(lambda event, subscriber, result: None, counters, **settings)
        made.append(dispatcher)
        return dispatcher, lambda: counters.read(waiting=dispatcher.unfinished, unsent=0)

    yield make
    for dispatcher in made:
        dispatcher.close(PATIENCE)


def about(entity, number):
    return Event("ftrack.update", {"entities": [{"entityId": entity}], "number": number})


def subscriber(callback):
    return Subscriber(Subscription("topic=*"), callback, {"id": "me"})


def test_events_about_one_entity_are_handled_in_order_and_others_at_the_same_time(make):
    dispatcher, read = make(workers=4)
    order = collections.defaultdict(list)
    meeting = threading.Barrier(4, timeout=PATIENCE)

    def callback(event):
        (entry,) = event.data["entities"]
        if event.data["number"] == 0:
            # Passed only when four entities are being handled at the same time.
            meeting.wait()
        order[entry["entityId"]].append(event.data["number"])

    for number in range(50):
        for entity in "abcd":
            dispatcher.submit(about(entity, number), [subscriber(callback)])
    assert dispatcher.drain(PATIENCE)
    assert dict(order) == {entity: list(range(50)) for entity in "abcd"}
    assert read().handled == 200


def blocked(dispatcher):
    """Keep the only worker busy; return what lets it go on."""
    entered, leave = threading.Event(), threading.Event()
    busy = subscriber(lambda event: (entered.set(), leave.wait(PATIENCE))[0])
    dispatcher.submit(about("busy", 0), [busy])
    assert entered.wait(PATIENCE)
    return leave


@pytest.mark.parametrize(("policy", "kept"), [("drop_oldest", [3, 4]), ("drop_newest", [1, 2])])
def test_one_event_too_many_costs_another_and_is_told(make, caplog, policy, kept):
    dispatcher, read = make(workers=1, limit=3, policy=policy)
    leave, handled = blocked(dispatcher), []
    for number in (1, 2, 3, 4):
        assert dispatcher.has_room()
        dispatcher.submit(about("x", number), [subscriber(lambda event: handled.append(event.data["number"]))])
    assert dispatcher.unfinished == 3
    leave.set()
    assert dispatcher.drain(PATIENCE)
    assert handled == kept
    assert read().dropped == 2
    assert caplog.text.count("full_event_queue") == 2


def test_blocking_says_that_there_is_no_room_until_there_is(make):
    dispatcher, _ = make(workers=1, limit=1, policy="block")
    leave = blocked(dispatcher)
    assert not dispatcher.has_room()
    leave.set()
    assert dispatcher.has_room(PATIENCE)


def test_slow_callbacks_are_reported_while_they_run_and_once(make, caplog):
    clock = Clock()
    dispatcher, read = make(workers=1, slow=5.0, clock=clock)
    leave = blocked(dispatcher)
    dispatcher.report_slow(clock.now)
    assert read().slow == 0
    clock.now = 6.0
    dispatcher.report_slow(clock.now)
    dispatcher.report_slow(clock.now)
    assert "still running after 6.0 s" in caplog.text
    leave.set()
    assert dispatcher.drain(PATIENCE)
    assert read().slow == 1


def test_a_callback_that_was_slow_is_reported_when_it_ends(make, caplog):
    clock = Clock()
    dispatcher, read = make(slow=5.0, clock=clock)

    def callback(event):
        clock.now += 7.0

    dispatcher.submit(about("x", 1), [subscriber(callback)])
    assert dispatcher.drain(PATIENCE)
    assert "took 7.0 s" in caplog.text
    assert read().slow == 1


def test_closing_ends_the_threads_and_counts_what_is_given_up(make):
    dispatcher, _ = make(workers=1)
    leave, handled = blocked(dispatcher), []
    dispatcher.submit(about("x", 1), [subscriber(handled.append)])
    closing = []
    closer = threading.Thread(target=lambda: closing.append(dispatcher.close(PATIENCE)))
    closer.start()
    leave.set()
    closer.join(PATIENCE)
    assert closing == [1]
    dispatcher.submit(about("x", 2), [subscriber(handled.append)])
    assert handled == []
    assert not [thread for thread in dispatcher._threads if thread.is_alive()]


def test_a_worker_does_not_wait_for_itself(make):
    dispatcher, _ = make(workers=1)
    answers = []
    dispatcher.submit(about("x", 1), [subscriber(lambda event: answers.append(dispatcher.drain(None)))])
    assert dispatcher.drain(PATIENCE)
    assert answers == [True]
