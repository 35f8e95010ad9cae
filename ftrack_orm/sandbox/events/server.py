"""Edge: the event server: Socket.IO 0.9 handshakes and websockets on the API's own port, around the broker.

Facts (PROTOCOL 3.1): `GET /socket.io/1/` with credentials in headers or in the query string is answered by
`session:heartbeat:close:websocket`. The websocket is opened at `/socket.io/1/websocket/<session>`. The server sends
`1::` first and a heartbeat every few seconds (clients disconnect after 15 to 60 seconds without one). It acknowledges
an event with exactly one object.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import WSMsgType, web

from ftrack_orm.errors import FtrackError, InvalidValue, ProtocolError
from ftrack_orm.wire import socketio
from ftrack_orm.wire.socketio import PacketType

from .broker import Broker, ConnectedClient, EventRefused
from .connection import ClientConnection
from .faults import EventFaults
from .published_events import PublishedEvents, size_in_memory

#: Returns `id` and `username` of the user with this name and key, or raises the server's error.
Authenticate = Callable[[str, str], Awaitable[Mapping[str, Any]]]

#: Handshakes without a websocket yet; the oldest ones beyond this number are dropped.
MAX_PENDING_HANDSHAKES = 1_000

#: The largest message of a client. A client that sends a larger one is disconnected.
MAX_MESSAGE_BYTES = 64 * 1024 * 1024

logger = logging.getLogger(__name__)

_CONNECT_PACKET = socketio.encode(socketio.Packet(PacketType.CONNECT))
_HEARTBEAT_PACKET = f"{socketio.encode(socketio.Packet(PacketType.HEARTBEAT))}:"


class EventServer:
    """Receives events and delivers them to subscribers. It runs in one event loop and must be called from there."""

    def __init__(self, authenticate: Authenticate, on_change: Callable[[], None] = lambda: None) -> None:
        self.broker = Broker()
        self.faults = EventFaults()
        self.published = PublishedEvents()
        self.heartbeat_interval = 5.0  # seconds
        self.heartbeat_timeout = 60.0  # seconds without a packet after which a client is disconnected
        self._authenticate = authenticate
        self._on_change = on_change
        self._pending_users: dict[str, Mapping[str, Any]] = {}
        self._connections: dict[str, ClientConnection] = {}
        self._delayed: deque[tuple[dict[str, Any], asyncio.TimerHandle]] = deque()
        self._sending_allowed = asyncio.Event()
        self._sending_allowed.set()
        self._heartbeat_task: asyncio.Task[None] | None = None

    def start(self, router: web.UrlDispatcher) -> None:
        """Add the routes of the handshake and the websockets to *router*, and start the heartbeat."""
        router.add_get("/socket.io/1/", self._handle_handshake)
        router.add_get("/socket.io/1/websocket/{session}", self._handle_websocket)
        self.restart_heartbeat()

    async def stop(self) -> None:
        """Stop the heartbeat and abort all connections."""
        if self._heartbeat_task is not None:
            self._heartbeat_task.cancel()
        self._sending_allowed.set()
        self.abort_connections()

    def restart_heartbeat(self) -> None:
        """Restart the heartbeat, so that a changed interval applies at once."""
        if self._heartbeat_task is not None:
            self._heartbeat_task.cancel()
        self._heartbeat_task = asyncio.get_running_loop().create_task(self._send_heartbeats())

    def abort_connections(self) -> int:
        """Close all connections without a closing handshake, and return their number."""
        for connection in list(self._connections.values()):
            connection.abort()
        return len(self._connections)

    def pause_sending(self) -> None:
        """Queue all packets instead of sending them; connections stay open."""
        self._sending_allowed.clear()

    def resume_sending(self) -> None:
        """Send the queued packets, and later ones at once."""
        self._sending_allowed.set()

    def publish(self, event: dict[str, Any]) -> None:
        """Deliver an event to its recipients, subject to the faults that are due.

        Raises `InvalidValue`, and delivers it to none of them, if it has values that JSON cannot express.
        """
        self._publish(event, size_in_memory(event))

    def _publish(self, event: dict[str, Any], size: int) -> None:
        self.published.append(event, size)
        self.deliver(self.faults.apply(event))
        self._on_change()

    def deliver(self, events: list[dict[str, Any]]) -> None:
        """Send events to their recipients, now or after the current delay."""
        if self.faults.delay_seconds <= 0:
            for event in events:
                self._send(event)
            return
        # Every timer sends the oldest event, so the order is kept when the delay becomes shorter meanwhile.
        for event in events:
            timer = asyncio.get_running_loop().call_later(self.faults.delay_seconds, self._send_oldest_delayed)
            self._delayed.append((event, timer))

    def delay(self, seconds: float) -> None:
        """Delay every event from now on by *seconds*; 0 stops it and sends the delayed events at once."""
        self.faults.delay_seconds = seconds
        while self._delayed and seconds <= 0:
            self._send_oldest_delayed()

    def _send_oldest_delayed(self) -> None:
        event, timer = self._delayed.popleft()
        timer.cancel()
        self._send(event)

    def _send(self, event: dict[str, Any]) -> None:
        recipients = self.broker.recipients(event)
        if recipients:
            packet = socketio.encode(socketio.event_packet(event, None))
            for session_id in recipients:
                self._connections[session_id].send(packet)

    # -- requests -------------------------------------------------------------------------------------------------

    async def _handle_handshake(self, request: web.Request) -> web.Response:
        if self.faults.take_handshake_refusal():
            return web.Response(status=self.faults.refusal_status, text="The handshake was refused on purpose.")
        headers = request.headers
        api_user = headers.get("ftrack-user") or request.query.get("api_user", "")
        api_key = headers.get("ftrack-api-key") or request.query.get("api_key", "")
        try:
            user = await self._authenticate(api_user, api_key)
        except FtrackError as error:
            # A name in the error may have bytes that are no text.
            return web.Response(status=401, text=str(error).encode("utf-8", "backslashreplace").decode())
        session_id = uuid.uuid4().hex
        while len(self._pending_users) >= MAX_PENDING_HANDSHAKES:
            del self._pending_users[next(iter(self._pending_users))]
        self._pending_users[session_id] = user
        return web.Response(text=socketio.handshake_text(session_id, self.heartbeat_timeout, self.heartbeat_timeout))

    async def _handle_websocket(self, request: web.Request) -> web.StreamResponse:
        session_id = request.match_info["session"]
        user = self._pending_users.pop(session_id, None)
        if user is None:
            return web.Response(status=401, text="There is no such session: shake hands at /socket.io/1/ first.")
        socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES, compress=False)
        await socket.prepare(request)
        connection = self._connections[session_id] = ClientConnection(socket, request, self._sending_allowed)
        client = self.broker.add_client(session_id, user)
        connection.send(_CONNECT_PACKET)
        self._on_change()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT and not self._handle_packet(connection, client, message.data):
                    break
        finally:
            del self._connections[session_id]
            self.broker.remove_client(client)
            await connection.close()
            self._on_change()
        return socket

    def _handle_packet(self, connection: ClientConnection, client: ConnectedClient, text: str) -> bool:
        """Process a packet; return whether the connection stays open."""
        connection.last_received_at = asyncio.get_running_loop().time()
        try:
            packet = socketio.decode(text)
            if packet.type is PacketType.DISCONNECT:
                return False
            if packet.type is not PacketType.EVENT:
                return True
            payload = socketio.event_payload(packet)
        except ProtocolError as error:
            connection.send(socketio.encode(socketio.Packet(PacketType.ERROR, str(error))))
            return True
        acknowledgement: dict[str, Any] = {"success": True}
        try:
            event = self.broker.receive(client, payload)
            size = 0 if event is None else size_in_memory(event)
        except (EventRefused, InvalidValue) as refusal:
            event, acknowledgement = None, {"success": False, "message": str(refusal)}
        except Exception as error:
            # A defect of this server costs the packet, and not the client's connection.
            logger.exception("The embedded server failed to process an event.")
            event, acknowledgement = None, {"success": False, "message": f"Internal error: {type(error).__name__}."}
        if packet.id is not None:
            connection.send(socketio.encode(socketio.ack_packet(packet.id, acknowledgement)))
        if event is not None:
            self._publish(event, size)
        else:
            self._on_change()
        return True

    async def _send_heartbeats(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.heartbeat_interval)
            for connection in list(self._connections.values()):
                if loop.time() - connection.last_received_at > self.heartbeat_timeout:
                    connection.abort()
                else:
                    connection.send(_HEARTBEAT_PACKET)
