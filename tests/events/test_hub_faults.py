"""What handlers get in spite of lost connections: everything, once, and in the order they would have got it."""

import collections
import queue
import threading

import pytest

from ftrack_orm.events.event import Event

PATIENCE = 60


def update(number, entity):
    """An `ftrack.update` as a server announces it."""
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
    """Keeps, for each entity, the values it was told of in order."""

    def __init__(self):
        self.told = collections.defaultdict(list)
        self.changed = threading.Condition()
        self.count = 0

    def wait_for(self, count):
        """Wait until it has been told that many times."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.count >= count, PATIENCE), (self.count, count)

    def __call__(self, event):
        for entry in event.data["entities"]:
            self.told[entry["entityId"]].append(entry["changes"]["name"]["new"])
        with self.changed:
            self.count += 1
            self.changed.notify_all()


def run(make_hub, server, events, cuts):
    """Let a hub handle *events* changes of 20 entities while the line is cut *cuts* times.

    Returns what the handler was told, the hub's statistics, and what was told about the gaps. Each cut comes with
    events on the line, which are lost; others follow before the line is back, and yet others after that, which
    both come by themselves and are found in the records.
    """
    hub = make_hub(catch_up=True)
    handler = Handler()
    reconnected = queue.Queue()
    hub.subscribe("topic=ftrack.update", handler)
    hub.subscribe("topic=ftrack.meta.reconnected", reconnected.put)
    hub.connect(PATIENCE)
    gaps = []
    stretch = events // max(1, cuts)
    for number in range(events):
        server.commit(update(number, number % 20))
        if cuts and number % stretch == stretch // 4:
            handler.wait_for(number + 1)
        if cuts and number % stretch == stretch // 2:
            server.answering.clear()
            server.cut()
        if cuts and number % stretch == stretch * 3 // 4:
            server.wait_for_line()
        if cuts and number % stretch == stretch - 1:
            server.answering.set()
            gaps.append(reconnected.get(timeout=PATIENCE).data)
    handler.wait_for(events)
    hub.disconnect()
    return dict(handler.told), hub.statistics, gaps


def test_ten_thousand_events_through_fifty_lost_connections_are_handled_as_without(make_hub, server):
    whole, calm, _ = run(make_hub, server, 10_000, 0)
    assert calm.caught_up == 0
    server.records.clear()
    broken, stormy, gaps = run(make_hub, server, 10_000, 50)
    assert broken == whole
    assert stormy.handled - len(gaps) == 10_000
    assert stormy.reconnected == 50
    assert 50 <= stormy.caught_up < 10_000
    assert all(gap["complete"] for gap in gaps)
    assert sum(gap["caught_up"] for gap in gaps) == stormy.caught_up


def test_what_is_published_through_lost_connections_arrives_once_and_in_order(make_hub, server):
    publisher = make_hub()
    publisher.connect(PATIENCE)
    for number in range(1000):
        if number % 20 == 10:
            # What was not acknowledged may or may not have arrived: the server has it, the publisher cannot know.
            server.acknowledges = False
        if number % 20 == 15:
            server.cut()
            server.acknowledges = True
        publisher.publish(Event("studio.step", {"number": number}))
    publisher.connect(PATIENCE)
    assert publisher.flush(PATIENCE)
    came = [payload for payload in server.taken if payload["topic"] == "studio.step"]
    once = list({payload["id"]: payload["data"]["number"] for payload in came}.values())
    assert once == list(range(1000))
    assert publisher.statistics.published == 1000


def test_events_that_come_while_missed_ones_are_looked_for_wait_for_them(make_hub, server):
    hub = make_hub(catch_up=True, workers=1)
    handler = Handler()
    asked, answer = threading.Event(), threading.Event()
    plain_query = hub._inbox._missed._query

    def slow_query(expression):
        rows = list(plain_query(expression))
        if "where" in expression:
            asked.set()
            assert answer.wait(PATIENCE)
        return rows

    hub._inbox._missed._query = slow_query
    hub.subscribe("topic=ftrack.update", handler)
    hub.connect(PATIENCE)
    server.cut()
    with server.lock:
        server.lines = []
        server.commit(update(1, 1))
    assert asked.wait(PATIENCE)
    server.commit(update(2, 1))
    server.commit(update(3, 1))
    hub.publish(Event("other"))
    assert hub.flush(PATIENCE)
    assert handler.count == 0
    answer.set()
    handler.wait_for(3)
    assert handler.told == {"task1": [1, 2, 3]}


def test_a_gap_is_told_with_its_length_and_whether_all_was_found(make_hub, server):
    hub = make_hub(catch_up=True)
    told = queue.Queue()
    hub.subscribe("topic=ftrack.meta.reconnected", told.put)
    hub.connect(PATIENCE)
    with server.lock:
        server.cut()
        server.records.append({"id": 1, "data": "what nobody understands"})
    data = told.get(timeout=PATIENCE).data
    assert data["gap"] > 0
    assert (data["caught_up"], data["complete"]) == (0, False)


def test_without_catching_up_a_gap_is_told_as_not_complete(make_hub, server):
    hub = make_hub(catch_up=False)
    told = queue.Queue()
    hub.subscribe("topic=ftrack.meta.reconnected", told.put)
    hub.connect(PATIENCE)
    server.cut()
    assert told.get(timeout=PATIENCE).data["complete"] is False
    assert server.queries == []


def test_a_search_that_fails_lets_the_events_that_waited_go_on(make_hub, server, caplog):
    hub = make_hub(catch_up=True)
    handler, told = Handler(), queue.Queue()
    hub.subscribe("topic=ftrack.update", handler)
    hub.subscribe("topic=ftrack.meta.reconnected", told.put)
    hub.connect(PATIENCE)
    plain_query = hub._inbox._missed._query
    hub._inbox._missed._query = lambda expression: 1 / 0
    server.cut()
    assert told.get(timeout=PATIENCE).data["complete"] is False
    hub._inbox._missed._query = plain_query
    server.commit(update(1, 1))
    handler.wait_for(1)
    assert "ZeroDivisionError" in caplog.text


def test_listeners_hear_of_the_gap_before_anything_else_and_of_every_update(make_hub, server):
    hub = make_hub(catch_up=True)
    heard, handler = [], Handler()
    hub.add_listener(lambda event: heard.append(event.id))
    hub.add_listener(lambda event: 1 / 0)
    hub.on_gap(lambda: heard.append("gap"))
    hub.subscribe("topic=ftrack.update", handler)
    hub.connect(PATIENCE)
    server.commit(update(1, 1))
    while "event1" not in heard:
        hub.wait(0.01)
    with server.lock:
        server.cut()
        server.commit(update(2, 1))
    handler.wait_for(2)
    assert heard == ["event1", "gap", "event2"]


@pytest.mark.parametrize("workers", [1, 4])
def test_a_real_server_that_drops_every_connection_again_and_again_costs_no_change(connect, box, production, workers):
    listener, editor = connect(event_workers=workers, auto_connect_event_hub=False), connect()
    told, done, lock = collections.defaultdict(list), threading.Event(), threading.Lock()
    rounds = 20
    tasks = [editor.get("Task", key) for key in production.tasks]

    @listener.event_hub.on("topic=ftrack.update")
    def changed(event):
        for entry in event.data["entities"]:
            if entry["entityId"] in production.tasks and "description" in entry["changes"]:
                told[entry["entityId"]].append(entry["changes"]["description"]["new"])
        with lock:
            if sum(map(len, told.values())) >= rounds * len(tasks):
                done.set()

    listener.event_hub.connect(PATIENCE)
    for number in range(rounds):
        for task in tasks:
            task.description = f"take {number}"
        editor.commit()
        if number % 3 == 1:
            box.events.drop_connections()
    assert done.wait(PATIENCE), (dict(told), listener.event_hub.statistics)
    assert dict(told) == {key: [f"take {number}" for number in range(rounds)] for key in production.tasks}
    assert listener.event_hub.statistics.reconnected > 0
