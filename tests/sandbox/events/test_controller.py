"""Inspection and control of the event server by `box.events`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from ftrack_orm.errors import InvalidValue, UsageError
from ftrack_orm.sandbox import Sandbox

Connect = Callable[[], Any]


def test_connections_and_published_events_are_visible(box: Sandbox, connect: Connect) -> None:
    client = connect()
    client.subscribe("topic=a")
    identifier = client.send("b", {"x": 1})
    box.events.wait_for(lambda events: [event["id"] for event in events.published] == [identifier])
    (connection,) = box.events.connections
    assert (connection.session_id, connection.user) == (client.session_id, box.api_user)
    assert connection.subscriptions == ("topic=a",)


def test_the_server_publishes_its_own_events_to_the_subscribers_in_the_target(box: Sandbox, connect: Connect) -> None:
    one, other = connect(), connect()
    one.subscribe("topic=*", id="one")
    other.subscribe("topic=*", id="other")
    box.events.publish("studio.first", {"n": 1}, target="id=other")
    second = box.events.publish("studio.second")
    assert one.event()["id"] == second
    assert [other.event()["topic"] for _ in range(2)] == ["studio.first", "studio.second"]
    with pytest.raises(InvalidValue, match="target"):
        box.events.publish("a", target="no expression")


def test_dropped_connections_are_closed_and_clients_can_connect_again(box: Sandbox, connect: Connect) -> None:
    clients = [connect(), connect()]
    assert box.events.drop_connections() == 2
    assert all(client.is_closed() for client in clients)
    box.events.wait_for(lambda events: not events.connections)
    assert connect().subscribe("topic=a") == {"success": True}


def test_the_requested_number_of_handshakes_is_refused(box: Sandbox) -> None:
    def handshake_status() -> int:
        credentials = {"api_user": box.api_user, "api_key": box.api_key}
        return requests.get(f"{box.url}/socket.io/1/", params=credentials, timeout=10).status_code

    box.events.refuse_handshakes(2)
    assert [handshake_status() for _ in range(3)] == [503, 503, 200]
    box.events.refuse_handshakes(1, status=403)
    assert handshake_status() == 403


def test_delayed_events_are_delivered_in_order(box: Sandbox, connect: Connect) -> None:
    client = connect()
    client.subscribe("topic=a")
    box.events.delay(0.05)
    sent = [box.events.publish("a"), box.events.publish("a")]
    assert [client.event()["id"] for _ in range(2)] == sent
    box.events.delay(3600)
    delayed = [box.events.publish("a"), box.events.publish("a")]
    assert client.receives_nothing()
    box.events.delay(0)
    after = box.events.publish("a")
    assert [client.event()["id"] for _ in range(3)] == [*delayed, after]


def test_events_are_duplicated_and_reordered_on_request(box: Sandbox, connect: Connect) -> None:
    client = connect()
    client.subscribe("topic=a")
    box.events.duplicate(1)
    first = box.events.publish("a")
    box.events.reorder(2)
    second, third = box.events.publish("a"), box.events.publish("a")
    assert [client.event()["id"] for _ in range(4)] == [first, first, third, second]


def test_a_silent_server_keeps_connections_open_and_sends_nothing_until_it_resumes(
    box: Sandbox, connect: Connect
) -> None:
    client = connect()
    client.subscribe("topic=a")
    box.events.go_silent()
    box.events.set_heartbeat(interval=0.01, timeout=30)
    sent = [box.events.publish("a"), client.send("a")]
    box.events.wait_for(lambda events: len(events.published) == 2)
    assert client.receives_nothing()
    assert len(box.events.connections) == 1
    box.events.resume()
    assert [client.event()["id"] for _ in range(2)] == sent


def test_waiting_for_a_condition_times_out(box: Sandbox) -> None:
    with pytest.raises(TimeoutError, match=r"within 0\.05 seconds"):
        box.events.wait_for(lambda events: bool(events.published), timeout=0.05)


def test_events_of_a_sandbox_that_is_not_started_are_refused() -> None:
    with pytest.raises(UsageError, match="not started"):
        Sandbox().events.publish("a")


def test_a_sandbox_stops_while_clients_are_connected(open_client: Callable[[Sandbox], Any]) -> None:
    with Sandbox() as box:
        client = open_client(box)
        box.events.go_silent()
    assert client.is_closed()
