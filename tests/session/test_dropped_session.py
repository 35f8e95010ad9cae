"""A session that is dropped while its hub is connected: it is collected, its threads end and its sockets are closed."""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Event, Session
from ftrack_orm.events.threads import HubThread
from ftrack_orm.sandbox import Sandbox
from tests.property_settings import examples
from tests.session.received_updates import TIMEOUT
from tests.transport.scripted_server import ScriptedServer, respond


def hub_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if isinstance(thread, HubThread)}


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        gc.collect()
        time.sleep(0.01)


@pytest.fixture
def make_session(box: Sandbox, schema_cache: Path) -> Any:
    return lambda: Session(box.url, box.api_key, box.api_user, schema_cache_path=schema_cache)


def use(session: Session, *, handle_event: bool) -> Any:
    """Connect the hub of *session* and use everything that may hold a reference; return a weak one to the socket."""
    handled = threading.Event()
    seen: list[object] = []

    def callback(event: Event) -> None:
        seen.append((event, session.query("User").first()))
        handled.set()

    def changed(entity: Any, names: frozenset[str]) -> None:
        seen.append((session, entity))

    session.query("User").all()
    session.event_hub.subscribe("topic=studio.done", callback)
    session.event_hub.add_listener(lambda event: seen.append(session))
    session.on_change("Task", changed)
    session.event_hub.connect(TIMEOUT)
    if handle_event:
        session.event_hub.publish(Event("studio.done"))
        assert handled.wait(TIMEOUT)
    connection = session.event_hub._connection
    assert connection is not None
    return connection._websocket


@pytest.mark.parametrize("handle_event", [False, True])
def test_a_session_that_is_dropped_while_its_hub_is_connected_is_collected(
    make_session: Any, box: Sandbox, handle_event: bool
) -> None:
    before = hub_threads()
    session = make_session()
    websocket = use(session, handle_event=handle_event)
    references = [weakref.ref(session), weakref.ref(session.event_hub), weakref.ref(session._workspace)]
    assert hub_threads() - before
    del session
    wait_until(lambda: not any(reference() for reference in references))
    wait_until(lambda: not hub_threads() - before)
    assert websocket._socket.fileno() == -1


def test_a_session_that_is_dropped_while_it_connects_is_collected(make_session: Any) -> None:
    before = hub_threads()
    session = make_session()
    session.event_hub.connect(wait=False)
    reference = weakref.ref(session)
    del session
    wait_until(lambda: reference() is None)
    wait_until(lambda: not hub_threads() - before)


def test_a_hub_in_use_stays_connected_without_its_session(make_session: Any) -> None:
    received = threading.Event()
    hub = make_session().event_hub
    hub.subscribe("topic=studio.done", lambda event: received.set())
    hub.connect(TIMEOUT)
    gc.collect()
    hub.publish(Event("studio.done"))
    assert received.wait(TIMEOUT)
    hub.close()


def open_sockets() -> int:
    """Return the number of sockets of this process."""
    links = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
    count = 0
    for link in links:
        with contextlib.suppress(OSError):
            count += os.readlink(link).startswith("socket:")
    return count


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="only where the system lists the open files")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_dropped_sessions_give_their_sockets_back() -> None:
    server = ScriptedServer()
    server.script = [respond(b'[{"version": "4.0.0"}, []]')]
    try:
        gc.collect()
        before = open_sockets()
        for _ in range(examples(20, 500)):
            session = Session(server.url, "key", "jane", schema_cache_path=False)
            session.call([])
            assert session.server_information["version"] == "4.0.0"
            del session
        server.stop()  # the other ends of the connections are in this process too
        wait_until(lambda: open_sockets() <= before)
    finally:
        server.stop()


def test_a_session_that_waits_for_an_answer_keeps_its_connection_until_it_came(make_session: Any) -> None:
    page = make_session().query("User").select("username").all()
    gc.collect()
    assert [user["username"] for user in page]
