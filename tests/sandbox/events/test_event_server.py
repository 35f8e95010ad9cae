"""The event server on its sockets, as a client sees it that knows nothing of this library."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from ftrack_orm.errors import InvalidValue, UsageError
from ftrack_orm.sandbox import Sandbox

Connect = Callable[[], Any]


def shake_hands(box: Sandbox, **options: Any) -> requests.Response:
    return requests.get(f"{box.url}/socket.io/1/", timeout=10, **options)


# -- handshake ----------------------------------------------------------------------------------------------------


def test_credentials_may_be_in_headers_or_in_the_query(box: Sandbox) -> None:
    by_header = shake_hands(box, headers={"ftrack-user": box.api_user, "ftrack-api-key": box.api_key})
    by_query = shake_hands(box, params={"api_user": box.api_user, "api_key": box.api_key})
    for answer in (by_header, by_query):
        session_id, heartbeat, close, transports = answer.text.split(":")
        assert (answer.status_code, heartbeat, close, transports) == (200, "60", "60", "websocket")
        assert session_id
    assert by_header.text != by_query.text


@pytest.mark.parametrize("given", [{}, {"api_user": "sandbox", "api_key": "wrong"}])
def test_wrong_credentials_are_refused(box: Sandbox, given: dict[str, str]) -> None:
    answer = shake_hands(box, params=given)
    assert answer.status_code == 401
    assert "API key" in answer.text
    assert box.api_key not in answer.text


def test_a_session_is_good_for_one_websocket(box: Sandbox, connect: Connect) -> None:
    client = connect()
    for session_id in (client.session_id, "never-given"):
        answer = requests.get(f"{box.url}/socket.io/1/websocket/{session_id}", timeout=10)
        assert answer.status_code == 401


# -- packets ------------------------------------------------------------------------------------------------------


def test_the_server_speaks_first(connect: Connect) -> None:
    assert connect().first == "1::"


def test_an_event_is_acknowledged_and_comes_back_to_its_publisher(box: Sandbox, connect: Connect) -> None:
    client = connect()
    assert client.subscribe("topic=studio.done") == {"success": True}
    assert client.ask("studio.done", {"shot": "sh010"}) == {"success": True}
    event = client.event()
    assert (event["topic"], event["data"]) == ("studio.done", {"shot": "sh010"})
    assert event["source"]["user"]["username"] == box.api_user


def test_an_event_without_an_id_is_not_acknowledged(connect: Connect) -> None:
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


def test_a_question_is_answered_across_connections(connect: Connect) -> None:
    asking, answering = connect(), connect()
    asking.subscribe("topic=ftrack.meta.reply", id="hub-1")
    answering.subscribe("topic=studio.question")
    question = asking.send("studio.question", source={"id": "hub-1"})
    heard = answering.event()
    answering.send("ftrack.meta.reply", {"answer": 42}, target=f"id={heard['source']['id']}", inReplyToEvent=question)
    reply = asking.event()
    assert (reply["inReplyToEvent"], reply["data"]) == (question, {"answer": 42})


def test_nonsense_is_answered_with_an_error_and_the_connection_goes_on(connect: Connect) -> None:
    client = connect()
    for text in ("nonsense", "5:::{", '5:::{"name":"other","args":[]}'):
        client.socket.send(text)
        assert client.receive().startswith("7:::")
    assert client.subscribe("topic=a") == {"success": True}


def test_a_client_that_says_goodbye_is_let_go(box: Sandbox, connect: Connect) -> None:
    client = connect()
    client.socket.send("0::")
    assert client.is_closed()
    box.events.wait_for(lambda events: not events.connections)


def test_heartbeats_come_by_themselves_and_keep_who_answers(box: Sandbox, connect: Connect) -> None:
    box.events.set_heartbeat(interval=0.02, timeout=30)
    client = connect()
    for _ in range(3):
        assert client.receive(heartbeats=True) == "2:::"
        client.socket.send("2::")


def test_a_client_that_says_nothing_any_more_is_cut_off(box: Sandbox, connect: Connect) -> None:
    box.events.set_heartbeat(interval=0.02, timeout=0.1)
    assert connect().first == "1::"
    box.events.wait_for(lambda events: not events.connections)


# -- updates ------------------------------------------------------------------------------------------------------


def scope(id_: str, **data: Any) -> dict[str, Any]:
    return {"action": "create", "entity_type": "Scope", "entity_data": {"id": id_, "name": id_, **data}}


def test_a_commit_is_announced_to_those_who_listen(connect: Connect, commit: Callable[..., Any]) -> None:
    client = connect()
    client.subscribe("topic=ftrack.update")
    commit(scope("s"), ftrack_clienttoken="mine")
    event = client.event()
    assert (event["source"]["clientToken"], event["data"]["clientToken"]) == ("mine", "mine")
    (entity,) = event["data"]["entities"]
    assert (entity["action"], entity["entityType"], entity["entityId"]) == ("add", "scope", "s")


def test_an_announced_change_can_be_read_at_once(connect: Connect, commit: Callable[..., Any]) -> None:
    client = connect()
    client.subscribe("topic=ftrack.update")
    writer = threading.Thread(target=commit, args=[scope(f"s{number}") for number in range(50)])
    writer.start()
    told = client.event()["data"]["entities"]
    answers = commit({"action": "query", "expression": "select id from Scope"})
    assert {entity["entityId"] for entity in told} <= {row["id"] for row in answers[0]["data"]}
    writer.join(10)


# -- faults and observation ---------------------------------------------------------------------------------------


def test_connections_and_published_events_can_be_seen(box: Sandbox, connect: Connect) -> None:
    client = connect()
    client.subscribe("topic=a")
    identifier = client.send("b", {"x": 1})
    box.events.wait_for(lambda events: [event["id"] for event in events.published] == [identifier])
    (connection,) = box.events.connections
    assert (connection.session_id, connection.user) == (client.session_id, box.api_user)
    assert connection.subscriptions == ("topic=a",)


def test_the_server_publishes_itself_to_whom_it_is_for(box: Sandbox, connect: Connect) -> None:
    one, other = connect(), connect()
    one.subscribe("topic=*", id="one")
    other.subscribe("topic=*", id="other")
    box.events.publish("studio.first", {"n": 1}, target="id=other")
    second = box.events.publish("studio.second")
    assert one.event()["id"] == second
    assert [other.event()["topic"] for _ in range(2)] == ["studio.first", "studio.second"]
    with pytest.raises(InvalidValue, match="target"):
        box.events.publish("a", target="no expression")


def test_dropped_connections_end_without_a_word(box: Sandbox, connect: Connect) -> None:
    clients = [connect(), connect()]
    assert box.events.drop_connections() == 2
    assert all(client.is_closed() for client in clients)
    box.events.wait_for(lambda events: not events.connections)
    assert connect().subscribe("topic=a") == {"success": True}


def test_as_many_handshakes_as_asked_for_are_refused(box: Sandbox) -> None:
    given = {"api_user": box.api_user, "api_key": box.api_key}
    box.events.refuse_handshakes(2)
    assert [shake_hands(box, params=given).status_code for _ in range(3)] == [503, 503, 200]
    box.events.refuse_handshakes(1, status=403)
    assert shake_hands(box, params=given).status_code == 403


def test_delayed_events_are_kept_back_and_come_in_order(box: Sandbox, connect: Connect) -> None:
    client = connect()
    client.subscribe("topic=a")
    box.events.delay(0.05)
    sent = [box.events.publish("a"), box.events.publish("a")]
    assert [client.event()["id"] for _ in range(2)] == sent
    box.events.delay(3600)
    kept = [box.events.publish("a"), box.events.publish("a")]
    assert client.hears_nothing()
    box.events.delay(0)
    after = box.events.publish("a")
    assert [client.event()["id"] for _ in range(3)] == [*kept, after]


def test_events_come_doubled_and_out_of_order_on_demand(box: Sandbox, connect: Connect) -> None:
    client = connect()
    client.subscribe("topic=a")
    box.events.duplicate(1)
    first = box.events.publish("a")
    box.events.reorder(2)
    second, third = box.events.publish("a"), box.events.publish("a")
    assert [client.event()["id"] for _ in range(4)] == [first, first, third, second]


def test_a_silent_server_stays_connected_and_sends_nothing_until_it_resumes(box: Sandbox, connect: Connect) -> None:
    client = connect()
    client.subscribe("topic=a")
    box.events.go_silent()
    box.events.set_heartbeat(interval=0.01, timeout=30)
    sent = [box.events.publish("a"), client.send("a")]
    box.events.wait_for(lambda events: len(events.published) == 2)
    assert client.hears_nothing()
    assert len(box.events.connections) == 1
    box.events.resume()
    assert [client.event()["id"] for _ in range(2)] == sent


def test_waiting_for_what_does_not_happen_ends(box: Sandbox) -> None:
    with pytest.raises(TimeoutError, match=r"within 0\.05 seconds"):
        box.events.wait_for(lambda events: bool(events.published), timeout=0.05)


def test_a_sandbox_that_is_not_started_has_no_events() -> None:
    with pytest.raises(UsageError, match="not started"):
        Sandbox().events.publish("a")


def test_a_sandbox_stops_with_clients_connected(open_client: Callable[[Sandbox], Any]) -> None:
    with Sandbox() as box:
        client = open_client(box)
        box.events.go_silent()
    assert client.is_closed()


def test_a_client_that_does_not_read_is_cut_off_before_it_fills_the_memory(
    box: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftrack_orm.sandbox.events.connection.LARGEST_BACKLOG", 100_000)
    slow, quick = connect(), connect()
    slow.subscribe("topic=big", id="slow")
    quick.subscribe("topic=small", id="quick")
    for _ in range(200):
        box.events.publish("big", {"text": "x" * 50_000})
        if len(box.events.connections) == 1:
            break
    box.events.wait_for(lambda events: [each.session_id for each in events.connections] == [quick.session_id])
    box.events.publish("small")
    assert quick.event()["topic"] == "small"
