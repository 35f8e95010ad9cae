"""A client of the event server on a plain socket, and the `ftrack.update` events of an application."""

from __future__ import annotations

import json
import uuid
from typing import Any

import requests
import websocket  # type: ignore[import-untyped]

from ftrack_orm.sandbox import Sandbox


class Announced:
    """The `ftrack.update` events of an application, oldest first."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def entities(self) -> list[dict[str, Any]]:
        """Return the entities of the only event since the last call, and forget the event."""
        (event,) = self.events
        self.events.clear()
        entities: list[dict[str, Any]] = event["data"]["entities"]
        return entities

    def entity(self) -> dict[str, Any]:
        """Return the only entity of the only event since the last call, and forget the event."""
        (entity,) = self.entities()
        return entity


class Client:
    """A client of the event server that returns every packet except, by default, heartbeats."""

    def __init__(self, box: Sandbox) -> None:
        handshake = requests.get(f"{box.url}/socket.io/1/", headers=credentials(box), timeout=10)
        assert handshake.status_code == 200, handshake.text
        self.session_id = handshake.text.split(":")[0]
        address = box.url.replace("http://", "ws://")
        self.socket = websocket.create_connection(f"{address}/socket.io/1/websocket/{self.session_id}", timeout=10)
        self.first = self.receive()
        self._acknowledgements = 0

    def receive(self, heartbeats: bool = False) -> str:
        """Return the next packet."""
        while True:
            packet: str = self.socket.recv()
            if heartbeats or not packet.startswith("2:"):
                return packet

    def event(self) -> dict[str, Any]:
        """Return the payload of the next packet, which must be an event."""
        packet = self.receive()
        assert packet.startswith("5:::"), packet
        body = json.loads(packet[4:])
        assert body["name"] == "ftrack.event"
        payload: dict[str, Any]
        (payload,) = body["args"]
        return payload

    def send(self, topic: str, data: Any = None, **keys: Any) -> str:
        """Send an event without requesting an acknowledgement, and return its id."""
        payload = {"id": uuid.uuid4().hex, "topic": topic, "data": data or {}, "source": {"id": "me"}, **keys}
        self.socket.send("5:::" + json.dumps({"name": "ftrack.event", "args": [payload]}))
        return str(payload["id"])

    def send_acknowledged(self, topic: str, data: Any = None, **keys: Any) -> dict[str, Any]:
        """Send an event and return its acknowledgement, which must be the next packet."""
        self._acknowledgements += 1
        payload = {"id": uuid.uuid4().hex, "topic": topic, "data": data or {}, "source": {"id": "me"}, **keys}
        self.socket.send(f"5:{self._acknowledgements}+::" + json.dumps({"name": "ftrack.event", "args": [payload]}))
        packet = self.receive()
        head = f"6:::{self._acknowledgements}+"
        assert packet.startswith(head), packet
        reply: dict[str, Any]
        (reply,) = json.loads(packet[len(head) :])
        return reply

    def subscribe(self, expression: str, id: str = "me", **metadata: Any) -> dict[str, Any]:
        """Subscribe and return the acknowledgement."""
        return self.send_acknowledged(
            "ftrack.meta.subscribe", {"subscriber": {"id": id, **metadata}, "subscription": expression}
        )

    def receives_nothing(self) -> bool:
        """Return whether the connection is open and no packet, not even a heartbeat, arrives within 0.1 seconds."""
        self.socket.settimeout(0.1)
        try:
            self.socket.recv()
        except websocket.WebSocketTimeoutException:
            return True
        finally:
            self.socket.settimeout(10)
        return False

    def is_closed(self) -> bool:
        """Return whether the server closes the connection before the timeout of the socket."""
        try:
            return bool(self.socket.recv() == "")
        except websocket.WebSocketTimeoutException:
            return False
        except (websocket.WebSocketConnectionClosedException, OSError):
            return True


def credentials(box: Sandbox) -> dict[str, str]:
    return {"ftrack-user": box.api_user, "ftrack-api-key": box.api_key}
