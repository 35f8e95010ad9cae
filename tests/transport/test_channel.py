"""Operations as requests, replies from responses, background calls, and observers."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import ftrack_api
import pytest

from ftrack_orm import Request
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
from ftrack_orm.settings import Settings
from ftrack_orm.transport.base import Response
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.channel import Channel, Exchange
from ftrack_orm.transport.in_process import InProcess
from ftrack_orm.wire.operations import CreateOperation, QueryOperation, QueryServerInformationOperation, RawOperation
from ftrack_orm.wire.replies import QueryReply, RawReply, WriteReply
from tests.assertions import existing
from tests.transport.scripted_server import ScriptedServer, cancel_after

from .scripted_server import hang_up, respond

QUERY = QueryOperation("select name from Task")
ROWS: dict[str, Any] = {
    "action": "query",
    "data": [{"__entity_type__": "Task", "id": "1"}],
    "metadata": {"next": {"offset": None}},
}


def script(server: ScriptedServer, *bodies: Any) -> None:
    """Let the server respond with *bodies* as JSON, one for each request."""
    server.script = [respond(json.dumps(body).encode()) for body in bodies]


@pytest.fixture
def in_process(make_settings: Callable[..., Settings]) -> Callable[..., Channel]:
    """Return a channel to a function that responds with *body* as JSON and adds each request to *requests*."""

    def make(body: Any, requests: list[Any] | None = None, **options: Any) -> Channel:
        def handle(method: str, path: str, headers: Mapping[str, str], content: bytes) -> tuple[int, str, bytes]:
            if requests is not None:
                requests.append((f"{method} {path}", headers, json.loads(content)))
            return 200, "application/json", json.dumps(body).encode()

        return Channel(make_settings(), InProcess(handle), **options)

    return make


def test_the_endpoint_of_the_api_is_that_of_the_settings(server: ScriptedServer, make_channel: Any) -> None:
    script(server, [ROWS])
    make_channel(server_url=f"{server.url}/sub/api/", api_endpoint="gateway/api").call([QUERY])
    assert [request.start for request in server.received] == ["POST /sub/gateway/api HTTP/1.1"]


def test_operations_become_one_request_and_its_replies(server: ScriptedServer, make_channel: Any) -> None:
    written: dict[str, Any] = {"action": "create", "data": {"__entity_type__": "Task", "id": "2"}}
    script(server, [ROWS, written, {"version": "4.13"}])
    create = CreateOperation("Task", {"name": "Grüße"})
    replies = make_channel().call([QUERY, create, QueryServerInformationOperation()])
    assert replies == [QueryReply(ROWS["data"], None), WriteReply(written["data"]), RawReply({"version": "4.13"})]
    assert len(server.received) == 1
    assert json.loads(server.received[0].body)[1] == {
        "action": "create",
        "entity_type": "Task",
        "entity_data": {"__entity_type__": "Task", "name": "Grüße"},
    }


def test_no_operations_make_no_request(server: ScriptedServer, make_channel: Any) -> None:
    channel = make_channel()
    exchanges: list[Exchange] = []
    channel.observers.append(exchanges.append)
    assert channel.call([]) == []
    assert (server.received, exchanges) == ([], [])


def test_the_headers_are_those_of_the_official_client(server: ScriptedServer, make_channel: Any) -> None:
    """The official client is run against the same server; this one sends all of its headers."""
    refusal = {"exception": "InvalidCredentialsError", "content": "no"}
    script(server, refusal)
    with pytest.raises(ftrack_api.exception.ServerError):
        ftrack_api.Session(server.url, "the-key", "jane", plugin_paths=[], schema_cache_path=False, strict_api=True)
    with pytest.raises(AuthenticationError):
        make_channel(client_token="the-token").call([QueryServerInformationOperation()])
    official, ours = (received.headers for received in server.received)
    assert server.received[0].start == server.received[1].start
    technical = {"host", "user-agent", "content-length", "connection", "accept-encoding"}
    expected = {name: value for name, value in official.items() if name not in technical}
    assert expected["ftrack-strict-api"] == "true"
    assert {name: ours[name] for name in expected} == expected
    assert set(ours) - set(official) == {"ftrack-clienttoken"}
    assert ours["ftrack-clienttoken"] == "the-token"


def test_optional_headers_are_sent_when_asked_for(server: ScriptedServer, make_channel: Any) -> None:
    script(server, [ROWS])
    channel = make_channel(strict_api=False, headers={"X-Studio": "one", "X-Kept": "kept"})
    channel.call([QUERY], push_token="push", headers={"x-studio": "two"}, denormalize=True)
    headers = server.received[0].headers
    assert headers["ftrack-strict-api"] == "false"
    assert headers["ftrack-pushtoken"] == "push"
    assert headers["ftrack-api-options"] == "strict:1;denormalize:1"
    assert (headers["x-studio"], headers["x-kept"]) == ("two", "kept")


def test_the_headers_of_one_call_are_not_sent_with_the_next(server: ScriptedServer, make_channel: Any) -> None:
    script(server, [ROWS])
    channel = make_channel()
    channel.call([QUERY], push_token="push", headers={"x-studio": "two"})
    channel.call([QUERY])
    assert not {"ftrack-pushtoken", "x-studio"} & set(server.received[1].headers)


@pytest.mark.parametrize("wrong", [{"push_token": "a\nb"}, {"headers": {"x": "a\r\nkey: v"}}])
def test_a_header_that_cannot_be_sent_is_refused_before_any_request(
    server: ScriptedServer, make_channel: Any, wrong: Any
) -> None:
    with pytest.raises(SettingsError):
        make_channel().call([QUERY], **wrong)
    assert server.received == []


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan")])
def test_an_impossible_timeout_is_refused(server: ScriptedServer, make_channel: Any, timeout: Any) -> None:
    with pytest.raises(InvalidValue, match="timeout"):
        make_channel().call([QUERY], timeout=timeout)
    assert server.received == []


def test_values_that_json_cannot_express_are_refused_before_any_request(
    server: ScriptedServer, make_channel: Any
) -> None:
    with pytest.raises(InvalidValue, match="JSON"):
        make_channel().call([CreateOperation("Task", {"bid": float("nan")})])
    assert server.received == []


def test_a_query_is_retried_after_a_lost_response_and_a_write_is_not(server: ScriptedServer, make_channel: Any) -> None:
    server.script = [hang_up, respond(json.dumps([ROWS]).encode())]
    assert make_channel().call([QUERY]) == [QueryReply(ROWS["data"])]
    server.script = [hang_up, respond(b"[]")]
    with pytest.raises(TransportError) as caught:
        make_channel().call([QUERY, CreateOperation("Task", {})])
    assert caught.value.safe_to_retry is False
    assert len(server.received) == 3


def test_a_page_of_another_server_is_a_protocol_error_that_quotes_it(server: ScriptedServer, make_channel: Any) -> None:
    server.script = [respond(b"<html>Sign in</html>")]
    with pytest.raises(ProtocolError, match="Sign in") as caught:
        make_channel().call([QUERY])
    assert (caught.value.status, caught.value.excerpt) == (200, "<html>Sign in</html>")


def test_the_timeout_of_a_call_overrides_that_of_the_settings(server: ScriptedServer, make_channel: Any) -> None:
    server.script = [lambda connection: server.released.wait(10)]
    with pytest.raises(TimeoutError, match=r"0\.05 seconds"):
        make_channel().call([RawOperation({"action": "slow"})], timeout=0.05)


def test_a_call_can_be_cancelled(server: ScriptedServer, make_channel: Any) -> None:
    server.script = [lambda connection: server.released.wait(10)]
    cancellation = Cancellation()
    cancel_after(lambda: server.arrived.acquire(timeout=5), cancellation)
    with pytest.raises(RequestCancelled):
        make_channel().call([QUERY], cancellation=cancellation)


def test_submitted_operations_have_their_replies_later(in_process: Callable[..., Channel]) -> None:
    requests: list[Any] = []
    channel = in_process([ROWS], requests)
    future = channel.submit([QUERY], denormalize=True)
    assert future.result(5) == [QueryReply(ROWS["data"])]
    ((target, headers, _),) = requests
    assert target == "POST /api"
    assert headers["ftrack-api-options"] == "strict:1;denormalize:1"
    channel.close()


class Unanswered:
    """A transport that reports each request as sent, and responds when the test sets *answered*."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.answered = threading.Event()

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        self.happened.append("sent")
        existing(request.on_sent)()
        self.answered.wait(5)
        return Response(200, {}, json.dumps([ROWS]).encode())

    def close(self) -> None:
        pass


def test_a_submitted_request_is_sent_before_the_caller_continues(make_settings: Callable[..., Settings]) -> None:
    transport = Unanswered()
    channel = Channel(make_settings(), transport)
    future = channel.submit([QUERY])
    transport.happened.append("caller continues")
    transport.answered.set()
    assert future.result(5) == [QueryReply(ROWS["data"])]
    assert transport.happened == ["sent", "caller continues"]
    channel.close()


class Later:
    """A worker that runs nothing until `run`, as an event loop does that the caller still blocks."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Future[Any], Callable[[], object]]] = []
        self.is_closed = False

    def submit(self, work: Callable[[], object]) -> Any:
        future: Future[Any] = Future()
        self.jobs.append((future, work))
        return future

    def run(self) -> None:
        for future, work in self.jobs:
            future.set_result(work())

    def close(self) -> None:
        self.is_closed = True


def test_the_worker_of_submitted_calls_can_be_replaced(in_process: Callable[..., Channel]) -> None:
    worker = Later()
    channel = in_process([ROWS], background=worker, sent_timeout=0)
    call = channel.submit([QUERY])
    worker.run()
    assert call.result(0) == [QueryReply(ROWS["data"])]
    channel.close()
    assert worker.is_closed


def test_a_large_response_is_parsed_when_its_replies_are_wanted_and_an_error_at_once(
    in_process: Callable[..., Channel],
) -> None:
    rows = {**ROWS, "data": [{"__entity_type__": "Task", "id": str(number)} for number in range(1_000)]}
    channel = in_process([rows])
    errors: list[Any] = []
    channel.observers.append(lambda exchange: errors.append(exchange.error))
    submitted = channel.submit([QUERY])
    first, second = submitted.result(5), submitted.result(5)
    assert first == second == [QueryReply(rows["data"])]
    assert isinstance(first[0], QueryReply)
    assert isinstance(second[0], QueryReply)
    assert first[0].data is not second[0].data  # each result has rows of its own, since merging consumes them
    assert errors == [None]
    channel.close()
    refusing = in_process({"exception": "ServerError", "content": "no"})
    refusing.observers.append(lambda exchange: errors.append(type(exchange.error)))
    with pytest.raises(ServerError):
        refusing.submit([QUERY]).result(5)
    assert errors == [None, ServerError]
    refusing.close()


def test_the_error_of_a_submitted_call_is_raised_by_its_result(in_process: Callable[..., Channel]) -> None:
    channel = in_process({"exception": "InvalidCredentialsError", "content": "no"})
    with pytest.raises(AuthenticationError):
        channel.submit([QUERY]).result(5)
    channel.close()


def test_after_closing_nothing_is_sent(in_process: Callable[..., Channel]) -> None:
    requests: list[Any] = []
    channel = in_process([ROWS], requests)
    channel.close()
    channel.close()
    assert channel.closed
    for send in (channel.call, channel.submit):
        with pytest.raises(SessionClosed):
            send([QUERY])
    assert requests == []


def test_observers_receive_each_exchange(make_settings: Callable[..., Settings]) -> None:
    ticks = iter([10.0, 12.5])
    body = json.dumps([ROWS]).encode()
    handle = InProcess(lambda *request: (200, "application/json", body))
    channel = Channel(make_settings(), handle, clock=lambda: next(ticks))
    exchanges: list[Exchange] = []
    channel.observers.append(exchanges.append)
    channel.call([QUERY])
    (exchange,) = exchanges
    assert (exchange.operations, exchange.seconds, exchange.error) == ((QUERY,), 2.5, None)
    assert exchange.answer_bytes == len(body)
    assert exchange.request_bytes == len(b'[{"action":"query","expression":"select name from Task"}]')


def test_observers_receive_failures(server: ScriptedServer, make_channel: Any) -> None:
    server.script = [hang_up]
    channel = make_channel(retries=1)
    exchanges: list[Exchange] = []
    channel.observers.append(exchanges.append)
    with pytest.raises(TransportError) as caught:
        channel.call([QUERY])
    assert [exchange.error for exchange in exchanges] == [caught.value]


def test_an_observer_that_fails_loses_no_reply(
    in_process: Callable[..., Channel], caplog: pytest.LogCaptureFixture
) -> None:
    channel = in_process([ROWS])
    exchanges: list[Exchange] = []

    def fail(exchange: Exchange) -> None:
        raise ZeroDivisionError

    channel.observers += [fail, exchanges.append]
    assert channel.call([QUERY]) == [QueryReply(ROWS["data"])]
    assert len(exchanges) == 1
    assert "ZeroDivisionError" in caplog.text


def test_each_exchange_is_logged_without_secrets(
    in_process: Callable[..., Channel], caplog: pytest.LogCaptureFixture
) -> None:
    channel = in_process([ROWS])
    with caplog.at_level(logging.DEBUG, "ftrack_orm.transport"):
        channel.call([QUERY])
    assert "1 operations, 57 bytes sent" in caplog.text
    assert "the-key" not in caplog.text


def test_many_threads_may_call_at_once(server: ScriptedServer, make_channel: Any) -> None:
    script(server, [ROWS])
    channel = make_channel()
    exchanges: list[Exchange] = []
    replies: list[Any] = []
    channel.observers.append(exchanges.append)

    def work() -> None:
        for _ in range(10):
            replies.extend(channel.call([QUERY]))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(exchanges) == len(replies) == len(server.received) == 80
    assert server.connections <= 8


def test_a_closed_channel_refuses_a_call_without_operations_too(in_process: Callable[..., Channel]) -> None:
    channel = in_process([])
    assert channel.call([]) == []
    assert channel.submit([]).result(5) == []
    channel.close()
    with pytest.raises(SessionClosed):
        channel.call([])
