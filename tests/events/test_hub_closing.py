"""Closing a hub: callbacks that it lets finish can still reply and ask."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from ftrack_orm import EventHub
from ftrack_orm.events.event import Event
from tests.events.memory_server import TIMEOUT, MakeHub, MemoryServer


class SlowCallback:
    """A callback that replies after it was released."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.leave = threading.Event()

    def __call__(self, event: Event) -> Any:
        self.entered.release()
        assert self.leave.wait(TIMEOUT)
        return {"number": event.data["number"]}


def replies(server: MemoryServer) -> list[int]:
    return sorted(each["data"]["number"] for each in server.received if each["topic"] == "ftrack.meta.reply")


def start(function: Any, *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    return thread


@pytest.mark.parametrize("method", ["close", "disconnect"])
@pytest.mark.parametrize("workers", [1, 4])
def test_the_replies_of_all_received_events_are_sent_before_the_connection_is_closed(
    make_hub: MakeHub, server: MemoryServer, method: str, workers: int
) -> None:
    hub, publisher, callback = make_hub(event_workers=workers), make_hub(), SlowCallback()
    hub.subscribe("topic=studio.question", callback)
    hub.connect(TIMEOUT)
    publisher.connect(TIMEOUT)
    for number in range(8):
        publisher.publish(Event("studio.question", {"number": number}))
    assert callback.entered.acquire(timeout=TIMEOUT)
    while hub.statistics.received < 8:
        time.sleep(0.001)
    closing = start(getattr(hub, method), TIMEOUT)
    time.sleep(0.05)
    callback.leave.set()
    closing.join(TIMEOUT)
    assert replies(server) == list(range(8))
    assert not hub.connected


def test_callbacks_that_run_when_the_time_of_the_queue_is_over_can_still_reply(
    make_hub: MakeHub, server: MemoryServer
) -> None:
    hub, callback = make_hub(event_workers=1), SlowCallback()
    hub.subscribe("topic=studio.question", callback)
    hub.connect(TIMEOUT)
    for number in range(3):
        hub.publish(Event("studio.question", {"number": number}))
    assert hub.flush(TIMEOUT)
    assert callback.entered.acquire(timeout=TIMEOUT)
    closing = start(hub.close, 0.5)
    time.sleep(0.7)
    callback.leave.set()
    closing.join(TIMEOUT)
    assert replies(server) == [0]


def test_a_callback_that_is_let_finish_can_wait_for_a_reply(make_hub: MakeHub, server: MemoryServer) -> None:
    hub, answering = make_hub(event_workers=1), make_hub()
    entered, leave = threading.Event(), threading.Event()
    results = []

    def callback(event: Event) -> None:
        entered.set()
        assert leave.wait(TIMEOUT)
        results.append(hub.publish_and_wait_for_reply(Event("studio.question"), TIMEOUT).data)

    hub.subscribe("topic=studio.start", callback)
    answering.subscribe("topic=studio.question", lambda event: {"answer": 42})
    hub.connect(TIMEOUT)
    answering.connect(TIMEOUT)
    hub.publish(Event("studio.start"))
    assert entered.wait(TIMEOUT)
    closing = start(hub.close, TIMEOUT)
    time.sleep(0.05)
    leave.set()
    closing.join(TIMEOUT)
    assert results == [{"answer": 42}]


def test_a_callback_that_closes_the_hub_lets_the_others_reply(make_hub: MakeHub, server: MemoryServer) -> None:
    hub, callback = make_hub(event_workers=2), SlowCallback()
    closed = threading.Event()

    def close(event: Event) -> None:
        threading.Timer(0.05, callback.leave.set).start()
        hub.close(TIMEOUT)
        closed.set()

    hub.subscribe("topic=studio.question", callback)
    hub.subscribe("topic=studio.stop", close)
    hub.connect(TIMEOUT)
    hub.publish(Event("studio.question", {"number": 1}))
    assert callback.entered.acquire(timeout=TIMEOUT)
    hub.publish(Event("studio.stop"))
    assert closed.wait(TIMEOUT)
    assert replies(server) == [1]


def test_events_that_arrive_while_the_hub_finishes_do_not_delay_its_end(
    make_hub: MakeHub, server: MemoryServer
) -> None:
    hub, publisher = make_hub(event_workers=1), make_hub()
    stop = threading.Event()
    handled = threading.Event()

    def callback(event: Event) -> None:
        handled.set()
        time.sleep(0.002)

    def publish() -> None:
        while not stop.is_set():
            publisher.publish(Event("studio.step"), on_error="ignore")
            time.sleep(0.001)

    hub.subscribe("topic=studio.step", callback)
    hub.connect(TIMEOUT)
    publisher.connect(TIMEOUT)
    publishing = start(publish)
    assert handled.wait(TIMEOUT)
    began = time.monotonic()
    hub.disconnect(TIMEOUT)
    assert time.monotonic() - began < TIMEOUT / 2
    stop.set()
    publishing.join(TIMEOUT)


def test_a_hub_handles_events_again_after_it_was_disconnected_and_connected(hub: EventHub) -> None:
    handled = threading.Event()
    hub.subscribe("topic=studio.step", lambda event: handled.set())
    hub.disconnect()
    hub.connect(TIMEOUT)
    hub.publish(Event("studio.step"))
    assert handled.wait(TIMEOUT)


def test_connecting_while_another_thread_disconnects_waits_and_connects_again(make_hub: MakeHub) -> None:
    hub, callback = make_hub(event_workers=1), SlowCallback()
    hub.subscribe("topic=studio.question", callback)
    hub.connect(TIMEOUT)
    hub.publish(Event("studio.question", {"number": 1}))
    assert callback.entered.acquire(timeout=TIMEOUT)
    disconnecting = start(hub.disconnect, TIMEOUT)
    while hub._ending is None:
        time.sleep(0.001)
    connecting = start(hub.connect, TIMEOUT)
    callback.leave.set()
    disconnecting.join(TIMEOUT)
    connecting.join(TIMEOUT)
    assert hub.connected
    hub.publish(Event("studio.question", {"number": 2}))
    assert callback.entered.acquire(timeout=TIMEOUT)
