"""A session's event hub: created by its first use with its plugins, connected to the embedded server, then closed."""

from __future__ import annotations

import os
import queue
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Event, Session
from ftrack_orm.errors import AuthenticationError, SessionClosed, SettingsError
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.settings import Settings
from tests.assertions import existing
from tests.production import Connect, Production

TIMEOUT = 30


def test_two_sessions_exchange_events_and_replies(connect: Connect) -> None:
    artist, farm = connect(), connect()
    farm.event_hub.subscribe("topic=farm.render", lambda event: {"job": event.data["shot"] + ".1"})
    for session in (artist, farm):
        session.event_hub.connect()
    reply = artist.event_hub.publish_and_wait_for_reply(Event("farm.render", {"shot": "sh010"}), TIMEOUT)
    assert reply.data == {"job": "sh010.1"}
    assert reply.source["user"]["username"] == farm.api_user


def test_the_application_id_is_in_the_source_of_events_and_of_replies(connect: Connect) -> None:
    artist, farm = connect(application_id="studio.panel"), connect(application_id="studio.farm")
    received: list[Event] = []
    farm.event_hub.subscribe("topic=farm.render and source.applicationId=studio.panel", received.append)
    farm.event_hub.subscribe("topic=farm.render", lambda event: "done", priority=200)
    for session in (artist, farm):
        session.event_hub.connect()
    reply = artist.event_hub.publish_and_wait_for_reply(Event("farm.render"), TIMEOUT)
    assert reply.source["applicationId"] == "studio.farm"
    assert [event.source["applicationId"] for event in received] == ["studio.panel"]
    own = Event("farm.render", source={"applicationId": "another"})
    artist.event_hub.publish(own)
    assert own.source["applicationId"] == "another"


def test_without_an_application_id_events_have_none(connect: Connect) -> None:
    session = connect()
    session.event_hub.connect()
    event = Event("studio.done")
    session.event_hub.publish(event)
    assert "applicationId" not in event.source


def test_a_commit_of_one_session_is_received_by_another(connect: Connect, production: Production) -> None:
    editor, listener = connect(), connect()
    received: queue.Queue[Event] = queue.Queue()
    listener.event_hub.subscribe(
        f"topic=ftrack.update and data.clientToken={editor.settings.client_token}", received.put
    )
    listener.event_hub.connect()
    existing(editor.get("Task", production.tasks[0])).name = "renamed"
    editor.commit()
    (entry,) = received.get(timeout=TIMEOUT).data["entities"]
    assert (entry["entityId"], entry["changes"]["name"]["new"]) == (production.tasks[0], "renamed")


def test_creating_a_session_creates_no_hub_and_closing_it_ends_all_threads(connect: Connect) -> None:
    before = set(threading.enumerate())
    session = connect()
    assert session._deferred_event_hub._hub is None
    session.event_hub.connect()
    assert session.event_hub is session.event_hub
    assert any(thread.name == "ftrack-events" for thread in set(threading.enumerate()) - before)
    session.close()
    assert not [one for one in set(threading.enumerate()) - before if one.name.startswith("ftrack-event")]
    with pytest.raises(SessionClosed):
        session.event_hub.connect()
    unused = connect()
    unused.close()
    with pytest.raises(SessionClosed):
        unused.event_hub  # noqa: B018 - reading it raises the error


def test_auto_connect_connects_in_the_background(connect: Connect, box: Sandbox) -> None:
    session = connect(auto_connect_event_hub=True)
    received: queue.Queue[Event] = queue.Queue()
    session.event_hub.subscribe("topic=early", received.put)
    session.event_hub.publish(Event("early"))
    assert received.get(timeout=TIMEOUT).topic == "early"


def test_connecting_with_a_wrong_key_raises_an_error(box: Sandbox) -> None:
    with (
        Session(box.url, "wrong", box.api_user, schema_cache_path=False) as session,
        pytest.raises(AuthenticationError) as raised,
    ):
        session.event_hub.connect(TIMEOUT)
    assert "wrong" not in str(raised.value)


def test_plugins_are_loaded_by_the_first_use_and_notified_that_the_session_is_ready(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plugin.py").write_text(
        "events = []\n"
        "def register(session, prefix=''):\n"
        "    for topic in ('configure-location', 'ready', 'reset'):\n"
        "        session.event_hub.subscribe(f'topic=ftrack.api.session.{topic}', lambda event: events.append(event))\n"
        "    session.events, session.prefix = events, prefix\n"
    )
    monkeypatch.setenv("FTRACK_EVENT_PLUGIN_PATH", str(tmp_path))
    session: Any = connect(plugin_arguments={"prefix": "studio", "unknown": 1})
    assert not hasattr(session, "events")
    hub = session.event_hub
    assert session.prefix == "studio"
    assert [event.topic for event in session.events] == [
        "ftrack.api.session.configure-location",
        "ftrack.api.session.ready",
    ]
    assert all(event.data["session"] is session for event in session.events)
    hub.publish(Event("ftrack.api.session.reset", {"session": session}), synchronous=True)
    assert len(session.events) == 3


def test_folders_of_plugins_come_from_the_argument_or_else_the_environment(tmp_path: Path) -> None:
    def paths(given: Any, variable: str = "") -> tuple[Path, ...]:
        environ = {"FTRACK_EVENT_PLUGIN_PATH": variable}
        return Settings.resolve("studio", "key", "jane", plugin_paths=given, environ=environ).plugin_paths

    assert paths(None) == ()
    assert [path.name for path in paths(None, f"/a/one{os.pathsep}/b/two")] == ["one", "two"]
    assert paths([], "/a/one") == ()
    assert paths([tmp_path]) == (tmp_path,)
    assert paths(tmp_path) == (tmp_path,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("event_workers", 0),
        ("event_queue_size", 0),
        ("full_event_queue", "drop"),
        ("slow_callback_seconds", 0),
        ("reconnect_limit", -1),
        ("event_outbox_size", 0),
        ("reply_lifetime", -1.0),
        ("catch_up_events", "yes"),
        ("auto_connect_event_hub", 1),
    ],
)
def test_settings_of_events_are_checked(name: str, value: Any) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.resolve("studio", "key", "jane", environ={}, **{name: value})
    assert raised.value.setting == name


def test_the_hub_reconnects_to_a_server_that_refused_a_handshake() -> None:
    with Sandbox() as box, Session(box.url, box.api_key, box.api_user, schema_cache_path=False) as session:
        reconnected: queue.Queue[Event] = queue.Queue()
        session.event_hub.subscribe("topic=ftrack.meta.reconnected", reconnected.put)
        session.event_hub.connect(TIMEOUT)
        box.events.refuse_handshakes(1)
        box.events.drop_connections()
        assert reconnected.get(timeout=TIMEOUT).data["complete"]
        assert session.event_hub.connected


def test_a_server_that_goes_silent_is_considered_gone() -> None:
    with Sandbox() as box, Session(box.url, box.api_key, box.api_user, schema_cache_path=False) as session:
        box.events.set_heartbeat(0.05, 2.0)
        lost: queue.Queue[Event] = queue.Queue()
        session.event_hub.subscribe("topic=ftrack.meta.disconnected", lost.put)
        session.event_hub.connect(TIMEOUT)
        # The limit of the connection stays as it is. The server must not drop the client first, which sends nothing
        # either while it receives no heartbeat.
        box.events.set_heartbeat(0.05, 600.0)
        box.events.go_silent()
        assert "silent" in lost.get(timeout=TIMEOUT).data["reason"]
        box.events.resume()


def test_an_event_that_is_received_twice_is_handled_once(connect: Connect, box: Sandbox) -> None:
    session = connect()
    received: queue.Queue[Event] = queue.Queue()
    session.event_hub.subscribe("topic=studio.*", received.put)
    session.event_hub.connect()
    box.events.duplicate(1)
    box.events.publish("studio.twice")
    box.events.publish("studio.end")
    assert [received.get(timeout=TIMEOUT).topic for _ in range(2)] == ["studio.twice", "studio.end"]
    assert session.event_hub.statistics.repeated == 1


def test_a_reset_rolls_back_expires_everything_and_notifies_plugins(
    connect: Connect, other: Session, production: Production
) -> None:
    session, topics = connect(), []
    for topic in ("configure-location", "reset"):
        session.event_hub.subscribe(f"topic=ftrack.api.session.{topic}", lambda event: topics.append(event.topic))
    task = session.query("Task").where(id=production.tasks[0]).select("name", "bid").one()
    task.bid = 99.0
    existing(other.get("Task", task.id)).name = "renamed meanwhile"
    other.commit()
    session.reset()
    assert not session.modified
    assert (task.name, task.bid) == ("renamed meanwhile", 0.0)
    assert session.get("Task", task.id) is task
    assert topics == ["ftrack.api.session.configure-location", "ftrack.api.session.reset"]


@pytest.mark.parametrize("catch_up", [True, False], ids=["first query", "websocket handshake"])
def test_closing_the_session_ends_a_connection_attempt_that_the_server_does_not_answer(*, catch_up: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        session = Session(url, "key", "jane", schema_cache_path=False, catch_up_events=catch_up)
        hub = session.event_hub
        hub.connect(wait=False)
        accepted, _ = listener.accept()
        assert accepted.recv(1)
        connection = hub._connection
        assert connection is not None
        session.close()
        # Had the attempt gone on, the thread would still wait for the answer.
        assert not connection._thread.is_alive()
        accepted.close()
