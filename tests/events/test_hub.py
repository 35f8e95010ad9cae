"""The event hub against an event server in memory: subscribing, publishing, replies, and its connection."""

from __future__ import annotations

import os
import queue
import threading
from typing import Any

import pytest

from ftrack_orm import EventHub
from ftrack_orm.errors import (
    AuthenticationError,
    DuplicateSubscriber,
    EventNotSent,
    ExpressionError,
    InvalidValue,
    RequestTimeout,
    SessionClosed,
    TransportError,
    UsageError,
)
from ftrack_orm.events.event import Event
from ftrack_orm.wire.socketio import PacketType, decode, parse_handshake
from tests.assertions import existing
from tests.events.memory_server import TIMEOUT, MakeHub, MemoryServer


class Collector:
    """A callback that collects events and returns *result*; tests wait for the next event."""

    def __init__(self, result: Any = None) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.result = result

    def __call__(self, event: Event) -> Any:
        self.events.put(event)
        return self.result

    def next(self) -> Event:
        return self.events.get(timeout=TIMEOUT)


# -- subscribing --------------------------------------------------------------------------------------------------


def test_a_subscriber_receives_the_events_that_match_its_expression(hub: EventHub) -> None:
    received = Collector()
    hub.subscribe("topic=studio.done and data.shot=sh010", received)
    for shot in ("sh020", "sh010"):
        hub.publish(Event("studio.done", {"shot": shot}))
    assert received.next().data == {"shot": "sh010"}
    assert received.events.empty()


def test_subscribers_added_before_and_after_connecting_are_sent_to_the_server(
    make_hub: MakeHub, server: MemoryServer
) -> None:
    hub = make_hub()
    before = hub.subscribe("topic=a", print)
    hub.connect(TIMEOUT)
    after = hub.subscribe("topic=b", print, {"id": "mine", "applicationId": "maya"})
    assert hub.flush(TIMEOUT)
    sent = [payload["data"] for payload in server.received if payload["topic"] == "ftrack.meta.subscribe"]
    assert after == "mine"
    assert sent == [
        {"subscriber": {"id": hub.id}, "subscription": "topic=ftrack.meta.reply"},
        {"subscriber": {"id": before}, "subscription": "topic=a"},
        {"subscriber": {"id": "mine", "applicationId": "maya"}, "subscription": "topic=b"},
    ]


def test_on_decorates_and_returns_the_function_unchanged(hub: EventHub) -> None:
    received = Collector()

    @hub.on("topic=studio.done")
    def done(event: Event) -> None:
        received(event)

    hub.publish(Event("studio.done"))
    received.next()
    assert done.__name__ == "done"


def test_a_subscription_lasts_as_long_as_its_block(hub: EventHub, server: MemoryServer) -> None:
    with hub.subscription("topic=a", print) as identifier:
        assert existing(hub.get_subscriber_by_identifier(identifier)).subscription.expression == "topic=a"
    assert hub.get_subscriber_by_identifier(identifier) is None
    assert hub.flush(TIMEOUT)
    assert server.topics()[-1] == "ftrack.meta.unsubscribe"


def test_unsubscribing_ends_it_and_an_unknown_id_is_refused(hub: EventHub) -> None:
    received, other = Collector(), Collector()
    identifier = hub.subscribe("topic=a", received)
    hub.subscribe("topic=a", other)
    hub.unsubscribe(identifier)
    hub.publish(Event("a"))
    other.next()
    assert received.events.empty()
    with pytest.raises(UsageError, match=identifier):
        hub.unsubscribe(identifier)


def test_mistakes_in_subscribing_raise_at_once(hub: EventHub) -> None:
    with pytest.raises(ExpressionError):
        hub.subscribe("topic=", print)
    hub.subscribe("topic=a", print, {"id": "one"})
    with pytest.raises(DuplicateSubscriber):
        hub.subscribe("topic=a", print, {"id": "one"})


def test_lower_priorities_come_first_and_may_stop_the_event(hub: EventHub) -> None:
    order, done = [], Collector()

    def stop(event: Event) -> None:
        order.append("middle")
        event.stop()

    hub.subscribe("topic=a", lambda event: order.append("late"), priority=200)
    hub.subscribe("topic=a", stop)
    hub.subscribe("topic=a", lambda event: order.append("early"), priority=10)
    hub.subscribe("topic=b", done)
    hub.publish(Event("a"))
    hub.publish(Event("b"))
    done.next()
    hub._parts.dispatcher.drain(TIMEOUT)
    assert order == ["early", "middle"]


def test_an_event_with_a_target_reaches_only_the_subscribers_that_match(hub: EventHub) -> None:
    maya, nuke = Collector(), Collector()
    hub.subscribe("topic=a", maya, {"applicationId": "maya"})
    hub.subscribe("topic=a", nuke, {"applicationId": "nuke"})
    hub.publish(Event("a", target="applicationId=nuke"))
    nuke.next()
    assert maya.events.empty()


def test_a_callback_that_raises_is_logged_and_the_next_is_called(
    hub: EventHub, caplog: pytest.LogCaptureFixture
) -> None:
    received = Collector()

    @hub.on("topic=a", priority=1)
    def fails(event: Event) -> None:
        raise RuntimeError("no such shot")

    hub.subscribe("topic=a", received)
    event = Event("a")
    hub.publish(event)
    received.next()
    assert "no such shot" in caplog.text
    assert event.id in caplog.text
    assert hub.statistics.failed == 1


# -- publishing ---------------------------------------------------------------------------------------------------


def test_a_published_event_names_its_publisher(hub: EventHub, server: MemoryServer) -> None:
    hub.publish(Event("a", source={"applicationId": "maya"}))
    assert hub.flush(TIMEOUT)
    assert server.received[-1]["source"] == {"applicationId": "maya", "id": hub.id, "user": {"username": "jane"}}


def test_changes_of_an_event_after_publishing_are_not_sent(make_hub: MakeHub, server: MemoryServer) -> None:
    hub = make_hub()
    hub.connect(wait=False)
    event = Event("a", {"value": 1})
    hub.publish(event)
    event.data["value"] = 2
    hub.connect(TIMEOUT)
    assert hub.flush(TIMEOUT)
    assert server.received[-1]["data"] == {"value": 1}


def test_synchronous_publishing_calls_only_the_subscribers_of_this_hub(make_hub: MakeHub, server: MemoryServer) -> None:
    hub = make_hub()
    threads = []

    def second(event: Event) -> str:
        threads.append(threading.current_thread())
        return "second"

    hub.subscribe("topic=a", second)
    hub.subscribe("topic=a", lambda event: "first", priority=1)
    assert hub.publish(Event("a"), synchronous=True) == ["first", "second"]
    assert threads == [threading.current_thread()]
    assert server.received == []


def test_the_topics_of_the_session_stay_in_the_process(hub: EventHub, server: MemoryServer) -> None:
    received, session = Collector(), object()
    hub.subscribe("topic=ftrack.api.session.*", received)
    hub.publish(Event("ftrack.api.session.reset", {"session": session}))
    assert received.next().data["session"] is session
    assert hub.flush(TIMEOUT)
    assert "ftrack.api.session.reset" not in server.topics()


def test_publishing_without_a_connection_names_the_remedy(make_hub: MakeHub, caplog: pytest.LogCaptureFixture) -> None:
    hub = make_hub()
    with pytest.raises(UsageError, match=r"connect\(\)"):
        hub.publish(Event("a"))
    hub.publish(Event("a"), on_error="ignore")
    assert "connect()" in caplog.text
    with pytest.raises(UsageError, match="on_error"):
        hub.publish(Event("a"), on_error="ingore")


def test_data_that_cannot_be_sent_is_refused_at_once(hub: EventHub) -> None:
    with pytest.raises(InvalidValue):
        hub.publish(Event("a", {"value": object()}))


def test_publishing_more_events_than_the_limit_is_refused_and_loses_none(
    make_hub: MakeHub, server: MemoryServer
) -> None:
    hub = make_hub(event_outbox_size=2)
    hub.connect(TIMEOUT)
    server.failures.extend(TransportError("away", safe_to_retry=True) for _ in range(1))
    server.sends_ready = False
    server.drop_connections()
    while hub.connected:
        existing(hub._connection).wait_closed(0.01)
    hub.publish(Event("a"))
    hub.publish(Event("b"))
    with pytest.raises(EventNotSent, match="event_outbox_size"):
        hub.publish(Event("c"))
    server.sends_ready = True
    server.drop_connections()
    hub.connect(TIMEOUT)
    assert hub.flush(TIMEOUT)
    assert [topic for topic in server.topics() if len(topic) == 1] == ["a", "b"]


def test_a_refused_event_is_logged_and_counted(
    hub: EventHub, server: MemoryServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.ack = {"success": False, "message": "no such topic"}
    hub.publish(Event("a"))
    assert hub.flush(TIMEOUT)
    assert "no such topic" in caplog.text
    assert (hub.statistics.published, hub.statistics.refused) == (0, 1)


# -- replies ------------------------------------------------------------------------------------------------------


def test_the_return_value_of_a_callback_is_the_reply(hub: EventHub) -> None:
    hub.subscribe("topic=question", lambda event: {"answer": event.data["number"] + 1}, {"id": "answering"})
    replies = Collector()
    question = Event("question", {"number": 1})
    hub.publish(question, on_reply=replies)
    reply = replies.next()
    assert reply.data == {"answer": 2}
    assert reply.in_reply_to_event == question.id
    assert reply.source["id"] == "answering"


def test_no_reply_is_sent_for_none_or_to_a_reply(hub: EventHub, server: MemoryServer) -> None:
    done = Collector(result=None)
    hub.subscribe("topic=question", done)
    hub.subscribe("topic=ftrack.meta.reply", lambda event: "a reply to a reply")
    hub.publish(Event("question"))
    event = done.next()
    hub.publish_reply(event, {"by": "hand"})
    assert hub.flush(TIMEOUT)
    hub._parts.dispatcher.drain(TIMEOUT)
    assert hub.flush(TIMEOUT)
    assert [payload["data"] for payload in server.received if payload["topic"] == "ftrack.meta.reply"] == [
        {"by": "hand"}
    ]


def test_waiting_for_a_reply_returns_it_also_inside_a_callback(make_hub: MakeHub) -> None:
    hub = make_hub(event_workers=2)
    hub.connect(TIMEOUT)
    hub.subscribe("topic=inner", lambda event: "inner")
    hub.subscribe("topic=outer", lambda event: hub.publish_and_wait_for_reply(Event("inner"), TIMEOUT).data)
    assert hub.publish_and_wait_for_reply(Event("outer"), TIMEOUT).data == "inner"


def test_no_reply_in_time_is_an_error(hub: EventHub) -> None:
    with pytest.raises(RequestTimeout, match=r"studio\.unanswered"):
        hub.publish_and_wait_for_reply(Event("studio.unanswered"), 0.01)


def test_an_event_without_a_source_cannot_be_replied_to(hub: EventHub) -> None:
    with pytest.raises(InvalidValue):
        hub.publish_reply(Event("a"), {})


# -- the connection -----------------------------------------------------------------------------------------------


def test_connecting_twice_makes_one_connection(hub: EventHub, server: MemoryServer) -> None:
    hub.connect(TIMEOUT)
    assert hub.connected
    assert server.attempts == 1


def test_the_first_failure_to_connect_is_raised(make_hub: MakeHub, server: MemoryServer) -> None:
    hub = make_hub()
    server.failures.append(TransportError("unreachable", safe_to_retry=True))
    with pytest.raises(TransportError, match="unreachable"):
        hub.connect(TIMEOUT)
    hub.connect(TIMEOUT)
    assert hub.connected


def test_connecting_in_the_background_is_repeated_until_it_succeeds(make_hub: MakeHub, server: MemoryServer) -> None:
    hub = make_hub()
    server.failures.extend(TransportError("unreachable", safe_to_retry=True) for _ in range(5))
    hub.connect(wait=False)
    hub.publish(Event("early"))
    hub.connect(TIMEOUT)
    assert hub.flush(TIMEOUT)
    assert server.topics()[-1] == "early"
    assert server.attempts == 6


def test_a_refused_login_is_raised_and_not_repeated(
    make_hub: MakeHub, server: MemoryServer, caplog: pytest.LogCaptureFixture
) -> None:
    hub = make_hub()
    server.failures.append(AuthenticationError("wrong key"))
    with pytest.raises(AuthenticationError):
        hub.connect(TIMEOUT)
    server.failures.append(AuthenticationError("wrong key"))
    hub.connect(wait=False)
    with pytest.raises(AuthenticationError):
        hub.wait(TIMEOUT)
    assert server.attempts == 2
    assert "wrong key" in caplog.text
    with pytest.raises(UsageError, match="wrong key"):
        hub.publish(Event("a"))


def test_a_limit_ends_the_attempts(make_hub: MakeHub, server: MemoryServer) -> None:
    hub = make_hub(reconnect_limit=2)
    hub.connect(TIMEOUT)
    server.failures.extend(TransportError("away", safe_to_retry=True) for _ in range(5))
    server.drop_connections()
    with pytest.raises(TransportError, match="away"):
        hub.wait(TIMEOUT)
    assert server.attempts == 1 + 3


def test_a_server_that_is_not_ready_in_time_is_an_error(make_hub: MakeHub, server: MemoryServer) -> None:
    hub = make_hub()
    server.sends_ready = False
    with pytest.raises(RequestTimeout):
        hub.connect(0.05)
    assert not existing(hub._connection).alive


def test_subscriptions_and_queued_events_survive_a_lost_connection(hub: EventHub, server: MemoryServer) -> None:
    received = Collector()
    identifier = hub.subscribe("topic=a", received)
    meta = Collector()
    hub.subscribe("topic=ftrack.meta.*", meta)
    assert hub.flush(TIMEOUT)
    before = len(server.received)
    server.acknowledges = False
    event = Event("a", {"number": 1})
    hub.publish(event)
    received.next()
    server.acknowledges = True
    server.drop_connections()
    assert [meta.next().topic for _ in range(3)] == [
        "ftrack.meta.disconnected",
        "ftrack.meta.connected",
        "ftrack.meta.reconnected",
    ]
    hub.connect(TIMEOUT)
    again = server.received[before:]
    assert [payload["id"] for payload in again if payload["topic"] == "a"] == [event.id, event.id]
    assert identifier in [payload["data"].get("subscriber", {}).get("id") for payload in again]
    hub._parts.dispatcher.drain(TIMEOUT)
    assert received.events.empty(), "an event that was sent again must not be handled again"
    assert hub.statistics.repeated == 1


def test_disconnecting_sends_the_published_events_and_keeps_the_subscribers(
    hub: EventHub, server: MemoryServer
) -> None:
    received = Collector()
    hub.subscribe("topic=a", received)
    hub.publish(Event("a"))
    thread = existing(hub._connection)._thread
    hub.disconnect()
    assert server.topics()[-1] == "a"
    assert received.events.qsize() == 1
    assert not hub.connected
    assert not thread.is_alive()
    hub.connect(TIMEOUT)
    hub.publish(Event("a"))
    received.next()
    received.next()


def test_a_callback_may_disconnect_and_close_the_hub(make_hub: MakeHub) -> None:
    hub = make_hub()
    hub.connect(TIMEOUT)
    hub.subscribe("topic=end", lambda event: hub.close())
    hub.publish(Event("end"))
    hub.wait(TIMEOUT)
    assert not hub.connected


def test_a_closed_hub_raises_session_closed(hub: EventHub) -> None:
    hub.close()
    hub.close()
    for call in (hub.connect, hub.wait, lambda: hub.subscribe("topic=a", print), lambda: hub.publish(Event("a"))):
        with pytest.raises(SessionClosed):
            call()


def test_waiting_blocks_for_the_duration_and_needs_a_connection(make_hub: MakeHub, hub: EventHub) -> None:
    hub.wait(0.001)
    with pytest.raises(UsageError, match="connect"):
        make_hub().wait()


def test_a_silent_server_is_considered_gone_without_polling(make_hub: MakeHub, server: MemoryServer) -> None:
    server.heartbeat_timeout = 0.05
    hub = make_hub()
    lost = Collector()
    hub.subscribe("topic=ftrack.meta.disconnected", lost)
    hub.connect(TIMEOUT)
    assert "silent" in lost.next().data["reason"]


def test_heartbeats_are_answered(hub: EventHub, server: MemoryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    (connection,) = server.connections
    answered = threading.Event()
    monkeypatch.setattr(connection, "send", lambda text: answered.set() if text == "2::" else None)
    connection.deliver("2::")
    assert answered.wait(TIMEOUT)


def test_malformed_texts_from_the_server_are_logged_and_ignored(
    hub: EventHub, server: MemoryServer, caplog: pytest.LogCaptureFixture
) -> None:
    received = Collector()
    hub.subscribe("topic=a", received)
    (connection,) = server.connections
    connection.deliver("not a packet")
    connection.deliver('5:::{"name":"ftrack.event","args":[{"data":{}}]}')
    connection.deliver('5:::{"name":"ftrack.event","args":[{"topic":"a","target":"not ( an expression"}]}')
    hub.publish(Event("a"))
    received.next()
    assert "without a topic" in caplog.text
    assert "cannot be delivered" in caplog.text


def test_nothing_is_received_while_the_queue_is_full_and_heartbeats_are_sent(
    make_hub: MakeHub, server: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftrack_orm.events.connection.connection._KEEPALIVE_SECONDS", 0.01)
    hub = make_hub(event_workers=1, event_queue_size=2)
    hub.connect(TIMEOUT)
    entered, leave = threading.Event(), threading.Event()

    def wait_to_leave(event: Event) -> None:
        entered.set()
        leave.wait(TIMEOUT)

    hub.subscribe("topic=a", wait_to_leave)
    (connection,) = server.connections
    for number in range(10):
        server.deliver(Event("a", {"number": number}).to_payload())
    assert entered.wait(TIMEOUT)
    before = len(connection.sent)
    while len(connection.sent) < before + 3:
        existing(hub._connection).wait_closed(0.01)
    assert {decode(text).type for text in connection.sent[before:]} == {PacketType.HEARTBEAT}
    assert hub.statistics.waiting == 2
    leave.set()
    while hub.statistics.handled < 10:
        existing(hub._connection).wait_closed(0.01)
    assert hub.statistics.dropped == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_starts_without_the_connection_of_its_parent(hub: EventHub, server: MemoryServer) -> None:
    received = Collector()
    hub.subscribe("topic=a", received)
    child = os.fork()
    if child == 0:
        # `os._exit` skips the clean-up of the test framework.
        ok = not hub.connected
        hub.connect(TIMEOUT)
        hub.publish(Event("a"))
        ok = ok and hub.connected and received.next().topic == "a"
        os._exit(0 if ok else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert hub.connected


@pytest.mark.parametrize("odd", [[], {}, [["x"]], True, 1.5, 7, "unknown"])
def test_an_event_with_an_odd_id_in_reply_to_does_not_end_the_hub(
    hub: EventHub, server: MemoryServer, odd: Any
) -> None:
    collector = Collector()
    hub.subscribe("topic=studio.next", collector)
    for key in ("inReplyToEvent", "id"):
        for topic in ("ftrack.meta.reply", "studio.any"):
            server.deliver({**Event(topic).to_payload(), key: odd})
    server.deliver(Event("studio.next").to_payload())
    assert collector.next().topic == "studio.next"
    assert (server.attempts, hub.statistics.failed) == (1, 0)


@pytest.mark.parametrize(
    "text",
    [
        "5:" + "9" * 5_000 + "+::{}",
        "6:::" + "9" * 5_000,
        '5:::{"name":"ftrack.event","args":[{"topic":"t","data":' + "9" * 5_000 + "}]}",
        '5:::{"name":"ftrack.event","args":' + "[" * 100_000,
        '5:::{"name":"ftrack.event","args":[{"topic":"ftrack.update","source":5}]}',
        '5:::{"name":"ftrack.event","args":[{"topic":"t","target":"id=' + "9" * 5_000 + '"}]}',
    ],
    ids=["packet id", "acknowledgement", "number", "nesting", "source", "target"],
)
def test_a_packet_beyond_all_bounds_is_counted_and_does_not_end_the_hub(
    hub: EventHub, server: MemoryServer, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    collector = Collector()
    hub.subscribe("topic=studio.next or topic=t", collector)
    (connection,) = server.connections
    connection.deliver(text)
    server.deliver(Event("studio.next").to_payload())
    assert collector.next().topic == "studio.next"
    assert (server.attempts, hub.statistics.malformed, hub.statistics.failed) == (1, 1, 0)
    assert max(map(len, caplog.messages)) < 1_000


def test_a_packet_that_may_be_an_update_is_reported_as_a_gap(hub: EventHub, server: MemoryServer) -> None:
    gaps: queue.Queue[str] = queue.Queue()
    hub.on_gap(lambda: gaps.put("gap"))
    collector = Collector()
    hub.subscribe("topic=studio.next", collector)
    (connection,) = server.connections
    for text, is_gap in [
        ("5:::{", True),
        ("nonsense", True),
        ('5:::{"name":"ftrack.event","args":[{"topic":"ftrack.update","target":[]}]}', True),
        ('5:::{"name":"ftrack.event","args":[{"topic":"studio.any","target":[]}]}', False),
        ("6:::x", False),
        ("4:::{}", False),
    ]:
        connection.deliver(text)
        server.deliver(Event("studio.next").to_payload())
        collector.next()
        assert gaps.qsize() == is_gap, text
        while not gaps.empty():
            gaps.get()


@pytest.mark.parametrize("timeout", ["1e300", "0", ""])
def test_a_handshake_timeout_of_any_size_does_not_end_the_hub(
    make_hub: MakeHub, server: MemoryServer, timeout: str
) -> None:
    server.heartbeat_timeout = parse_handshake(f"s:{timeout}:60:websocket").heartbeat_timeout
    hub = make_hub()
    hub.connect(TIMEOUT, wait=False)
    server.wait_for_connection()
    assert hub.flush(TIMEOUT)
    connection = hub._connection
    assert connection is not None
    assert connection.alive
    assert connection.wait_connected(TIMEOUT)
