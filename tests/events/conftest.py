"""An event server in memory for tests of the hub: it delivers, acknowledges, keeps records, and breaks on command."""

import json
import threading
from collections import deque

import pytest

from ftrack_orm.errors import TransportError
from ftrack_orm.events.connection.backoff import BackOff
from ftrack_orm.events.hub import EventHub
from ftrack_orm.events.options import HubOptions
from ftrack_orm.wire.socketio import (
    PacketType,
    SocketHandshake,
    ack_packet,
    decode,
    encode,
    event_packet,
    event_payload,
)

#: Seconds for what must happen; long, because a busy machine is no failure.
PATIENCE = 30


class MemoryLine:
    """A line whose other end is the server in memory. What is on its way when it is cut is lost."""

    def __init__(self, server):
        self.handshake = SocketHandshake("session", server.heartbeat_timeout, None, ("websocket",))
        self.server = server
        self.changed = threading.Condition()
        self.coming = deque(["1::"] if server.says_ready else [])
        self.is_cut = False
        self.woken = False
        self.sent = []

    def receive(self, timeout):
        with self.changed:
            self.changed.wait_for(lambda: self.coming or self.is_cut or self.woken, timeout)
            if self.is_cut:
                raise TransportError("cut", safe_to_retry=True)
            if self.coming:
                return self.coming.popleft()
            self.woken = False
            return None

    def send(self, text):
        if self.is_cut:
            raise TransportError("cut", safe_to_retry=True)
        self.sent.append(text)
        self.server.take(self, decode(text))

    def bring(self, text):
        with self.changed:
            self.coming.append(text)
            self.changed.notify()

    def wake(self):
        with self.changed:
            self.woken = True
            self.changed.notify()

    def cut(self):
        with self.changed:
            self.is_cut = True
            self.coming.clear()
            self.changed.notify()

    def close(self):
        self.cut()


class MemoryServer:
    """Opens lines, acknowledges, and sends what is published to every line there is (matching is left to the hub)."""

    def __init__(self):
        self.lock = threading.Condition()
        #: Cleared, queries are not answered until it is set again.
        self.answering = threading.Event()
        self.answering.set()
        self.heartbeat_timeout = None
        self.says_ready = True
        self.acknowledges = True
        self.reply = {"success": True}
        self.lines = []
        self.opened = 0
        #: Errors that the next attempts to open a line raise.
        self.failures = deque()
        #: Payloads of events, in the order they came, repetitions included.
        self.taken = []
        self.records = []
        self.queries = []

    def open(self):
        with self.lock:
            self.opened += 1
            if self.failures:
                raise self.failures.popleft()
            line = MemoryLine(self)
            self.lines.append(line)
            self.lock.notify_all()
            return line

    def wait_for_line(self):
        with self.lock:
            assert self.lock.wait_for(lambda: self.lines, PATIENCE)

    def take(self, line, packet):
        if packet.type is not PacketType.EVENT:
            return
        payload = event_payload(packet)
        with self.lock:
            self.taken.append(payload)
            if self.acknowledges:
                line.bring(encode(ack_packet(packet.id, self.reply)))
            if not payload["topic"].startswith("ftrack.meta.") or payload["topic"] == "ftrack.meta.reply":
                self.deliver(payload)

    def deliver(self, payload):
        for line in self.lines:
            if not line.is_cut:
                line.bring(encode(event_packet(payload, None)))

    def commit(self, event):
        """Record an `ftrack.update` and announce it."""
        with self.lock:
            for entry in event.data["entities"]:
                data = json.dumps({"event": event.id, "entity": entry})
                self.records.append({"id": len(self.records) + 1, "data": data, "user_id": "u"})
            self.deliver(event.to_payload())

    def cut(self):
        with self.lock:
            for line in self.lines:
                line.cut()
            self.lines = []

    def query(self, expression):
        assert self.answering.wait(PATIENCE)
        with self.lock:
            self.queries.append(expression)
            if "where id > " not in expression:
                return self.records[-1:]
            after = int(expression.split("where id > ")[1].split()[0])
            limit = int(expression.rsplit(" ", 1)[1])
            return self.records[after : after + limit]

    def topics(self):
        with self.lock:
            return [payload["topic"] for payload in self.taken]


@pytest.fixture
def server():
    return MemoryServer()


@pytest.fixture
def make_hub(server):
    """Make hubs of the server in memory, which reconnect without a pause; they are closed when the test ends."""
    hubs = []

    def make(back_off=None, **options):
        hub = EventHub(
            server.open,
            "jane",
            server.query,
            HubOptions(**{"catch_up": False, **options}),
            back_off=back_off or BackOff(first=0.001, longest=0.01),
        )
        hubs.append(hub)
        return hub

    yield make
    for hub in hubs:
        hub.close()


@pytest.fixture
def hub(make_hub):
    hub = make_hub()
    hub.connect(PATIENCE)
    return hub
