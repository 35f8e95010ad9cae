"""The event hub against an event server in memory: subscribing, publishing, replies, and its connection."""

import os
import queue
import threading

import pytest

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
from ftrack_orm.wire.socketio import PacketType, decode

PATIENCE = 30


class Heard:
    """A callback that keeps what it hears, for a test to wait for."""

    def __init__(self, result=None):
        self.events = queue.Queue()
        self.result = result

    def __call__(self, event):
        self.events.put(event)
        return self.result

    def next(self):
        return self.events.get(timeout=PATIENCE)


# -- subscribing --------------------------------------------------------------------------------------------------


def test_a_subscriber_hears_what_its_expression_describes(hub):
    heard = Heard()
    hub.subscribe("topic=studio.done and data.shot=sh010", heard)
    for shot in ("sh020", "sh010"):
        hub.publish(Event("studio.done", {"shot": shot}))
    assert heard.next().data == {"shot": "sh010"}
    assert heard.events.empty()


def test_the_server_is_told_of_subscribers_made_before_and_after_connecting(make_hub, server):
    hub = make_hub()
    before = hub.subscribe("topic=a", print)
    hub.connect(PATIENCE)
    after = hub.subscribe("topic=b", print, {"id": "mine", "applicationId": "maya"})
    assert hub.flush(PATIENCE)
    told = [payload["data"] for payload in server.taken if payload["topic"] == "ftrack.meta.subscribe"]
    assert after == "mine"
    assert told == [
        {"subscriber": {"id": hub.id}, "subscription": "topic=ftrack.meta.reply"},
        {"subscriber": {"id": before}, "subscription": "topic=a"},
        {"subscriber": {"id": "mine", "applicationId": "maya"}, "subscription": "topic=b"},
    ]


def test_on_decorates_and_leaves_the_function_as_it_is(hub):
    heard = Heard()

    @hub.on("topic=studio.done")
    def done(event):
        heard(event)

    hub.publish(Event("studio.done"))
    heard.next()
    assert done.__name__ == "done"


def test_a_subscription_lasts_as_long_as_its_block(hub, server):
    with hub.subscription("topic=a", print) as identifier:
        assert hub.get_subscriber_by_identifier(identifier).subscription.expression == "topic=a"
    assert hub.get_subscriber_by_identifier(identifier) is None
    assert hub.flush(PATIENCE)
    assert server.topics()[-1] == "ftrack.meta.unsubscribe"


def test_unsubscribing_ends_it_and_an_unknown_id_is_refused(hub):
    heard, other = Heard(), Heard()
    identifier = hub.subscribe("topic=a", heard)
    hub.subscribe("topic=a", other)
    hub.unsubscribe(identifier)
    hub.publish(Event("a"))
    other.next()
    assert heard.events.empty()
    with pytest.raises(UsageError, match=identifier):
        hub.unsubscribe(identifier)


def test_mistakes_in_subscribing_are_told_at_once(hub):
    with pytest.raises(ExpressionError):
        hub.subscribe("topic=", print)
    hub.subscribe("topic=a", print, {"id": "one"})
    with pytest.raises(DuplicateSubscriber):
        hub.subscribe("topic=a", print, {"id": "one"})


def test_lower_priorities_come_first_and_may_stop_the_event(hub):
    order, done = [], Heard()
    hub.subscribe("topic=a", lambda event: order.append("late"), priority=200)
    hub.subscribe("topic=a", lambda event: (order.append("middle"), event.stop())[0])
    hub.subscribe("topic=a", lambda event: order.append("early"), priority=10)
    hub.subscribe("topic=b", done)
    hub.publish(Event("a"))
    hub.publish(Event("b"))
    done.next()
    hub._dispatcher.drain(PATIENCE)
    assert order == ["early", "middle"]


def test_a_target_reaches_only_the_subscribers_it_describes(hub):
    maya, nuke = Heard(), Heard()
    hub.subscribe("topic=a", maya, {"applicationId": "maya"})
    hub.subscribe("topic=a", nuke, {"applicationId": "nuke"})
    hub.publish(Event("a", target="applicationId=nuke"))
    nuke.next()
    assert maya.events.empty()


def test_a_callback_that_raises_is_logged_and_the_next_is_called(hub, caplog):
    heard = Heard()

    @hub.on("topic=a", priority=1)
    def fails(event):
        raise RuntimeError("no such shot")

    hub.subscribe("topic=a", heard)
    event = Event("a")
    hub.publish(event)
    heard.next()
    assert "no such shot" in caplog.text
    assert event.id in caplog.text
    assert hub.statistics.failed == 1


# -- publishing ---------------------------------------------------------------------------------------------------


def test_an_event_says_who_published_it(hub, server):
    hub.publish(Event("a", source={"applicationId": "maya"}))
    assert hub.flush(PATIENCE)
    assert server.taken[-1]["source"] == {"applicationId": "maya", "id": hub.id, "user": {"username": "jane"}}


def test_what_is_changed_after_publishing_is_not_sent(make_hub, server):
    hub = make_hub()
    hub.connect(wait=False)
    event = Event("a", {"value": 1})
    hub.publish(event)
    event.data["value"] = 2
    hub.connect(PATIENCE)
    assert hub.flush(PATIENCE)
    assert server.taken[-1]["data"] == {"value": 1}


def test_synchronous_calls_this_hubs_subscribers_at_once_and_nobody_else(make_hub, server):
    hub = make_hub()
    threads = []
    hub.subscribe("topic=a", lambda event: threads.append(threading.current_thread()) or "second")
    hub.subscribe("topic=a", lambda event: "first", priority=1)
    assert hub.publish(Event("a"), synchronous=True) == ["first", "second"]
    assert threads == [threading.current_thread()]
    assert server.taken == []


def test_the_topics_of_the_session_stay_in_the_process(hub, server):
    heard, session = Heard(), object()
    hub.subscribe("topic=ftrack.api.session.*", heard)
    hub.publish(Event("ftrack.api.session.reset", {"session": session}))
    assert heard.next().data["session"] is session
    assert hub.flush(PATIENCE)
    assert "ftrack.api.session.reset" not in server.topics()


def test_publishing_without_a_connection_says_what_to_do(make_hub, caplog):
    hub = make_hub()
    with pytest.raises(UsageError, match=r"connect\(\)"):
        hub.publish(Event("a"))
    hub.publish(Event("a"), on_error="ignore")
    assert "connect()" in caplog.text
    with pytest.raises(UsageError, match="on_error"):
        hub.publish(Event("a"), on_error="ingore")


def test_data_that_cannot_be_sent_is_refused_at_once(hub):
    with pytest.raises(InvalidValue):
        hub.publish(Event("a", {"value": object()}))


def test_more_events_than_may_wait_are_refused_and_none_is_lost(make_hub, server):
    hub = make_hub(outbox_size=2)
    hub.connect(PATIENCE)
    server.failures.extend(TransportError("away", safe_to_retry=True) for _ in range(1))
    server.says_ready = False
    server.cut()
    while hub.connected:
        hub._line.wait_ended(0.01)
    hub.publish(Event("a"))
    hub.publish(Event("b"))
    with pytest.raises(EventNotSent, match="event_outbox_size"):
        hub.publish(Event("c"))
    server.says_ready = True
    server.cut()
    hub.connect(PATIENCE)
    assert hub.flush(PATIENCE)
    assert [topic for topic in server.topics() if len(topic) == 1] == ["a", "b"]


def test_a_refused_event_is_logged_and_counted(hub, server, caplog):
    server.reply = {"success": False, "message": "no such topic"}
    hub.publish(Event("a"))
    assert hub.flush(PATIENCE)
    assert "no such topic" in caplog.text
    assert (hub.statistics.published, hub.statistics.refused) == (0, 1)


# -- replies ------------------------------------------------------------------------------------------------------


def test_what_a_callback_returns_is_the_reply(hub):
    hub.subscribe("topic=question", lambda event: {"answer": event.data["number"] + 1}, {"id": "clerk"})
    replies = Heard()
    question = Event("question", {"number": 1})
    hub.publish(question, on_reply=replies)
    reply = replies.next()
    assert reply.data == {"answer": 2}
    assert reply.in_reply_to_event == question.id
    assert reply.source["id"] == "clerk"


def test_no_reply_is_sent_for_none_or_to_a_reply(hub, server):
    done = Heard(result=None)
    hub.subscribe("topic=question", done)
    hub.subscribe("topic=ftrack.meta.reply", lambda event: "a reply to a reply")
    hub.publish(Event("question"))
    event = done.next()
    hub.publish_reply(event, {"by": "hand"})
    assert hub.flush(PATIENCE)
    hub._dispatcher.drain(PATIENCE)
    assert hub.flush(PATIENCE)
    assert [payload["data"] for payload in server.taken if payload["topic"] == "ftrack.meta.reply"] == [{"by": "hand"}]


def test_waiting_for_a_reply_returns_it_also_inside_of_a_callback(make_hub):
    hub = make_hub(workers=2)
    hub.connect(PATIENCE)
    hub.subscribe("topic=inner", lambda event: "inner")
    hub.subscribe("topic=outer", lambda event: hub.publish_and_wait_for_reply(Event("inner"), PATIENCE).data)
    assert hub.publish_and_wait_for_reply(Event("outer"), PATIENCE).data == "inner"


def test_no_reply_in_time_is_an_error(hub):
    with pytest.raises(RequestTimeout, match=r"studio\.nobody"):
        hub.publish_and_wait_for_reply(Event("studio.nobody"), 0.01)
    assert len(hub._awaited) == 0


def test_an_event_without_a_source_cannot_be_replied_to(hub):
    with pytest.raises(InvalidValue):
        hub.publish_reply(Event("a"), {})


# -- the connection -----------------------------------------------------------------------------------------------


def test_connecting_twice_makes_one_connection(hub, server):
    hub.connect(PATIENCE)
    assert hub.connected
    assert server.opened == 1


def test_the_first_failure_to_connect_is_raised(make_hub, server):
    hub = make_hub()
    server.failures.append(TransportError("nobody there", safe_to_retry=True))
    with pytest.raises(TransportError, match="nobody there"):
        hub.connect(PATIENCE)
    hub.connect(PATIENCE)
    assert hub.connected


def test_connecting_in_the_background_goes_on_until_it_works(make_hub, server):
    hub = make_hub()
    server.failures.extend(TransportError("nobody there", safe_to_retry=True) for _ in range(5))
    hub.connect(wait=False)
    hub.publish(Event("early"))
    hub.connect(PATIENCE)
    assert hub.flush(PATIENCE)
    assert server.topics()[-1] == "early"
    assert server.opened == 6


def test_a_refused_login_is_told_and_not_tried_again(make_hub, server, caplog):
    hub = make_hub()
    server.failures.append(AuthenticationError("wrong key"))
    with pytest.raises(AuthenticationError):
        hub.connect(PATIENCE)
    server.failures.append(AuthenticationError("wrong key"))
    hub.connect(wait=False)
    with pytest.raises(AuthenticationError):
        hub.wait(PATIENCE)
    assert server.opened == 2
    assert "wrong key" in caplog.text
    with pytest.raises(UsageError, match="wrong key"):
        hub.publish(Event("a"))


def test_a_limit_ends_the_attempts(make_hub, server):
    hub = make_hub(reconnect_limit=2)
    hub.connect(PATIENCE)
    server.failures.extend(TransportError("away", safe_to_retry=True) for _ in range(5))
    server.cut()
    with pytest.raises(TransportError, match="away"):
        hub.wait(PATIENCE)
    assert server.opened == 1 + 3


def test_a_server_that_is_not_ready_in_time_is_an_error(make_hub, server):
    hub = make_hub()
    server.says_ready = False
    with pytest.raises(RequestTimeout):
        hub.connect(0.05)
    assert not hub._line.alive


def test_subscriptions_and_waiting_events_survive_a_lost_connection(hub, server):
    heard = Heard()
    identifier = hub.subscribe("topic=a", heard)
    told = Heard()
    hub.subscribe("topic=ftrack.meta.*", told)
    assert hub.flush(PATIENCE)
    before = len(server.taken)
    server.acknowledges = False
    event = Event("a", {"number": 1})
    hub.publish(event)
    heard.next()
    server.acknowledges = True
    server.cut()
    assert [told.next().topic for _ in range(3)] == [
        "ftrack.meta.disconnected",
        "ftrack.meta.connected",
        "ftrack.meta.reconnected",
    ]
    hub.connect(PATIENCE)
    again = server.taken[before:]
    assert [payload["id"] for payload in again if payload["topic"] == "a"] == [event.id, event.id]
    assert identifier in [payload["data"].get("subscriber", {}).get("id") for payload in again]
    hub._dispatcher.drain(PATIENCE)
    assert heard.events.empty(), "what was sent again must not be handled again"
    assert hub.statistics.repeated == 1


def test_disconnecting_sends_what_was_published_and_keeps_the_subscribers(hub, server):
    heard = Heard()
    hub.subscribe("topic=a", heard)
    hub.publish(Event("a"))
    hub.disconnect()
    assert server.topics()[-1] == "a"
    assert heard.events.qsize() == 1
    assert not hub.connected
    assert [thread.name for thread in threading.enumerate() if thread.name == "ftrack-events"] == []
    hub.connect(PATIENCE)
    hub.publish(Event("a"))
    heard.next()
    heard.next()


def test_a_callback_may_disconnect_and_close_the_hub(make_hub):
    hub = make_hub()
    hub.connect(PATIENCE)
    hub.subscribe("topic=end", lambda event: hub.close())
    hub.publish(Event("end"))
    hub.wait(PATIENCE)
    assert not hub.connected


def test_a_closed_hub_says_so(hub):
    hub.close()
    hub.close()
    for call in (hub.connect, hub.wait, lambda: hub.subscribe("topic=a", print), lambda: hub.publish(Event("a"))):
        with pytest.raises(SessionClosed):
            call()


def test_waiting_lets_time_pass_and_needs_a_connection(make_hub, hub):
    hub.wait(0.001)
    with pytest.raises(UsageError, match="connect"):
        make_hub().wait()


def test_a_silent_server_is_taken_for_gone_without_anybody_polling(make_hub, server):
    server.heartbeat_timeout = 0.05
    hub = make_hub()
    lost = Heard()
    hub.subscribe("topic=ftrack.meta.disconnected", lost)
    hub.connect(PATIENCE)
    assert "silent" in lost.next().data["reason"]


def test_heartbeats_are_answered(hub, server):
    (line,) = server.lines
    answered = threading.Event()
    line.send = lambda text: answered.set() if text == "2::" else None
    line.bring("2::")
    assert answered.wait(PATIENCE)


def test_nonsense_from_the_server_is_logged_and_survived(hub, server, caplog):
    heard = Heard()
    hub.subscribe("topic=a", heard)
    (line,) = server.lines
    line.bring("complete nonsense")
    line.bring('5:::{"name":"ftrack.event","args":[{"data":{}}]}')
    line.bring('5:::{"name":"ftrack.event","args":[{"topic":"a","target":"not ( an expression"}]}')
    hub.publish(Event("a"))
    heard.next()
    assert "without a topic" in caplog.text
    assert "for nobody" in caplog.text


def test_nothing_is_read_while_too_many_events_wait_and_the_server_sees_life(make_hub, server, monkeypatch):
    monkeypatch.setattr("ftrack_orm.events.connection.connection._SIGN_OF_LIFE", 0.01)
    hub = make_hub(workers=1, queue_size=2)
    hub.connect(PATIENCE)
    entered, leave = threading.Event(), threading.Event()
    hub.subscribe("topic=a", lambda event: (entered.set(), leave.wait(PATIENCE))[0])
    (line,) = server.lines
    for number in range(10):
        server.deliver(Event("a", {"number": number}).to_payload())
    assert entered.wait(PATIENCE)
    before = len(line.sent)
    while len(line.sent) < before + 3:
        hub._line.wait_ended(0.01)
    assert {decode(text).type for text in line.sent[before:]} == {PacketType.HEARTBEAT}
    assert hub.statistics.waiting == 2
    leave.set()
    while hub.statistics.handled < 10:
        hub._line.wait_ended(0.01)
    assert hub.statistics.dropped == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_begins_without_the_parents_connection(hub, server):
    heard = Heard()
    hub.subscribe("topic=a", heard)
    child = os.fork()
    if child == 0:
        # Exits without the test framework's own endings.
        ok = not hub.connected
        hub.connect(PATIENCE)
        hub.publish(Event("a"))
        ok = ok and hub.connected and heard.next().topic == "a"
        os._exit(0 if ok else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert hub.connected
