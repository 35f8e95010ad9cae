"""The event server on its sockets, with clients that do not use this library."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from ftrack_orm.sandbox import Sandbox

Connect = Callable[[], Any]


def handshake(box: Sandbox, **options: Any) -> requests.Response:
    return requests.get(f"{box.url}/socket.io/1/", timeout=10, **options)


# -- handshake ----------------------------------------------------------------------------------------------------


def test_credentials_may_be_in_headers_or_in_the_query(box: Sandbox) -> None:
    by_header = handshake(box, headers={"ftrack-user": box.api_user, "ftrack-api-key": box.api_key})
    by_query = handshake(box, params={"api_user": box.api_user, "api_key": box.api_key})
    for response in (by_header, by_query):
        session_id, heartbeat, close, transports = response.text.split(":")
        assert (response.status_code, heartbeat, close, transports) == (200, "60", "60", "websocket")
        assert session_id
    assert by_header.text != by_query.text


@pytest.mark.parametrize("credentials", [{}, {"api_user": "sandbox", "api_key": "wrong"}])
def test_wrong_credentials_are_refused(box: Sandbox, credentials: dict[str, str]) -> None:
    response = handshake(box, params=credentials)
    assert response.status_code == 401
    assert "API key" in response.text
    assert box.api_key not in response.text


def test_a_session_opens_one_websocket_only(box: Sandbox, connect: Connect) -> None:
    client = connect()
    for session_id in (client.session_id, "never-given"):
        response = requests.get(f"{box.url}/socket.io/1/websocket/{session_id}", timeout=10)
        assert response.status_code == 401


# -- packets ------------------------------------------------------------------------------------------------------


def test_the_server_sends_the_connect_packet_first(connect: Connect) -> None:
    assert connect().first == "1::"


def test_an_event_is_acknowledged_and_delivered_to_its_publisher_too(box: Sandbox, connect: Connect) -> None:
    client = connect()
    assert client.subscribe("topic=studio.done") == {"success": True}
    assert client.send_acknowledged("studio.done", {"shot": "sh010"}) == {"success": True}
    event = client.event()
    assert (event["topic"], event["data"]) == ("studio.done", {"shot": "sh010"})
    assert event["source"]["user"]["username"] == box.api_user


def test_an_event_packet_without_an_id_is_not_acknowledged(connect: Connect) -> None:
    client = connect()
    client.subscribe("topic=a")
    identifier = client.send("a")
    assert client.event()["id"] == identifier


def test_a_refusal_is_acknowledged_with_its_reason(connect: Connect) -> None:
    client = connect()
    client.subscribe("topic=a")
    reply = client.subscribe("topic=b")
    assert reply["success"] is False
    assert "'me'" in reply["message"]


def test_a_reply_reaches_the_connection_of_the_request(connect: Connect) -> None:
    requester, responder = connect(), connect()
    requester.subscribe("topic=ftrack.meta.reply", id="hub-1")
    responder.subscribe("topic=studio.request")
    request = requester.send("studio.request", source={"id": "hub-1"})
    received = responder.event()
    target = f"id={received['source']['id']}"
    responder.send("ftrack.meta.reply", {"result": 42}, target=target, inReplyToEvent=request)
    reply = requester.event()
    assert (reply["inReplyToEvent"], reply["data"]) == (request, {"result": 42})


def test_an_invalid_packet_is_answered_with_an_error_and_the_connection_stays_open(connect: Connect) -> None:
    client = connect()
    for text in ("nonsense", "5:::{", '5:::{"name":"other","args":[]}'):
        client.socket.send(text)
        assert client.receive().startswith("7:::")
    assert client.subscribe("topic=a") == {"success": True}


def test_a_client_that_disconnects_is_removed(box: Sandbox, connect: Connect) -> None:
    client = connect()
    client.socket.send("0::")
    assert client.is_closed()
    box.events.wait_for(lambda events: not events.connections)


def test_the_server_sends_heartbeats_and_keeps_clients_that_answer_them(box: Sandbox, connect: Connect) -> None:
    box.events.set_heartbeat(interval=0.02, timeout=30)
    client = connect()
    for _ in range(3):
        assert client.receive(heartbeats=True) == "2:::"
        client.socket.send("2::")


def test_a_client_that_sends_nothing_is_disconnected(box: Sandbox, connect: Connect) -> None:
    box.events.set_heartbeat(interval=0.02, timeout=0.1)
    assert connect().first == "1::"
    box.events.wait_for(lambda events: not events.connections)


# -- announced changes --------------------------------------------------------------------------------------------


def scope(id_: str, **data: Any) -> dict[str, Any]:
    return {"action": "create", "entity_type": "Scope", "entity_data": {"id": id_, "name": id_, **data}}


def test_a_commit_is_announced_to_subscribers(connect: Connect, commit: Callable[..., Any]) -> None:
    client = connect()
    client.subscribe("topic=ftrack.update")
    commit(scope("s"), ftrack_clienttoken="mine")
    event = client.event()
    assert (event["source"]["clientToken"], event["data"]["clientToken"]) == ("mine", "mine")
    (entity,) = event["data"]["entities"]
    assert (entity["action"], entity["entityType"], entity["entityId"]) == ("add", "scope", "s")


def test_an_announced_change_is_already_committed(connect: Connect, commit: Callable[..., Any]) -> None:
    client = connect()
    client.subscribe("topic=ftrack.update")
    writer = threading.Thread(target=commit, args=[scope(f"s{number}") for number in range(50)])
    writer.start()
    entities = client.event()["data"]["entities"]
    replies = commit({"action": "query", "expression": "select id from Scope"})
    assert {entity["entityId"] for entity in entities} <= {row["id"] for row in replies[0]["data"]}
    writer.join(10)
