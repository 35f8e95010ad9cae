"""The connection's thread, with a server in memory and a listener that records its calls."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_orm.errors import AuthenticationError, FtrackError, ProtocolError, SettingsError, TransportError
from ftrack_orm.events.connection.backoff import BackOff
from ftrack_orm.events.connection.connection import EventConnection
from ftrack_orm.events.connection.outbox import Outbox, OutgoingMessage
from ftrack_orm.events.event import Event
from tests.events.connection.silent_listener import SilentListener
from tests.events.memory_server import TIMEOUT, MemoryServer


class RecordingListener(SilentListener):
    """Records the calls other than `on_idle`."""

    def __init__(self) -> None:
        self.calls: queue.Queue[tuple[Any, ...]] = queue.Queue()

    def on_connecting(self) -> None:
        self.calls.put(("connecting",))

    def on_connected(self, gap: float | None) -> list[OutgoingMessage]:
        self.calls.put(("connected", gap is not None))
        return [OutgoingMessage(Event("first").to_payload(), durable=False)]

    def on_event(self, payload: dict[str, Any]) -> None:
        self.calls.put(("event", payload["topic"]))

    def on_malformed(self, reason: str, may_be_event: bool) -> None:
        self.calls.put(("malformed", reason, may_be_event))

    def on_ack(self, message: OutgoingMessage, problem: str | None) -> None:
        self.calls.put(("ack", message.payload["topic"], problem))

    def on_disconnected(self, reason: str) -> None:
        self.calls.put(("disconnected", reason))

    def on_failed(self, error: FtrackError) -> None:
        self.calls.put(("failed", type(error)))

    def next(self, name: str) -> tuple[Any, ...]:
        """Return the next call of that name, skipping others."""
        while True:
            call = self.calls.get(timeout=TIMEOUT)
            if call[0] == name:
                return call[1:]


@pytest.fixture
def listener() -> RecordingListener:
    return RecordingListener()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(100)


@pytest.fixture
def make(server: MemoryServer, listener: RecordingListener, outbox: Outbox) -> Iterator[Callable[..., EventConnection]]:
    made = []

    def make(**options: Any) -> EventConnection:
        settings = {"back_off": BackOff(0.001, 0.01), "reconnect_limit": None, "initial_limit": 0, **options}
        connection = EventConnection(server.open, outbox, listener, **settings)
        made.append(connection)
        connection.start()
        return connection

    yield make
    for connection in made:
        connection.stop()


def test_the_listener_is_called_in_the_order_of_a_connection(
    make: Callable[..., EventConnection], listener: RecordingListener, outbox: Outbox, server: MemoryServer
) -> None:
    connection = make()
    assert connection.wait_connected(TIMEOUT)
    outbox.put(OutgoingMessage(Event("second").to_payload()))
    connection.wake()
    assert outbox.drain(TIMEOUT)
    assert server.topics() == ["first", "second"]
    assert [listener.calls.get(timeout=TIMEOUT) for _ in range(6)] == [
        ("connecting",),
        ("connected", False),
        ("event", "first"),
        ("ack", "first", None),
        ("event", "second"),
        ("ack", "second", None),
    ]


def test_a_refused_message_is_reported_with_the_reason(
    make: Callable[..., EventConnection], listener: RecordingListener, server: MemoryServer
) -> None:
    server.ack = {"success": False, "message": "no such topic"}
    make()
    assert listener.next("ack") == ("first", "no such topic")


def test_a_lost_connection_is_opened_again_and_reported_with_a_gap(
    make: Callable[..., EventConnection], listener: RecordingListener, server: MemoryServer
) -> None:
    connection = make()
    assert connection.wait_connected(TIMEOUT)
    server.drop_connections()
    assert listener.next("disconnected") == ("aborted",)
    assert listener.next("connected") == (True,)
    assert connection.alive


def test_the_first_error_ends_the_attempts_without_a_limit_for_them(
    make: Callable[..., EventConnection], listener: RecordingListener, server: MemoryServer
) -> None:
    server.failures.append(TransportError("away", safe_to_retry=True))
    connection = make(initial_limit=0)
    assert connection.wait_closed(TIMEOUT)
    assert not connection.wait_connected(0)
    assert str(connection.error) == "away"
    assert [listener.calls.get(timeout=TIMEOUT)] == [("connecting",)], "the caller raises the error itself"
    assert listener.calls.empty()


def test_a_refused_login_is_final(
    make: Callable[..., EventConnection], listener: RecordingListener, server: MemoryServer
) -> None:
    server.failures.append(AuthenticationError("wrong key"))
    connection = make(initial_limit=None)
    assert connection.wait_closed(TIMEOUT)
    assert listener.next("failed") == (AuthenticationError,)
    assert server.attempts == 1


def test_an_internal_error_costs_the_connection_and_not_the_hub(
    make: Callable[..., EventConnection],
    listener: RecordingListener,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failures = iter([ZeroDivisionError(), SystemExit()])
    plain = listener.on_connected

    def fail_twice(gap: float | None) -> list[OutgoingMessage]:
        for failure in failures:
            raise failure
        return plain(gap)

    monkeypatch.setattr(listener, "on_connected", fail_twice)
    connection = make(initial_limit=None)
    assert connection.wait_connected(TIMEOUT)
    assert caplog.text.count("please report it") == 2


def test_an_internal_error_of_the_only_attempt_is_its_error(
    make: Callable[..., EventConnection], listener: RecordingListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "on_connected", lambda gap: 1 / 0)
    connection = make(initial_limit=0)
    assert not connection.wait_connected(TIMEOUT)
    assert connection.wait_closed(TIMEOUT)
    assert "internal error" in str(connection.error)


def test_an_exception_about_one_packet_costs_that_packet(
    make: Callable[..., EventConnection],
    listener: RecordingListener,
    server: MemoryServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = listener.on_event

    def fail(payload: dict[str, Any]) -> None:
        if payload["topic"] == "bad":
            raise ZeroDivisionError
        plain(payload)

    monkeypatch.setattr(listener, "on_event", fail)
    connection = make()
    assert connection.wait_connected(TIMEOUT)
    assert listener.next("event") == ("first",)
    for topic in ("bad", "good"):
        server.deliver(Event(topic).to_payload())
    assert listener.next("malformed") == ("processing it raised ZeroDivisionError", True)
    assert listener.next("event") == ("good",)
    assert server.attempts == 1
    assert "ZeroDivisionError" in caplog.text


def test_a_message_that_json_cannot_express_is_refused_and_the_next_is_sent(
    make: Callable[..., EventConnection], listener: RecordingListener, outbox: Outbox, server: MemoryServer
) -> None:
    connection = make()
    assert connection.wait_connected(TIMEOUT)
    assert listener.next("ack") == ("first", None)
    outbox.put(OutgoingMessage({**Event("bad").to_payload(), "data": object()}))
    outbox.put(OutgoingMessage(Event("good").to_payload()))
    connection.wake()
    topic, problem = listener.next("ack")
    assert topic == "bad"
    assert "object" in problem
    assert listener.next("ack") == ("good", None)
    assert server.attempts == 1


def test_a_malformed_handshake_after_a_loss_is_tried_again(
    make: Callable[..., EventConnection], listener: RecordingListener, server: MemoryServer
) -> None:
    connection = make()
    assert connection.wait_connected(TIMEOUT)
    server.failures += [ProtocolError("nan"), SettingsError("odd"), ZeroDivisionError()]
    server.drop_connections()
    assert listener.next("connected") == (False,)
    assert listener.next("connected") == (True,)
    assert server.attempts == 5


def test_stopping_sends_a_farewell_and_ends_the_thread(
    make: Callable[..., EventConnection], server: MemoryServer
) -> None:
    connection = make()
    assert connection.wait_connected(TIMEOUT)
    (websocket,) = server.connections
    connection.stop()
    assert websocket.sent[-1] == "0::"
    assert not connection.alive
    assert not connection.connected
