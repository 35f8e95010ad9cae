"""Edge: the event server: Socket.IO 0.9 handshakes and websockets around the broker, on the API's own port.

Facts (PROTOCOL 3.1): `GET /socket.io/1/` with credentials in headers or in the query answers
`session:heartbeat:close:websocket`; the websocket is opened at `/socket.io/1/websocket/<session>`; the server says
`1::` first, beats every few seconds (clients give up after 15 to 60 without), and acknowledges with one object exactly.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import WSMsgType, web

from ftrack_orm.errors import FtrackError, ProtocolError
from ftrack_orm.wire import socketio
from ftrack_orm.wire.socketio import PacketType

from .broker import Broker, ConnectedClient, Refused
from .connection import ClientConnection
from .faults import Faults

#: Returns `id` and `username` of the user whose name and key these are, or raises the server's refusal.
Authenticate = Callable[[str, str], Awaitable[Mapping[str, Any]]]

#: Events that `published` remembers.
REMEMBERED_EVENTS = 20_000

#: Handshakes that may wait for their websocket.
_PENDING_HANDSHAKES = 1_000

_CONNECTED = socketio.encode(socketio.Packet(PacketType.CONNECT))
_HEARTBEAT = f"{socketio.encode(socketio.Packet(PacketType.HEARTBEAT))}:"


class EventServer:
    """Takes in events and passes them on. All of it runs in one event loop and is called from there."""

    def __init__(self, authenticate: Authenticate, changed: Callable[[], None] = lambda: None) -> None:
        self.broker = Broker()
        self.faults = Faults()
        self.published: deque[dict[str, Any]] = deque(maxlen=REMEMBERED_EVENTS)
        self.heartbeat_interval = 5.0  # seconds
        self.heartbeat_timeout = 60.0  # seconds of silence after which a client is taken for gone
        self._authenticate = authenticate
        self._changed = changed
        self._pending: dict[str, Mapping[str, Any]] = {}
        self._connections: dict[str, ClientConnection] = {}
        self._delayed: deque[tuple[dict[str, Any], asyncio.TimerHandle]] = deque()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._beating: asyncio.Task[None] | None = None

    def start(self, router: web.UrlDispatcher) -> None:
        """Serve the handshake and the websockets by *router*, and begin to beat."""
        router.add_get("/socket.io/1/", self._handshake)
        router.add_get("/socket.io/1/websocket/{session}", self._websocket)
        self.beat()

    async def stop(self) -> None:
        """Cut all connections."""
        if self._beating is not None:
            self._beating.cancel()
        self._flowing.set()
        self.cut()

    def beat(self) -> None:
        """Begin to beat anew, after the times were changed."""
        if self._beating is not None:
            self._beating.cancel()
        self._beating = asyncio.get_running_loop().create_task(self._beat())

    def cut(self) -> int:
        """End all connections without a word, and return how many they were."""
        for connection in list(self._connections.values()):
            connection.cut()
        return len(self._connections)

    def hold(self, held: bool) -> None:
        """Keep everything from being sent, or let it go on; connections stay open either way."""
        if held:
            self._flowing.clear()
        else:
            self._flowing.set()

    def publish(self, event: dict[str, Any]) -> None:
        """Pass an event on to who wants it, as the faults that are due will have it."""
        self.published.append(event)
        self.deliver(self.faults.arrange(event))
        self._changed()

    def deliver(self, events: list[dict[str, Any]]) -> None:
        """Send events to their recipients, now or after the delay that is asked for."""
        if self.faults.seconds <= 0:
            for event in events:
                self._send(event)
            return
        # Every timer sends whatever is oldest, so the order holds when the delay is made shorter meanwhile.
        for event in events:
            timer = asyncio.get_running_loop().call_later(self.faults.seconds, self._send_delayed)
            self._delayed.append((event, timer))

    def delay(self, seconds: float) -> None:
        """Keep every event back for that long from now on; 0 ends it and sends what is kept back."""
        self.faults.seconds = seconds
        while self._delayed and seconds <= 0:
            self._send_delayed()

    def _send_delayed(self) -> None:
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

    async def _handshake(self, request: web.Request) -> web.Response:
        if self.faults.refuses_handshake():
            return web.Response(status=self.faults.refusal_status, text="The handshake was refused on purpose.")
        given = request.headers
        api_user = given.get("ftrack-user") or request.query.get("api_user", "")
        api_key = given.get("ftrack-api-key") or request.query.get("api_key", "")
        try:
            user = await self._authenticate(api_user, api_key)
        except FtrackError as error:
            return web.Response(status=401, text=str(error))
        session_id = uuid.uuid4().hex
        while len(self._pending) >= _PENDING_HANDSHAKES:
            del self._pending[next(iter(self._pending))]
        self._pending[session_id] = user
        return web.Response(text=socketio.handshake_text(session_id, self.heartbeat_timeout, self.heartbeat_timeout))

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        session_id = request.match_info["session"]
        user = self._pending.pop(session_id, None)
        if user is None:
            return web.Response(status=401, text="There is no such session: shake hands at /socket.io/1/ first.")
        socket = web.WebSocketResponse(max_msg_size=0, compress=False)
        await socket.prepare(request)
        connection = self._connections[session_id] = ClientConnection(socket, request, self._flowing)
        member = self.broker.join(session_id, user)
        connection.send(_CONNECTED)
        self._changed()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT and not self._take(connection, member, message.data):
                    break
        finally:
            del self._connections[session_id]
            self.broker.leave(member)
            await connection.close()
            self._changed()
        return socket

    def _take(self, connection: ClientConnection, member: ConnectedClient, text: str) -> bool:
        """Do what a packet asks for; return whether the connection goes on."""
        connection.heard_at = asyncio.get_running_loop().time()
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
        reply: dict[str, Any] = {"success": True}
        try:
            event = self.broker.receive(member, payload)
        except Refused as refusal:
            event, reply = None, {"success": False, "message": str(refusal)}
        if packet.id is not None:
            connection.send(socketio.encode(socketio.ack_packet(packet.id, reply)))
        if event is not None:
            self.publish(event)
        else:
            self._changed()
        return True

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.heartbeat_interval)
            for connection in list(self._connections.values()):
                if loop.time() - connection.heard_at > self.heartbeat_timeout:
                    connection.cut()
                else:
                    connection.send(_HEARTBEAT)
