"""The receiver, without a connection: the tests call it as a connection does, and run its searches themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_orm.events.connection.outbox import OutgoingMessage
from ftrack_orm.events.connection.subscription_messages import subscribe_message
from ftrack_orm.events.delivery import gap_recovery
from ftrack_orm.events.delivery.catch_up import CHECKPOINT_SECONDS, CatchUp
from ftrack_orm.events.delivery.dispatcher import Dispatcher
from ftrack_orm.events.delivery.pending_replies import PendingReplies
from ftrack_orm.events.delivery.receiver import EventReceiver
from ftrack_orm.events.delivery.statistics import Counters, Statistics
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.subscription import Subscriber, SubscriberIndex, Subscription
from tests.events.memory_server import TIMEOUT

SUBSCRIBERS = ["hub", "me"]


class Hub:
    """A receiver with one subscriber for all events, and the parts that it uses."""

    def __init__(self, *, can_catch_up: bool = True) -> None:
        self.records: list[dict[str, Any]] = []
        self.received: list[Event] = []
        self.now = 0.0
        #: Names and functions of threads that the receiver has started; the tests call the functions.
        self.threads: list[tuple[str, Any]] = []
        self.wake_ups = 0
        self.counters = Counters()
        self.subscribers = SubscriberIndex()
        self.subscribers.add(Subscriber(Subscription("topic=*"), self.received.append, {"id": "me"}))
        self.dispatcher = Dispatcher(
            lambda event, subscriber, result: None,
            self.counters,
            workers=1,
            queue_size=100,
            full_queue="block",
            slow_callback_seconds=10.0,
        )
        self.replies = PendingReplies(60.0)
        self.receiver = EventReceiver(
            "hub",
            self.subscribers,
            self.dispatcher,
            self.replies,
            self.counters,
            CatchUp(self.query) if can_catch_up else None,
            wake=self.wake,
            start_thread=lambda name, run: self.threads.append((name, run)),
            clock=lambda: self.now,
        )

    def wake(self) -> None:
        self.wake_ups += 1

    def query(self, expression: str) -> list[dict[str, Any]]:
        if "where" not in expression:
            return self.records[-1:]
        after = int(expression.split("where id > ")[1].split()[0])
        return [record for record in self.records if record["id"] > after]

    def connect(self, gap: float | None = None) -> list[OutgoingMessage]:
        self.receiver.on_connecting()
        return self.receiver.on_connected(gap)

    def confirm(self) -> None:
        for identifier in SUBSCRIBERS:
            self.receiver.on_ack(subscribe_message({"id": identifier}, "topic=*"), None)

    def record(self, event_id: str) -> None:
        data = json.dumps({"event": event_id, "entity": {"entityId": "task"}})
        self.records.append({"id": len(self.records) + 1, "data": data})

    def run_thread(self) -> str:
        """Run the only thread that was started, and return its name."""
        ((name, run),) = self.threads
        self.threads.clear()
        run()
        return str(name)

    def handled(self) -> list[Event]:
        """Return the events that the subscriber received, once all are handled."""
        assert self.dispatcher.drain(TIMEOUT)
        return self.received

    def reported_gaps(self) -> list[Any]:
        """Return the data of the `reconnected` events; events of different entities are handled in any order."""
        return [event.data for event in self.handled() if event.topic == "ftrack.meta.reconnected"]

    def handled_ids(self) -> list[str]:
        return [event.id for event in self.handled() if event.topic == "ftrack.update"]

    @property
    def statistics(self) -> Statistics:
        return self.counters.read(waiting=0, unsent=0)


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.dispatcher.close(TIMEOUT)


def update(event_id: str) -> dict[str, Any]:
    return Event("ftrack.update", {"entities": [{"entityId": "task"}]}, id=event_id).to_payload()


def test_a_connection_begins_with_all_subscriptions(hub: Hub) -> None:
    messages = hub.connect()
    assert [message.payload["data"] for message in messages] == [
        {"subscriber": {"id": "hub"}, "subscription": "topic=ftrack.meta.reply"},
        {"subscriber": {"id": "me"}, "subscription": "topic=*"},
    ]
    assert [event.topic for event in hub.handled()] == ["ftrack.meta.connected"]


def test_an_event_received_twice_is_handled_once(hub: Hub) -> None:
    hub.connect()
    for _ in range(2):
        hub.receiver.on_event(update("e1"))
    assert hub.handled_ids() == ["e1"]
    assert (hub.statistics.received, hub.statistics.repeated) == (1, 1)


def test_listeners_are_called_for_updates_and_may_fail(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    ids = []
    hub.receiver.listeners += [lambda event: 1 / 0, lambda event: ids.append(event.id)]
    hub.connect()
    hub.receiver.on_event(update("e1"))
    hub.receiver.on_event(Event("studio.done", id="e2").to_payload())
    assert ids == ["e1"]
    assert "ZeroDivisionError" in caplog.text


def test_a_callback_for_a_reply_is_called(hub: Hub) -> None:
    replies: list[Any] = []
    hub.replies.add("question", replies.append, 0.0)
    reply = Event("ftrack.meta.reply", in_reply_to_event="question")
    hub.receiver.on_event(reply.to_payload())
    assert [event.id for event in replies] == [reply.id]


@pytest.mark.parametrize("payload", [{}, {"topic": "a", "target": "not ( an expression"}])
def test_a_malformed_event_is_logged_and_ignored(hub: Hub, caplog: pytest.LogCaptureFixture, payload: Any) -> None:
    hub.receiver.on_event(payload)
    hub.receiver.on_event(update("e1"))
    assert hub.handled_ids() == ["e1"]
    assert len(caplog.records) == 1


def test_gap_listeners_are_called_on_every_connection_but_the_first(hub: Hub) -> None:
    calls = []
    hub.receiver.gap_listeners.append(lambda: calls.append("gap"))
    hub.connect()
    assert calls == []
    hub.connect(gap=1.0)
    hub.connect()
    assert calls == ["gap", "gap"]


def test_after_a_gap_missed_events_are_handled_before_the_ones_held_back(hub: Hub) -> None:
    hub.connect()
    hub.confirm()
    hub.record("missed")
    hub.connect(gap=2.5)
    hub.record("held")
    hub.receiver.on_event(update("held"))
    assert hub.threads == [], "the search waits for the subscriptions"
    hub.confirm()
    assert hub.handled_ids() == []
    assert hub.run_thread() == "ftrack-events-catch-up"
    assert hub.wake_ups == 1
    hub.receiver.on_idle(hub.now)
    assert hub.handled_ids() == ["missed", "held"]
    # "held" was found as well, so that it is not handled again when it is released.
    assert hub.reported_gaps() == [{"gap": 2.5, "caught_up": 2, "complete": True}]
    assert (hub.statistics.caught_up, hub.statistics.reconnected) == (2, 1)


def test_a_gap_during_a_search_makes_a_second_search_necessary(hub: Hub) -> None:
    hub.connect()
    hub.connect(gap=1.0)
    hub.confirm()
    hub.connect(gap=2.0)
    hub.record("missed in the second gap")
    hub.run_thread()
    hub.receiver.on_idle(hub.now)
    assert hub.threads == []
    hub.confirm()
    hub.run_thread()
    hub.receiver.on_idle(hub.now)
    assert hub.reported_gaps() == [{"gap": 3.0, "caught_up": 1, "complete": True}]


def test_without_catching_up_a_gap_is_reported_at_once() -> None:
    hub = Hub(can_catch_up=False)
    hub.connect()
    hub.connect(gap=1.5)
    assert hub.reported_gaps() == [{"gap": 1.5, "caught_up": 0, "complete": False}]
    hub.receiver.on_event(update("e1"))
    assert hub.handled_ids() == ["e1"]
    hub.dispatcher.close(TIMEOUT)


def test_a_requested_disconnect_releases_the_events_held_back(hub: Hub) -> None:
    hub.connect()
    hub.connect(gap=1.0)
    hub.receiver.on_event(update("held"))
    assert hub.handled_ids() == []
    hub.receiver.release()
    assert hub.handled_ids() == ["held"]


def test_there_is_no_capacity_while_too_many_events_are_held_back(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gap_recovery, "MAX_HELD_EVENTS", 1)
    hub.connect()
    hub.connect(gap=1.0)
    hub.confirm()
    assert hub.receiver.has_capacity(0.0)
    hub.receiver.on_event(update("held"))
    assert not hub.receiver.has_capacity(0.0)
    hub.run_thread()
    assert hub.receiver.has_capacity(0.0)
    assert hub.handled_ids() == ["held"]


def test_a_checkpoint_is_made_when_it_is_due_and_no_search_is_needed(hub: Hub) -> None:
    hub.connect()
    hub.receiver.on_idle(CHECKPOINT_SECONDS - 1)
    assert hub.threads == []
    hub.receiver.on_idle(CHECKPOINT_SECONDS)
    assert hub.run_thread() == "ftrack-events-checkpoint"
    hub.connect(gap=1.0)
    hub.receiver.on_idle(3 * CHECKPOINT_SECONDS)
    assert hub.threads == []


def test_refused_messages_are_logged_and_events_counted(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    hub.receiver.on_ack(subscribe_message({"id": "me"}, "topic=*"), "no such subscriber")
    hub.receiver.on_ack(OutgoingMessage(Event("a").to_payload()), "no such topic")
    hub.receiver.on_ack(OutgoingMessage(Event("b").to_payload()), None)
    assert "no such subscriber" in caplog.text
    assert "no such topic" in caplog.text
    assert (hub.statistics.published, hub.statistics.refused) == (1, 1)
