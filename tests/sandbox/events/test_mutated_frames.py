"""Mutated frames from clients: the event server keeps serving them, and all others."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ftrack_orm.events.event import Event
from ftrack_orm.events.hub import EventHub
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.sandbox.events.server import EventServer
from ftrack_orm.settings import Settings
from ftrack_orm.wire.socketio import encode, event_packet
from tests.events.memory_server import TIMEOUT, MemoryServer
from tests.events.mutated_frames import Mutator
from tests.property_settings import examples
from tests.sandbox.events.socket_client import Client

BATCH = 100


@pytest.fixture(scope="module")
def frames() -> list[str]:
    """The frames that a hub sends while it subscribes, publishes, replies and unsubscribes."""
    server = MemoryServer()
    settings = Settings(server_url="studio", api_user="jane", api_key="key", catch_up_events=False)
    hub = EventHub(settings, server.open)
    hub.connect(TIMEOUT)
    identifier = hub.subscribe("topic=studio.question and data.number > 5", print, {"id": "me", "name": "tool"})
    hub.publish(Event("studio.note", {"number": 6, "text": "é", "list": [{"a": None}]}, target="id=me or name=tool"))
    question = Event("studio.ask", {"selection": [{"entityId": "t1", "entityType": "task"}]})
    hub.publish(question)
    hub.publish_reply(question, {"answer": [1, 2.5, True]})
    hub.unsubscribe(identifier)
    hub.flush(TIMEOUT)
    (connection,) = server.connections
    hub.close()
    return ["2::", "6:::1", *connection.sent]


class RecordingConnection:
    """Takes the place of a client's connection."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.last_received_at = 0.0

    def send(self, packet: str) -> None:
        packet.encode("utf-8")
        self.sent.append(packet)


def test_the_event_server_survives_every_mutated_frame_of_its_clients(
    frames: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def authenticate(user: str, key: str) -> Mapping[str, Any]:
        raise AssertionError

    async def run() -> None:
        server, mutator = EventServer(authenticate), Mutator(4)
        hostile, other = RecordingConnection(), RecordingConnection()
        clients = [server.broker.add_client(name, {"id": name, "username": name}) for name in ("hostile", "other")]
        server._connections.update(hostile=hostile, other=other)  # type: ignore[call-overload]
        subscription = {"subscriber": {"id": "s"}, "subscription": "topic=studio.valid or data.number > 7"}
        subscribe = encode(event_packet(Event("ftrack.meta.subscribe", subscription).to_payload(), 1))
        assert server._handle_packet(other, clients[1], subscribe)  # type: ignore[arg-type]
        for _ in range(examples(800, 20_000) // BATCH):
            for _ in range(BATCH):
                frame = mutator.frame(mutator.random.choice(frames))
                server._handle_packet(hostile, clients[0], frame)  # type: ignore[arg-type]
            clients[0].subscribers.clear()
            other.sent.clear()
            valid = encode(event_packet(Event("studio.valid").to_payload(), 7))
            assert server._handle_packet(other, clients[1], valid)  # type: ignore[arg-type]
            assert len(other.sent) == 2
            assert '6:::7+[{"success":true}]' in other.sent
            hostile.sent.clear()

    caplog.set_level(logging.ERROR)
    asyncio.run(run())
    assert caplog.records == []


def test_a_client_that_sends_mutated_frames_over_a_socket_is_served_on(
    box: Sandbox, connect: Callable[[], Client], frames: list[str]
) -> None:
    mutator, other = Mutator(5), connect()
    other.subscribe("topic=studio.valid")
    for _ in range(examples(300, 2_000) // BATCH):
        hostile = connect()
        for _ in range(BATCH):
            frame = mutator.frame(mutator.random.choice(frames)).encode("utf-8", "replace").decode()
            # A disconnect would end the test of this connection.
            if not frame.startswith("0"):
                hostile.socket.send(frame)
        hostile.socket.send(encode(event_packet(Event("studio.valid", {"by": "hostile"}).to_payload(), 5)))
        assert other.event()["data"] == {"by": "hostile"}


@pytest.mark.parametrize("value", ["NaN", "1e999", '"\\ud800"', '{"\\udfff":1}'])
def test_an_event_that_cannot_be_sent_on_is_refused(connect: Callable[[], Client], value: str) -> None:
    client = connect()
    client.subscribe("topic=*")
    payload = json.dumps({"topic": "studio.odd", "data": {}}).replace("{}", value)
    client.socket.send('5:9+::{"name":"ftrack.event","args":[' + payload + "]}")
    packet = client.receive()
    assert packet.startswith("6:::9+")
    assert '"success":false' in packet


def test_a_handshake_with_any_bytes_as_user_is_refused(box: Sandbox) -> None:
    host, port = box.url.removeprefix("http://").split(":")
    for user in (b"\xff\xfe", "jané".encode("latin-1"), "é\U0001f600".encode(), b"x" * 4_000):
        with socket.create_connection((host, int(port)), timeout=TIMEOUT) as connection:
            connection.sendall(
                b"GET /socket.io/1/ HTTP/1.1\r\nHost: box\r\nConnection: close\r\nftrack-user: %s\r\n"
                b"ftrack-api-key: %s\r\n\r\n" % (user, user)
            )
            assert connection.recv(100).startswith(b"HTTP/1.1 401")
