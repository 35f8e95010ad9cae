from __future__ import annotations

import json
import logging
import threading

import ftrack_api
import pytest

from ftrack_orm.errors import (
    AuthenticationError,
    InvalidValue,
    ProtocolError,
    RequestCancelled,
    ServerError,
    SessionClosed,
    SettingsError,
    TransportError,
)
from ftrack_orm.transport.base import Response
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.channel import Channel
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.transport.in_process import InProcess
from ftrack_orm.wire.operations import CreateOperation, QueryOperation, QueryServerInformationOperation, RawOperation
from ftrack_orm.wire.replies import QueryReply, RawReply, WriteReply

QUERY = QueryOperation("select name from Task")
ROWS = {"action": "query", "data": [{"__entity_type__": "Task", "id": "1"}], "metadata": {"next": {"offset": None}}}


@pytest.fixture
def make_channel(make_settings):
    """A channel to a real HTTP server that follows a script."""
    made = []

    def make(**changes):
        settings = make_settings(**changes)
        made.append(Channel(settings, HttpTransport(settings, pause=lambda seconds, cancellation: None)))
        return made[-1]

    yield make
    for channel in made:
        channel.close()


def script(server, steps, *bodies):
    server.script = [steps.answer(json.dumps(body).encode()) for body in bodies]


def in_process(make_settings, answer, seen=None):
    def handle(headers, body):
        if seen is not None:
            seen.append((headers, json.loads(body)))
        return 200, "application/json", json.dumps(answer).encode()

    return Channel(make_settings(), InProcess(handle))


def test_operations_become_one_request_and_its_replies(server, steps, make_channel):
    written = {"action": "create", "data": {"__entity_type__": "Task", "id": "2"}}
    script(server, steps, [ROWS, written, {"version": "4.13"}])
    create = CreateOperation("Task", {"name": "Grüße"})
    replies = make_channel().call([QUERY, create, QueryServerInformationOperation()])
    assert replies == [QueryReply(ROWS["data"], None), WriteReply(written["data"]), RawReply({"version": "4.13"})]
    assert len(server.received) == 1
    assert json.loads(server.received[0].body)[1] == {
        "action": "create",
        "entity_type": "Task",
        "entity_data": {"__entity_type__": "Task", "name": "Grüße"},
    }


def test_no_operations_make_no_request(server, make_channel):
    channel = make_channel()
    seen = []
    channel.observers.append(seen.append)
    assert channel.call([]) == []
    assert (server.received, seen) == ([], [])


def test_the_headers_are_those_of_the_official_client(server, steps, make_channel):
    """The official client is run against the same server; whatever it says about itself, this one says too."""
    refusal = {"exception": "InvalidCredentialsError", "content": "no"}
    script(server, steps, refusal)
    with pytest.raises(ftrack_api.exception.ServerError):
        ftrack_api.Session(server.url, "the-key", "jane", plugin_paths=[], schema_cache_path=False, strict_api=True)
    with pytest.raises(AuthenticationError):
        make_channel(client_token="the-token").call([QueryServerInformationOperation()])
    official, ours = (received.headers for received in server.received)
    assert server.received[0].start == server.received[1].start
    technical = {"host", "user-agent", "content-length", "connection", "accept-encoding"}
    said = {name: value for name, value in official.items() if name not in technical}
    assert said["ftrack-strict-api"] == "true"
    assert {name: ours[name] for name in said} == said
    assert set(ours) - set(official) == {"ftrack-clienttoken"}
    assert ours["ftrack-clienttoken"] == "the-token"


def test_optional_headers_are_sent_when_asked_for(server, steps, make_channel):
    script(server, steps, [ROWS])
    channel = make_channel(strict_api=False, headers={"X-Studio": "one", "X-Kept": "kept"})
    channel.call([QUERY], push_token="push", headers={"x-studio": "two"}, denormalize=True)
    headers = server.received[0].headers
    assert headers["ftrack-strict-api"] == "false"
    assert headers["ftrack-pushtoken"] == "push"
    assert headers["ftrack-api-options"] == "strict:1;denormalize:1"
    assert (headers["x-studio"], headers["x-kept"]) == ("two", "kept")


def test_headers_of_one_call_are_not_those_of_the_next(server, steps, make_channel):
    script(server, steps, [ROWS])
    channel = make_channel()
    channel.call([QUERY], push_token="push", headers={"x-studio": "two"})
    channel.call([QUERY])
    assert not {"ftrack-pushtoken", "x-studio"} & set(server.received[1].headers)


@pytest.mark.parametrize("wrong", [{"push_token": "a\nb"}, {"headers": {"x": "a\r\nkey: v"}}])
def test_a_header_that_cannot_be_sent_is_refused_before_any_request(server, make_channel, wrong):
    with pytest.raises(SettingsError):
        make_channel().call([QUERY], **wrong)
    assert server.received == []


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan")])
def test_a_timeout_that_makes_no_sense_is_refused(server, make_channel, timeout):
    with pytest.raises(InvalidValue, match="timeout"):
        make_channel().call([QUERY], timeout=timeout)
    assert server.received == []


def test_what_json_cannot_hold_is_refused_before_any_request(server, make_channel):
    with pytest.raises(InvalidValue, match="JSON"):
        make_channel().call([CreateOperation("Task", {"bid": float("nan")})])
    assert server.received == []


def test_a_query_is_repeated_after_a_lost_answer_and_a_change_is_not(server, steps, make_channel):
    server.script = [steps.hang_up, steps.answer(json.dumps([ROWS]).encode())]
    assert make_channel().call([QUERY]) == [QueryReply(ROWS["data"])]
    server.script = [steps.hang_up, steps.answer(b"[]")]
    with pytest.raises(TransportError) as caught:
        make_channel().call([QUERY, CreateOperation("Task", {})])
    assert caught.value.safe_to_retry is False
    assert len(server.received) == 3


def test_a_page_that_is_not_ftrack_is_a_clear_error(server, steps, make_channel):
    server.script = [steps.answer(b"<html>Sign in</html>")]
    with pytest.raises(ProtocolError, match="Sign in") as caught:
        make_channel().call([QUERY])
    assert (caught.value.status, caught.value.excerpt) == (200, "<html>Sign in</html>")


def test_the_timeout_of_a_call_wins_over_that_of_the_settings(server, make_channel):
    server.script = [lambda connection: server.released.wait(10)]
    with pytest.raises(TimeoutError, match=r"0\.05 seconds"):
        make_channel().call([RawOperation({"action": "slow"})], timeout=0.05)


def test_a_call_can_be_cancelled(server, make_channel):
    server.script = [lambda connection: server.released.wait(10)]
    cancellation = Cancellation()
    threading.Thread(target=lambda: server.arrived.acquire(timeout=5) and cancellation.cancel()).start()
    with pytest.raises(RequestCancelled):
        make_channel().call([QUERY], cancellation=cancellation)


def test_submitted_operations_are_answered_later(make_settings):
    seen = []
    channel = in_process(make_settings, [ROWS], seen)
    future = channel.submit([QUERY], denormalize=True)
    assert future.result(5) == [QueryReply(ROWS["data"])]
    assert seen[0][0]["ftrack-api-options"] == "strict:1;denormalize:1"
    channel.close()


class Unanswered:
    """A transport that gets a request on the line and has no answer to it before it is told."""

    def __init__(self):
        self.happened, self.answered = [], threading.Event()

    def send(self, request, cancellation=None):
        self.happened.append("sent")
        request.on_sent()
        self.answered.wait(5)
        return Response(200, {}, json.dumps([ROWS]).encode())

    def close(self):
        pass


def test_what_is_submitted_is_on_the_line_when_the_caller_goes_on(make_settings):
    transport = Unanswered()
    channel = Channel(make_settings(), transport)
    future = channel.submit([QUERY])
    transport.happened.append("caller goes on")
    transport.answered.set()
    assert future.result(5) == [QueryReply(ROWS["data"])]
    assert transport.happened == ["sent", "caller goes on"]
    channel.close()


def test_a_large_answer_is_read_by_whoever_wants_it_and_a_refusal_is_known_at_once(make_settings):
    rows = {**ROWS, "data": [{"__entity_type__": "Task", "id": str(number)} for number in range(1_000)]}
    channel = in_process(make_settings, [rows])
    told = []
    channel.observers.append(lambda exchange: told.append(exchange.error))
    submitted = channel.submit([QUERY])
    first, second = submitted.result(5), submitted.result(5)
    assert first == second == [QueryReply(rows["data"])]
    assert first[0].data is not second[0].data  # each reading has rows of its own, since merging uses them up
    assert told == [None]
    channel.close()
    refusing = in_process(make_settings, {"exception": "ServerError", "content": "no"})
    refusing.observers.append(lambda exchange: told.append(type(exchange.error)))
    with pytest.raises(ServerError):
        refusing.submit([QUERY]).result(5)
    assert told == [None, ServerError]
    refusing.close()


def test_a_submitted_failure_arrives_with_the_result(make_settings):
    channel = in_process(make_settings, {"exception": "InvalidCredentialsError", "content": "no"})
    with pytest.raises(AuthenticationError):
        channel.submit([QUERY]).result(5)
    channel.close()


def test_after_closing_nothing_is_sent(make_settings):
    seen = []
    channel = in_process(make_settings, [ROWS], seen)
    channel.close()
    channel.close()
    assert channel.closed
    for send in (channel.call, channel.submit):
        with pytest.raises(SessionClosed):
            send([QUERY])
    assert seen == []


def test_observers_are_told_of_each_exchange(make_settings):
    ticks = iter([10.0, 12.5])
    body = json.dumps([ROWS]).encode()
    handle = InProcess(lambda headers, sent: (200, "application/json", body))
    channel = Channel(make_settings(), handle, clock=lambda: next(ticks))
    seen = []
    channel.observers.append(seen.append)
    channel.call([QUERY])
    (exchange,) = seen
    assert (exchange.operations, exchange.seconds, exchange.error) == ((QUERY,), 2.5, None)
    assert exchange.answer_bytes == len(body)
    assert exchange.request_bytes == len(b'[{"action":"query","expression":"select name from Task"}]')


def test_observers_are_told_of_failures(server, steps, make_channel):
    server.script = [steps.hang_up]
    channel = make_channel(retries=1)
    seen = []
    channel.observers.append(seen.append)
    with pytest.raises(TransportError) as caught:
        channel.call([QUERY])
    assert [exchange.error for exchange in seen] == [caught.value]


def test_an_observer_that_fails_loses_no_reply(make_settings, caplog):
    channel = in_process(make_settings, [ROWS])
    seen = []
    channel.observers += [lambda exchange: 1 / 0, seen.append]
    assert channel.call([QUERY]) == [QueryReply(ROWS["data"])]
    assert len(seen) == 1
    assert "ZeroDivisionError" in caplog.text


def test_each_exchange_is_logged_without_secrets(make_settings, caplog):
    channel = in_process(make_settings, [ROWS])
    with caplog.at_level(logging.DEBUG, "ftrack_orm.transport"):
        channel.call([QUERY])
    assert "1 operations, 57 bytes sent" in caplog.text
    assert "the-key" not in caplog.text


def test_many_threads_may_call_at_once(server, steps, make_channel):
    script(server, steps, [ROWS])
    channel = make_channel()
    seen, replies = [], []
    channel.observers.append(seen.append)

    def work():
        for _ in range(10):
            replies.extend(channel.call([QUERY]))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(seen) == len(replies) == len(server.received) == 80
    assert server.connections <= 8


def test_a_closed_channel_refuses_to_call_for_nothing_as_well(make_settings):
    channel = in_process(make_settings, [])
    assert channel.call([]) == []
    assert channel.submit([]).result(5) == []
    channel.close()
    with pytest.raises(SessionClosed):
        channel.call([])
