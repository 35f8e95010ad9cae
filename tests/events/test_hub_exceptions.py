"""Exceptions of users' functions, wherever the hub calls them: they are counted, and the next event is handled."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import EventHub
from ftrack_orm.events.event import Event
from tests.assertions import existing
from tests.events.memory_server import TIMEOUT, MakeHub, MemoryServer
from tests.events.raised import every_exception

#: Makes a hub call `fail`, which raises, at one place.
CallbackKind = Callable[[EventHub, MemoryServer, Callable[..., Any]], None]


def in_subscriber(hub: EventHub, server: MemoryServer, fail: Callable[..., Any]) -> None:
    with hub.subscription("topic=studio.bad", fail):
        hub.publish(Event("studio.bad"))
        wait_for_failure(hub)


def in_local_subscriber(hub: EventHub, server: MemoryServer, fail: Callable[..., Any]) -> None:
    with hub.subscription("topic=ftrack.api.session.ready", fail):
        hub.publish(Event("ftrack.api.session.ready"))
        wait_for_failure(hub)


def in_reply(hub: EventHub, server: MemoryServer, fail: Callable[..., Any]) -> None:
    with hub.subscription("topic=studio.question", lambda event: "reply"):
        hub.publish(Event("studio.question"), on_reply=fail)
        wait_for_failure(hub)


def in_data_of_reply(hub: EventHub, server: MemoryServer, fail: Callable[..., Any]) -> None:
    class Data(dict):  # type: ignore[type-arg]
        items = keys = values = __iter__ = __getitem__ = fail

    with hub.subscription("topic=studio.question", lambda event: Data(a=1)):
        hub.publish(Event("studio.question"))
        wait_for_failure(hub)


def in_listener(hub: EventHub, server: MemoryServer, fail: Callable[..., Any]) -> None:
    hub.add_listener(fail)
    hub.publish(Event("ftrack.update", {"entities": []}))
    wait_for_failure(hub)
    hub.remove_listener(fail)


def in_gap_listener(hub: EventHub, server: MemoryServer, fail: Callable[..., Any]) -> None:
    hub.on_gap(fail)
    with server.lock:
        server.drop_connections()
    wait_for_failure(hub)
    hub._parts.receiver.gap_listeners.remove(fail)


def in_search(hub: EventHub, server: MemoryServer, fail: Callable[..., Any]) -> None:
    catch_up = existing(hub._parts.receiver._catch_up)
    plain_query = catch_up._query
    catch_up._query = fail
    with server.lock:
        server.drop_connections()
    wait_for_failure(hub)
    catch_up._query = plain_query


def in_first_checkpoint(hub: EventHub, server: MemoryServer, fail: Callable[..., Any]) -> None:
    hub.disconnect()
    catch_up = existing(hub._parts.receiver._catch_up)
    plain_query = catch_up._query
    catch_up._query = fail
    hub.connect(TIMEOUT)
    wait_for_failure(hub)
    catch_up._query = plain_query


def in_checkpoint(hub: EventHub, server: MemoryServer, fail: Callable[..., Any]) -> None:
    catch_up = existing(hub._parts.receiver._catch_up)
    plain_query = catch_up._query
    catch_up._query = fail
    catch_up._checkpoint_at = -1e9
    hub.publish(Event("ftrack.update", {"entities": []}))
    wait_for_failure(hub)
    catch_up._query = plain_query


_failures = threading.local()


def wait_for_failure(hub: EventHub) -> None:
    deadline = threading.Event()
    for _ in range(TIMEOUT * 200):
        if hub.statistics.failed > _failures.before:
            return
        deadline.wait(0.005)
    raise AssertionError("the failure was not counted")


@pytest.mark.parametrize(
    "place",
    [
        in_subscriber,
        in_local_subscriber,
        in_reply,
        in_data_of_reply,
        in_listener,
        in_gap_listener,
        in_search,
        in_first_checkpoint,
        in_checkpoint,
    ],
)
def test_the_next_event_is_handled_after_any_exception_and_the_failure_is_counted(
    make_hub: MakeHub, server: MemoryServer, caplog: pytest.LogCaptureFixture, place: CallbackKind
) -> None:
    # One worker: if its thread ended, no further event would be handled.
    hub = make_hub(catch_up_events=True, event_workers=1)
    handled: queue.Queue[Any] = queue.Queue()
    hub.subscribe("topic=studio.next", lambda event: handled.put(event.data["number"]))
    hub.connect(TIMEOUT)
    for number, error in enumerate(every_exception()):
        _failures.before = hub.statistics.failed

        def fail(*_: object, error: BaseException = error) -> Any:
            raise error

        place(hub, server, fail)
        hub.connect(TIMEOUT)
        caplog.clear()
        hub.publish(Event("studio.next", {"number": number}))
        assert handled.get(timeout=TIMEOUT) == number, error
        assert hub.statistics.failed > _failures.before


def test_an_interrupt_of_the_user_ends_a_synchronous_publish_and_nothing_else_does(hub: EventHub) -> None:
    errors = every_exception()

    def callback(event: Event) -> None:
        raise errors[event.data["number"]]

    hub.subscribe("topic=studio.hook", callback)
    hub.subscribe("topic=studio.hook", lambda event: "done", priority=200)
    for number, error in enumerate(errors):
        event = Event("studio.hook", {"number": number})
        if isinstance(error, KeyboardInterrupt):
            with pytest.raises(KeyboardInterrupt):
                hub.publish(event, synchronous=True)
        else:
            assert hub.publish(event, synchronous=True) == ["done"]
    assert hub.statistics.failed == len(errors) - 1
