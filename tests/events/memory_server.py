"""An event server in memory: it delivers and acknowledges events, keeps records, and drops connections on demand."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from ftrack_orm.errors import TransportError
from ftrack_orm.events.event import Event
from ftrack_orm.events.hub import EventHub
from ftrack_orm.wire.socketio import (
    Packet,
    PacketType,
    SocketHandshake,
    ack_packet,
    decode,
    encode,
    event_packet,
    event_payload,
)

#: Seconds to wait for an expected result; long, because a busy machine is no failure.
TIMEOUT = 30

#: Creates hubs that are connected to the server in memory. Keyword arguments are settings.
MakeHub = Callable[..., EventHub]


class MemoryWebSocket:
    """The client's end of a connection to the server in memory. Texts that are not received before `abort` are lost."""

    def __init__(self, server: MemoryServer) -> None:
        self.handshake = SocketHandshake("session", server.heartbeat_timeout, None, ("websocket",))
        self.server = server
        self.changed = threading.Condition()
        self.incoming = deque(["1::"] if server.sends_ready else [])
        self.is_aborted = False
        self.is_woken = False
        self.sent: list[str] = []

    def receive(self, timeout: float | None) -> str | None:
        with self.changed:
            self.changed.wait_for(lambda: self.incoming or self.is_aborted or self.is_woken, timeout)
            if self.is_aborted:
                raise TransportError("aborted", safe_to_retry=True)
            if self.incoming:
                return self.incoming.popleft()
            self.is_woken = False
            return None

    def send(self, text: str) -> None:
        if self.is_aborted:
            raise TransportError("aborted", safe_to_retry=True)
        self.sent.append(text)
        self.server.process(self, decode(text))

    def deliver(self, text: str) -> None:
        with self.changed:
            self.incoming.append(text)
            self.changed.notify()

    def wake(self) -> None:
        with self.changed:
            self.is_woken = True
            self.changed.notify()

    def abort(self) -> None:
        with self.changed:
            self.is_aborted = True
            self.incoming.clear()
            self.changed.notify()

    def close(self) -> None:
        self.abort()


class MemoryServer:
    """Opens connections, acknowledges events and sends each to every connection; the hub has to match subscriptions."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        #: While it is cleared, queries block.
        self.answering = threading.Event()
        self.answering.set()
        self.heartbeat_timeout: float | None = None
        self.sends_ready = True
        self.acknowledges = True
        self.ack: dict[str, Any] = {"success": True}
        self.connections: list[MemoryWebSocket] = []
        self.attempts = 0
        #: The errors of the next attempts to connect.
        self.failures: deque[Exception] = deque()
        #: The payloads of received events in order, with repetitions.
        self.received: list[dict[str, Any]] = []
        self.records: list[dict[str, Any]] = []
        self.queries: list[str] = []

    def open(self, cancellation: object = None) -> MemoryWebSocket:
        with self.lock:
            self.attempts += 1
            if self.failures:
                raise self.failures.popleft()
            connection = MemoryWebSocket(self)
            self.connections.append(connection)
            self.lock.notify_all()
            return connection

    def wait_for_connection(self) -> None:
        with self.lock:
            assert self.lock.wait_for(lambda: self.connections, TIMEOUT)

    def process(self, connection: MemoryWebSocket, packet: Packet) -> None:
        """Send the event in a packet to every connection and acknowledge it; ignore other packets."""
        if packet.type is not PacketType.EVENT:
            return
        payload = event_payload(packet)
        with self.lock:
            self.received.append(payload)
            if not payload["topic"].startswith("ftrack.meta.") or payload["topic"] == "ftrack.meta.reply":
                self.deliver(payload)
            # Last, so that a hub that has drained its outbox has also received its own events.
            if self.acknowledges and packet.id is not None:
                connection.deliver(encode(ack_packet(packet.id, self.ack)))

    def deliver(self, payload: dict[str, Any]) -> None:
        for connection in self.connections:
            if not connection.is_aborted:
                connection.deliver(encode(event_packet(payload, None)))

    def commit(self, event: Event) -> None:
        """Record an `ftrack.update` and send it."""
        with self.lock:
            for entry in event.data["entities"]:
                data = json.dumps({"event": event.id, "entity": entry})
                self.records.append({"id": len(self.records) + 1, "data": data, "user_id": "u"})
            self.deliver(event.to_payload())

    def drop_connections(self) -> None:
        with self.lock:
            for connection in self.connections:
                connection.abort()
            self.connections = []

    def query(self, expression: str) -> Sequence[dict[str, Any]]:
        """Answer a query for `Event` records."""
        assert self.answering.wait(TIMEOUT)
        with self.lock:
            self.queries.append(expression)
            if "where id > " not in expression:
                return self.records[-1:]
            after = int(expression.split("where id > ")[1].split()[0])
            limit = int(expression.rsplit(" ", 1)[1])
            return self.records[after : after + limit]

    def topics(self) -> list[str]:
        """Return the topics of the received events in order."""
        with self.lock:
            return [payload["topic"] for payload in self.received]
