"""Edits of entities by event callbacks: each call has a unit of work of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import Event, ServerChange, Session
from ftrack_orm.errors import ServerError
from tests.assertions import existing
from tests.production import Connect, Production
from tests.session.received_updates import TIMEOUT

#: Callbacks that run at the same time.
CALLBACKS = 20


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def refused(session: Session) -> None:
    """Record an edit that the server refuses, and try to commit it."""
    session.create("Task", name="x", parent_id="00000000-0000-0000-0000-000000000000")
    session.commit()


@pytest.fixture
def listener(connect: Connect) -> Session:
    session = connect(event_workers=CALLBACKS)
    session.event_hub.connect(TIMEOUT)
    return session


def publish_and_wait(session: Session, other: Session, topic: str, count: int) -> None:
    """Publish *count* events from *other*, which are about different entities, and wait until they are handled."""
    handled = threading.Semaphore(0)
    other.event_hub.connect(TIMEOUT)
    # Called after the subscribers of the test, also when these have failed.
    with session.event_hub.subscription(f"topic={topic}", lambda event: handled.release(), priority=1000):
        session.event_hub.flush(TIMEOUT)
        for number in range(count):
            selection = [{"entityId": f"entity{number}", "entityType": "task"}]
            other.event_hub.publish(Event(topic, {"number": number, "selection": selection}))
        for _ in range(count):
            assert handled.acquire(timeout=TIMEOUT)


@pytest.mark.parametrize("failure", ["exception", "exit", "refused commit"])
def test_twenty_callbacks_at_the_same_time_of_which_half_fail(
    connect: Connect, listener: Session, other: Session, production: Production, failure: str
) -> None:
    with connect() as creator:
        shot = creator.get("Shot", production.shots[0])
        ids = [creator.create("Task", name=f"t{number}", parent=shot).id for number in range(CALLBACKS)]
        creator.commit()
    tasks = [existing(listener.get("Task", id_)) for id_ in ids]
    meeting = threading.Barrier(CALLBACKS, timeout=TIMEOUT)

    def callback(event: Event) -> None:
        number = event.data["number"]
        tasks[number].bid = 100 + number
        tasks[number].metadata["number"] = str(number)
        # All edits are recorded before the first commit and the first failure.
        meeting.wait()
        if number % 2:
            if failure == "refused commit":
                refused(listener)
            raise SystemExit(2) if failure == "exit" else RuntimeError("no licence")
        assert listener.commit() >= 2

    listener.event_hub.subscribe("topic=studio.edit", callback)
    publish_and_wait(listener, other, "studio.edit", CALLBACKS)
    assert listener.event_hub.statistics.failed == CALLBACKS // 2
    assert not listener.plan()
    with connect() as reader:
        for number, (id_, task) in enumerate(zip(ids, tasks, strict=True)):
            saved = existing(reader.get("Task", id_))
            expected = (0 if number % 2 else 100 + number, {} if number % 2 else {"number": str(number)})
            assert (saved.bid or 0, dict(saved.metadata)) == expected
            assert (task.bid or 0, dict(task.metadata)) == expected


def test_a_refused_commit_in_a_callback_does_not_make_later_ones_fail(
    listener: Session, other: Session, production: Production
) -> None:
    committed = []

    def callback(event: Event) -> None:
        if event.data["number"] == 0:
            refused(listener)
        existing(listener.get("Task", production.tasks[1])).bid = event.data["number"]
        committed.append(listener.commit())

    listener.event_hub.subscribe("topic=studio.edit", callback)
    for _ in range(2):
        publish_and_wait(listener, other, "studio.edit", 1)
    other.event_hub.publish(Event("studio.edit", {"number": 8}))
    wait_until(lambda: len(committed) == 1)
    assert listener.event_hub.statistics.failed == 2
    assert not listener.plan()


def test_a_callback_does_not_commit_or_roll_back_edits_of_the_main_program(
    listener: Session, other: Session, production: Production, connect: Connect
) -> None:
    mine, theirs = (existing(listener.get("Task", id_)) for id_ in production.tasks[:2])
    mine.description = "not ready yet"

    def callback(event: Event) -> None:
        theirs.description = "by the callback"
        if event.data["number"] == 0:
            listener.commit()
        else:
            listener.rollback()

    listener.event_hub.subscribe("topic=studio.edit", callback)
    publish_and_wait(listener, other, "studio.edit", 2)
    assert mine.description == "not ready yet"
    assert len(listener.plan()) == 1
    with connect() as reader:
        assert not existing(reader.get("Task", mine.id)).description
        assert existing(reader.get("Task", theirs.id)).description == "by the callback"


def test_edits_that_callbacks_leave_join_the_common_unit_with_one_warning_per_subscriber(
    listener: Session, other: Session, production: Production, caplog: pytest.LogCaptureFixture
) -> None:
    tasks = [existing(listener.get("Task", id_)) for id_ in production.tasks]

    def callback(event: Event) -> None:
        tasks[event.data["number"]].description = "left"

    for _ in range(2):
        listener.event_hub.subscribe("topic=studio.edit", callback)
    publish_and_wait(listener, other, "studio.edit", 5)
    assert caplog.text.count("left changes uncommitted") == 2
    assert len(listener.plan()) == 5
    assert listener.commit() == 5


def test_on_change_calls_have_units_of_their_own(
    listener: Session, other: Session, production: Production, caplog: pytest.LogCaptureFixture
) -> None:
    called = []

    def changed(change: ServerChange) -> None:
        called.append(change)
        change.entity.bid = 7
        if change.entity.id == production.tasks[0]:
            raise SystemExit
        listener.commit()

    listener.on_change("Task", changed, attributes=["description"])
    for id_ in production.tasks[:3]:
        existing(other.get("Task", id_)).description = "changed"
    other.commit()
    wait_until(lambda: len(called) == 3)
    listener.event_hub._parts.dispatcher.drain(TIMEOUT)
    assert listener.event_hub.statistics.failed == 1
    bids = [existing(other.get("Task", id_)) for id_ in production.tasks[:3]]
    other.refresh(bids)
    assert [task.bid for task in bids] == [0, 7, 7]
    assert not listener.plan()


def test_a_synchronous_callback_belongs_to_the_flow_that_publishes(
    listener: Session, production: Production, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, third = (existing(listener.get("Task", id_)) for id_ in production.tasks[:3])

    def callback(event: Event) -> Any:
        second.description = "by the hook"
        if event.data["fails"]:
            raise ServerError("refused")

    listener.event_hub.subscribe("topic=studio.hook", callback)
    third.description = "before"
    with listener.begin():
        first.description = "by the block"
        listener.event_hub.publish(Event("studio.hook", {"fails": False}), synchronous=True)
        assert len(listener.plan()) == 2
    assert [each["entity_key"] for each in listener.plan().as_json()] == [[third.id]]
    second.description = "after"
    listener.event_hub.publish(Event("studio.hook", {"fails": True}), synchronous=True)
    assert second.description == "after"
    assert "left changes" not in caplog.text
