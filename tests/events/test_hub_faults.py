"""Lost connections: callbacks still receive every event once, and in the same order as without the loss."""

from __future__ import annotations

import collections
import queue
import threading
from typing import Any

import pytest

from ftrack_orm.events.event import Event
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.events.memory_server import TIMEOUT, MakeHub, MemoryServer
from tests.production import Connect, Production


def update(number: int, entity: int) -> Event:
    """Return an `ftrack.update` as a server publishes it."""
    entry = {
        "entityId": f"task{entity}",
        "entityType": "task",
        "entity_type": "Task",
        "action": "update",
        "keys": ["name"],
        "changes": {"name": {"old": number - 1, "new": number}},
        "parents": [{"entityId": f"task{entity}"}, {"entityId": "project"}],
    }
    return Event("ftrack.update", {"entities": [entry]}, id=f"event{number}")


class Handler:
    """A callback that collects, for each entity, the values it received in order."""

    def __init__(self) -> None:
        self.values: dict[str, list[int]] = collections.defaultdict(list)
        self.changed = threading.Condition()
        self.count = 0

    def wait_for(self, count: int) -> None:
        """Wait until it was called *count* times."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.count >= count, TIMEOUT), (self.count, count)

    def __call__(self, event: Event) -> None:
        for entry in event.data["entities"]:
            self.values[entry["entityId"]].append(entry["changes"]["name"]["new"])
        with self.changed:
            self.count += 1
            self.changed.notify_all()


def run(make_hub: MakeHub, server: MemoryServer, events: int, losses: int) -> Any:
    """Publish *events* changes of 20 entities to a hub while its connection is lost *losses* times.

    Return the values that the handler received, the hub's statistics, and the data of the `reconnected` events. At each
    loss, events are under way and get lost; others follow before the connection is back, and others after that, which
    are received and found in the records as well.
    """
    hub = make_hub(catch_up_events=True)
    handler = Handler()
    reconnected: queue.Queue[Event] = queue.Queue()
    hub.subscribe("topic=ftrack.update", handler)
    hub.subscribe("topic=ftrack.meta.reconnected", reconnected.put)
    hub.connect(TIMEOUT)
    gaps = []
    stretch = events // max(1, losses)
    for number in range(events):
        server.commit(update(number, number % 20))
        if losses and number % stretch == stretch // 4:
            handler.wait_for(number + 1)
        if losses and number % stretch == stretch // 2:
            server.answering.clear()
            server.drop_connections()
        if losses and number % stretch == stretch * 3 // 4:
            server.wait_for_connection()
        if losses and number % stretch == stretch - 1:
            server.answering.set()
            gaps.append(reconnected.get(timeout=TIMEOUT).data)
    handler.wait_for(events)
    hub.disconnect()
    return dict(handler.values), hub.statistics, gaps


def test_ten_thousand_events_through_fifty_lost_connections_are_handled_as_without(
    make_hub: MakeHub, server: MemoryServer
) -> None:
    expected, statistics, _ = run(make_hub, server, 10_000, 0)
    assert statistics.caught_up == 0
    server.records.clear()
    values, statistics, gaps = run(make_hub, server, 10_000, 50)
    assert values == expected
    assert statistics.handled - len(gaps) == 10_000
    assert statistics.reconnected == 50
    assert 50 <= statistics.caught_up < 10_000
    assert all(gap["complete"] for gap in gaps)
    assert sum(gap["caught_up"] for gap in gaps) == statistics.caught_up


def test_events_published_through_lost_connections_arrive_once_and_in_order(
    make_hub: MakeHub, server: MemoryServer
) -> None:
    publisher = make_hub()
    publisher.connect(TIMEOUT)
    for number in range(1000):
        if number % 20 == 10:
            # The server receives the events, but the publisher cannot know.
            server.acknowledges = False
        if number % 20 == 15:
            server.drop_connections()
            server.acknowledges = True
        publisher.publish(Event("studio.step", {"number": number}))
    publisher.connect(TIMEOUT)
    assert publisher.flush(TIMEOUT)
    received = [payload for payload in server.received if payload["topic"] == "studio.step"]
    once = list({payload["id"]: payload["data"]["number"] for payload in received}.values())
    assert once == list(range(1000))
    assert publisher.statistics.published == 1000


def test_events_received_during_a_search_for_missed_ones_are_handled_after_them(
    make_hub: MakeHub, server: MemoryServer
) -> None:
    hub = make_hub(catch_up_events=True, event_workers=1)
    handler = Handler()
    asked, answer = threading.Event(), threading.Event()
    catch_up = existing(hub._parts.receiver._catch_up)
    plain_query = catch_up._query

    def slow_query(expression: str) -> Any:
        rows = list(plain_query(expression))
        if "where" in expression:
            asked.set()
            assert answer.wait(TIMEOUT)
        return rows

    catch_up._query = slow_query
    hub.subscribe("topic=ftrack.update", handler)
    hub.connect(TIMEOUT)
    server.drop_connections()
    with server.lock:
        server.connections = []
        server.commit(update(1, 1))
    assert asked.wait(TIMEOUT)
    server.commit(update(2, 1))
    server.commit(update(3, 1))
    hub.publish(Event("other"))
    assert hub.flush(TIMEOUT)
    assert handler.count == 0
    answer.set()
    handler.wait_for(3)
    assert handler.values == {"task1": [1, 2, 3]}


def test_a_gap_is_reported_with_its_length_and_whether_all_events_were_found(
    make_hub: MakeHub, server: MemoryServer
) -> None:
    hub = make_hub(catch_up_events=True)
    reconnected: queue.Queue[Event] = queue.Queue()
    hub.subscribe("topic=ftrack.meta.reconnected", reconnected.put)
    hub.connect(TIMEOUT)
    with server.lock:
        server.drop_connections()
        server.records.append({"id": 1, "data": "unknown format"})
    data = reconnected.get(timeout=TIMEOUT).data
    assert data["gap"] > 0
    assert (data["caught_up"], data["complete"]) == (0, False)


def test_without_catching_up_a_gap_is_reported_as_incomplete(make_hub: MakeHub, server: MemoryServer) -> None:
    hub = make_hub(catch_up_events=False)
    reconnected: queue.Queue[Event] = queue.Queue()
    hub.subscribe("topic=ftrack.meta.reconnected", reconnected.put)
    hub.connect(TIMEOUT)
    server.drop_connections()
    assert reconnected.get(timeout=TIMEOUT).data["complete"] is False
    assert server.queries == []


def test_events_held_back_are_handled_after_a_search_that_fails(
    make_hub: MakeHub, server: MemoryServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = make_hub(catch_up_events=True)
    handler = Handler()
    reconnected: queue.Queue[Event] = queue.Queue()
    hub.subscribe("topic=ftrack.update", handler)
    hub.subscribe("topic=ftrack.meta.reconnected", reconnected.put)
    hub.connect(TIMEOUT)
    catch_up = existing(hub._parts.receiver._catch_up)
    plain_query = catch_up._query
    monkeypatch.setattr(catch_up, "_query", lambda expression: 1 / 0)
    server.drop_connections()
    assert reconnected.get(timeout=TIMEOUT).data["complete"] is False
    catch_up._query = plain_query
    server.commit(update(1, 1))
    handler.wait_for(1)
    assert "ZeroDivisionError" in caplog.text


def test_listeners_are_called_for_the_gap_first_and_then_for_every_update(
    make_hub: MakeHub, server: MemoryServer
) -> None:
    hub = make_hub(catch_up_events=True)
    calls, handler = [], Handler()
    hub.add_listener(lambda event: calls.append(event.id))
    hub.add_listener(lambda event: 1 / 0)
    hub.on_gap(lambda: calls.append("gap"))
    hub.subscribe("topic=ftrack.update", handler)
    hub.connect(TIMEOUT)
    server.commit(update(1, 1))
    while "event1" not in calls:
        hub.wait(0.01)
    with server.lock:
        server.drop_connections()
        server.commit(update(2, 1))
    handler.wait_for(2)
    assert calls == ["event1", "gap", "event2"]


@pytest.mark.parametrize("workers", [1, 4])
def test_no_change_is_lost_on_a_real_server_that_drops_its_connections_repeatedly(
    connect: Connect, box: Sandbox, production: Production, workers: int
) -> None:
    listener, editor = connect(event_workers=workers, auto_connect_event_hub=False), connect()
    values, done, lock = collections.defaultdict(list), threading.Event(), threading.Lock()
    rounds = 20
    tasks = [existing(editor.get("Task", key)) for key in production.tasks]

    @listener.event_hub.on("topic=ftrack.update")
    def changed(event: Event) -> None:
        for entry in event.data["entities"]:
            if entry["entityId"] in production.tasks and "description" in entry["changes"]:
                values[entry["entityId"]].append(entry["changes"]["description"]["new"])
        with lock:
            if sum(map(len, values.values())) >= rounds * len(tasks):
                done.set()

    listener.event_hub.connect(TIMEOUT)
    for number in range(rounds):
        for task in tasks:
            task.description = f"take {number}"
        editor.commit()
        if number % 3 == 1:
            box.events.drop_connections()
    assert done.wait(TIMEOUT), (dict(values), listener.event_hub.statistics)
    assert dict(values) == {key: [f"take {number}" for number in range(rounds)] for key in production.tasks}
    assert listener.event_hub.statistics.reconnected > 0
