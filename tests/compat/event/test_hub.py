"""The event hub calls subscribers in `wait`, on the thread that calls it, as that of the official client does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import ftrack_orm.compat as ftrack_api
from tests.compat.conftest import Both, ConnectClient, Studio, raised

#: Seconds until an event that does not arrive fails a test.
PATIENCE = 20


def wait_until(hub: Any, is_done: Callable[[], object]) -> None:
    """Handle events until *is_done* returns a true value."""
    for _ in range(PATIENCE * 10):
        if is_done():
            return
        hub.wait(duration=0.1)
    pytest.fail("The event did not arrive.")


def test_events_are_mappings(both: Both) -> None:
    def run(studio: Studio) -> Any:
        event = studio.client.event.base.Event("studio.done", data={"id": 1}, target="id=x", sent="now", id="a1")
        event["data"]["more"] = 2
        event["extra"] = True
        facts: list[Any] = [dict(event), len(event), sorted(event), event.is_stopped(), str(event)]
        del event["extra"]
        event.stop()
        return [*facts, "extra" in event, event.is_stopped(), event.get("in_reply_to_event")]

    both(run)


def test_subscribers_are_called_synchronously_by_priority(both: Both) -> None:
    def run(studio: Studio) -> Any:
        hub = studio.session.event_hub
        seen: list[Any] = []
        topic = f"compat.{studio.production.name}"
        event = studio.client.event.base.Event(topic, data={"object": run})

        def stopping(received: Any) -> str:
            seen.append(("stopping", received is event, received["data"]["object"] is run, received["source"]["user"]))
            received.stop()
            return "stopped"

        ids = [
            hub.subscribe(f"topic={topic}", lambda received: "never", priority=30),
            hub.subscribe(f"topic={topic}", stopping, {"name": "second"}, priority=20),
            hub.subscribe(f"topic={topic} and source.user.username=*", lambda received: "first", priority=10),
            hub.subscribe(f"topic={topic}", lambda received: 1 / 0, priority=5),
        ]
        facts: list[Any] = [hub.publish(event, synchronous=True), event.is_stopped()]
        found = hub.get_subscriber_by_identifier(ids[1])
        facts += [
            type(found).__name__,
            str(found.subscription) == f"topic={topic}",
            found.priority,
            sorted(found.metadata),
        ]
        facts += [found.interested_in(event), found.callback is stopping, hub.get_subscriber_by_identifier("x")]
        for identifier in ids[:3]:
            hub.unsubscribe(identifier)
        facts += [raised(studio.client, lambda: hub.unsubscribe(ids[0]))]
        hub.unsubscribe(ids[3])
        return facts, [(name, same, kept, sorted(user)) for name, same, kept, user in seen]

    both(run)


def test_errors_of_the_hub_are_those_of_the_official_client(both: Both) -> None:
    def run(studio: Studio) -> Any:
        hub, client = studio.session.event_hub, studio.client
        event = client.event.base.Event("compat.errors")
        subscriber = {"id": f"compat-{studio.production.name}"}
        hub.subscribe("topic=compat.errors", lambda received: None, subscriber)
        facts = [
            raised(client, lambda: hub.publish(event)),
            raised(client, lambda: hub.publish(event, on_error="ignore")),
            raised(client, hub.disconnect),
            raised(client, lambda: hub.wait(0)),
            raised(client, lambda: hub.subscribe("topic=compat.errors", print, dict(subscriber))),
            raised(client, lambda: hub.subscribe("topic", print)),
            (hub.connected, hub.secure, hub.get_server_url() == studio.session.server_url, hub.server.scheme),
        ]
        with hub.subscription("topic=compat.block", lambda received: "in the block"):
            inside = hub.publish(client.event.base.Event("compat.block"), synchronous=True)
        after = hub.publish(client.event.base.Event("compat.block"), synchronous=True)
        hub.unsubscribe(subscriber["id"])
        return facts, inside, after

    both(run)


def test_expressions_match_as_those_of_the_official_client(both: Both) -> None:
    def run(studio: Studio) -> Any:
        expression = studio.client.event.expression
        event = studio.client.event.base.Event("ftrack.update", data={"user": {"name": "jane"}, "kind": "a b"})
        texts = ["topic=ftrack.update", "topic=ftrack.*", "not topic=x", 'data.kind="a b" and data.user.name=jane']
        texts += ["topic=x or (data.user.name=jane and not data.kind=c)", "data.missing=x", "topic!=x"]
        parsed = [expression.Parser().parse(text) for text in texts]
        made = expression.All([expression.Condition("topic", __import__("operator").eq, "ftrack.update")])
        return (
            [(each.match(event), str(each)) for each in parsed],
            made.match(event),
            expression.Expression().match(event),
        )

    both(run)


def test_received_events_are_handled_by_wait(connect_client: ConnectClient) -> None:
    session = connect_client(auto_connect_event_hub=True)
    other = connect_client()
    other.event_hub.connect()
    threads: set[int] = set()
    received: list[Any] = []
    replies: list[Any] = []

    def callback(event: Any) -> str:
        threads.add(threading.get_ident())
        received.append(event["data"]["number"])
        return f"reply {event['data']['number']}"

    session.event_hub.subscribe("topic=compat.wait", callback)
    session.event_hub.subscribe("topic=compat.wait", lambda event: event.stop(), priority=200)
    session.event_hub.subscribe("topic=compat.wait", lambda event: received.append("never"), priority=300)
    hub = ftrack_api.unwrap(session).event_hub
    hub.connect(PATIENCE)  # the session connects in the background
    assert hub.flush()
    for number in (1, 2):
        event = ftrack_api.event.base.Event("compat.wait", data={"number": number})
        other.event_hub.publish(event, on_reply=replies.append)
    wait_until(session.event_hub, lambda: len(received) == 2)
    wait_until(other.event_hub, lambda: len(replies) == 2)
    assert received == [1, 2]
    assert threads == {threading.get_ident()}
    assert sorted(reply["data"] for reply in replies) == ["reply 1", "reply 2"]
    assert event["id"] in [reply["in_reply_to_event"] for reply in replies]


def test_waiting_ends_with_the_connection(connect_client: ConnectClient) -> None:
    session = connect_client()
    session.event_hub.connect()
    with pytest.raises(ftrack_api.exception.EventHubConnectionError):
        session.event_hub.connect()
    waiting = threading.Thread(target=session.event_hub.wait)
    waiting.start()
    session.event_hub.disconnect()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()
    assert not session.event_hub.connected


def test_both_kinds_of_code_share_the_hub(connect_client: ConnectClient) -> None:
    session = connect_client()
    native = ftrack_api.unwrap(session)
    kinds = []
    session.event_hub.subscribe("topic=compat.shared", lambda event: kinds.append(type(event).__module__))
    native.event_hub.subscribe("topic=compat.shared", lambda event: kinds.append(type(event).__module__))
    session.event_hub.publish(ftrack_api.event.base.Event("compat.shared"), synchronous=True)
    assert kinds == ["ftrack_orm.compat.event.base", "ftrack_orm.events.event"]
