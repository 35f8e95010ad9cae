"""Pure: one event connection as a state machine: packets and the time go in, what to do comes out.

It opens nothing and waits for nothing. Whoever holds the socket gives it each text that arrives (`receive`), calls
`tick` when `next_deadline` has passed, and carries out what is returned. All times are seconds on one clock that never
goes backwards, such as `time.monotonic()`.

What happens on which packet is the table `TRANSITIONS`. Facts (PROTOCOL 3.1): the server says `1::` when it is ready,
then sends heartbeats which are to be answered; it acknowledges events by their number.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Union

import attrs

from ftrack_orm.errors import ProtocolError, UsageError
from ftrack_orm.wire.socketio import (
    Packet,
    PacketType,
    ack_packet,
    ack_reply,
    decode,
    encode,
    event_packet,
    event_payload,
)

#: How long the server may take to acknowledge an event, in seconds.
ACKNOWLEDGEMENT_TIMEOUT = 30.0

#: Socket.IO 0.9's numbers for reasons in `7:::reason+advice`. Only the last is not cured by connecting again.
_ERROR_REASONS = {"0": "transport not supported", "1": "client not handshaken", "2": "unauthorized"}
_UNAUTHORIZED = "2"

_HEARTBEAT = encode(Packet(PacketType.HEARTBEAT))


class ConnectionState(enum.Enum):
    """Where a connection is in its life."""

    #: The websocket is open; the server has not said that it is ready.
    CONNECTING = "connecting"
    CONNECTED = "connected"
    #: For good: connecting again makes a new connection.
    CLOSED = "closed"


# -- what comes out -----------------------------------------------------------------------------------------------


@attrs.frozen
class Connected:
    """The server is ready for events."""


@attrs.frozen
class Send:
    """Send *text* over the websocket."""

    text: str


@attrs.frozen
class EventReceived:
    """An event arrived; *payload* is as it travelled."""

    payload: dict[str, Any]


@attrs.frozen
class Acknowledged:
    """The server has dealt with what was sent under *id*; *reply* is what it says, `{"success": ...}` from ftrack."""

    id: int
    reply: dict[str, Any]


@attrs.frozen
class AckTimedOut:
    """The server did not acknowledge *id* in time; whether the event arrived is not known."""

    id: int


@attrs.frozen
class Ignored:
    """Something arrived that calls for nothing; *reason* says why, and *text* is the beginning of it."""

    reason: str
    text: str


@attrs.frozen
class Closed:
    """The connection is over.

    *may_retry* is False when connecting again cannot help or is not wanted. *unacknowledged* are the ids, oldest first,
    of what was sent and not acknowledged: whether those events arrived is not known.
    """

    reason: str
    may_retry: bool
    unacknowledged: tuple[int, ...] = ()


Output = Union[Connected, Send, EventReceived, Acknowledged, AckTimedOut, Ignored, Closed]


# -- the table ----------------------------------------------------------------------------------------------------


class Reaction(enum.Enum):
    """What a connection does about a packet."""

    CONNECT = "the server is ready"
    ANSWER = "answer the heartbeat"
    DELIVER = "hand the event on"
    SETTLE = "match the acknowledgement with what was sent"
    END = "the server ended the connection"
    FAIL = "the server reported an error"
    IGNORE = "nothing ftrack uses"


#: (state, packet type) -> (what to do, the state afterwards). An event before `1::` is delivered: the official
#: JavaScript client takes an open websocket for connected, and an event dropped would be lost. Nothing happens after
#: the end.
TRANSITIONS: dict[tuple[ConnectionState, PacketType], tuple[Reaction, ConnectionState]] = {
    (ConnectionState.CONNECTING, PacketType.DISCONNECT): (Reaction.END, ConnectionState.CLOSED),
    (ConnectionState.CONNECTING, PacketType.CONNECT): (Reaction.CONNECT, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTING, PacketType.HEARTBEAT): (Reaction.ANSWER, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, PacketType.MESSAGE): (Reaction.IGNORE, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, PacketType.JSON): (Reaction.IGNORE, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, PacketType.EVENT): (Reaction.DELIVER, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, PacketType.ACK): (Reaction.SETTLE, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, PacketType.ERROR): (Reaction.FAIL, ConnectionState.CLOSED),
    (ConnectionState.CONNECTED, PacketType.DISCONNECT): (Reaction.END, ConnectionState.CLOSED),
    (ConnectionState.CONNECTED, PacketType.CONNECT): (Reaction.IGNORE, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.HEARTBEAT): (Reaction.ANSWER, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.MESSAGE): (Reaction.IGNORE, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.JSON): (Reaction.IGNORE, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.EVENT): (Reaction.DELIVER, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.ACK): (Reaction.SETTLE, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.ERROR): (Reaction.FAIL, ConnectionState.CLOSED),
    **{(ConnectionState.CLOSED, kind): (Reaction.IGNORE, ConnectionState.CLOSED) for kind in PacketType},
}


class EventProtocol:
    """One connection to the event server, from the open websocket to its end.

    *now* is the present time; *heartbeat_timeout* the seconds of silence after which the server counts as gone, as its
    handshake states them (None: it sends no heartbeats, so silence means nothing); *acknowledgement_timeout* the
    seconds it may take to acknowledge an event.
    """

    def __init__(
        self,
        now: float,
        heartbeat_timeout: float | None,
        *,
        acknowledgement_timeout: float = ACKNOWLEDGEMENT_TIMEOUT,
    ) -> None:
        self.state = ConnectionState.CONNECTING
        self._heard = now
        self._heartbeat_timeout = heartbeat_timeout
        self._acknowledgement_timeout = acknowledgement_timeout
        self._last_id = 0
        #: Id -> deadline. All wait equally long, so the order of sending is the order of deadlines.
        self._awaited: dict[int, float] = {}

    @property
    def unacknowledged(self) -> tuple[int, ...]:
        """The ids of what was sent and neither acknowledged nor given up, oldest first."""
        return tuple(self._awaited)

    @property
    def next_deadline(self) -> float | None:
        """When `tick` has something to do unless something arrives before; None for never."""
        if self.state is ConnectionState.CLOSED:
            return None
        silence = None if self._heartbeat_timeout is None else self._heard + self._heartbeat_timeout
        if not self._awaited:
            return silence
        earliest = next(iter(self._awaited.values()))
        return earliest if silence is None else min(earliest, silence)

    def receive(self, text: str, now: float) -> list[Output]:
        """Take one text from the websocket and return what follows from it, in order.

        What makes no sense is answered with `Ignored`, not raised: one bad packet is no reason to lose the connection.
        """
        if self.state is ConnectionState.CLOSED:
            return [_ignored("The connection is closed", text)]
        self._heard = now
        try:
            packet = decode(text)
            reaction, state = TRANSITIONS[self.state, packet.type]
            outputs = self._react(reaction, packet)
        except ProtocolError as error:
            return [_ignored(error.message, text)]
        self.state = state
        return outputs

    def tick(self, now: float) -> list[Output]:
        """Return what follows from the time being *now*: acknowledgements given up, or the server taken for gone."""
        if self.state is ConnectionState.CLOSED:
            return []
        outputs: list[Output] = []
        while self._awaited:
            ack_id, deadline = next(iter(self._awaited.items()))
            if deadline > now:
                break
            del self._awaited[ack_id]
            outputs.append(AckTimedOut(ack_id))
        if self._heartbeat_timeout is not None and now >= self._heard + self._heartbeat_timeout:
            outputs.append(self._close(f"The server was silent for {self._heartbeat_timeout:g} s", may_retry=True))
        return outputs

    def send_event(self, payload: Mapping[str, Any], now: float) -> tuple[int, str]:
        """Return the number under which the server will acknowledge an event, and the text to send.

        Raises `UsageError` unless connected, and `InvalidValue` for a payload that JSON cannot express.
        """
        if self.state is not ConnectionState.CONNECTED:
            raise UsageError(f"An event cannot be sent while the connection is {self.state.value}.")
        text = encode(event_packet(payload, self._last_id + 1))
        # Only now: a payload that cannot be sent is not waited for.
        self._last_id += 1
        self._awaited[self._last_id] = now + self._acknowledgement_timeout
        return self._last_id, text

    def disconnect(self) -> list[Output]:
        """End the connection from this side: say goodbye, and be closed."""
        if self.state is ConnectionState.CLOSED:
            return []
        return [
            Send(encode(Packet(PacketType.DISCONNECT))),
            self._close("This side ended the connection", may_retry=False),
        ]

    def line_lost(self, reason: str) -> list[Output]:
        """Take note that the websocket is gone, for *reason*."""
        return [] if self.state is ConnectionState.CLOSED else [self._close(reason, may_retry=True)]

    def _react(self, reaction: Reaction, packet: Packet) -> list[Output]:
        if reaction is Reaction.DELIVER:
            return self._deliver(packet)
        if reaction is Reaction.SETTLE:
            return [self._settle(packet)]
        if reaction is Reaction.ANSWER:
            return [Send(_HEARTBEAT)]
        if reaction is Reaction.CONNECT:
            return [Connected()]
        if reaction is Reaction.END:
            return [self._close("The server ended the connection", may_retry=True)]
        if reaction is Reaction.FAIL:
            return [self._fail(packet)]
        return [_ignored(f"Nothing is to be done about {packet.type.name} when {self.state.value}", packet.data)]

    def _deliver(self, packet: Packet) -> list[Output]:
        outputs: list[Output] = [EventReceived(event_payload(packet))]
        if packet.id is not None:
            # ftrack does not ask for it; a Socket.IO server that does waits for the answer.
            outputs.append(Send(encode(ack_packet(packet.id, {"success": True}))))
        return outputs

    def _settle(self, packet: Packet) -> Output:
        ack_id, arguments = ack_reply(packet)
        if ack_id not in self._awaited:
            return _ignored("Nothing waits for this acknowledgement (any more)", packet.data)
        del self._awaited[ack_id]
        if len(arguments) == 1 and isinstance(arguments[0], dict):
            return Acknowledged(ack_id, arguments[0])
        # A bare acknowledgement is Socket.IO's own: received, and no complaint.
        return Acknowledged(ack_id, {"success": True} if not arguments else {"success": False, "message": packet.data})

    def _fail(self, packet: Packet) -> Closed:
        number = packet.data.partition("+")[0]
        reason = _ERROR_REASONS.get(number, packet.data or "no reason given")
        return self._close(f"The server reported an error: {reason}", may_retry=number != _UNAUTHORIZED)

    def _close(self, reason: str, *, may_retry: bool) -> Closed:
        unacknowledged = self.unacknowledged
        self._awaited.clear()
        self.state = ConnectionState.CLOSED
        return Closed(reason, may_retry, unacknowledged)


def _ignored(reason: str, text: str) -> Ignored:
    return Ignored(reason, text[:200])
