"""Pure: the protocol of one event connection as a state machine: packets and the time go in, outputs come out.

It performs no I/O and never waits. The caller owns the websocket: it passes each received text to `receive`, calls
`tick` when `next_deadline` has passed, and carries out the outputs. All times are seconds on one monotonic clock, such
as `time.monotonic()`.

The table `TRANSITIONS` holds the reaction to each packet. Facts (PROTOCOL 3.1): the server sends `1::` when it is
ready, then heartbeats that must be answered; it acknowledges events by their number.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from ftrack_orm.errors import ProtocolError, UsageError, printable
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

from .protocol_outputs import (
    Acknowledged,
    AckTimedOut,
    Closed,
    Connected,
    EventReceived,
    Ignored,
    Malformed,
    Output,
    Send,
)

#: The longest time in seconds that an open websocket may stay without the server's `1::`.
READY_TIMEOUT_SECONDS = 30.0
#: The longest time in seconds that the server may take to acknowledge an event.
ACK_TIMEOUT_SECONDS = 30.0

#: Socket.IO 0.9's numbers for reasons in `7:::reason+advice`. Only for the last one, connecting again is of no use.
_ERROR_REASONS = {"0": "transport not supported", "1": "client not handshaken", "2": "unauthorized"}
_UNAUTHORIZED = "2"

_HEARTBEAT = encode(Packet(PacketType.HEARTBEAT))
#: The longest excerpt of a text from the server in an output.
_EXCERPT_LENGTH = 200
#: The numbers of all types of packets but events.
_OTHER_TYPES = frozenset(str(int(kind)) for kind in PacketType if kind is not PacketType.EVENT)


class ConnectionState(enum.Enum):
    """The state of a connection."""

    #: The websocket is open; the server has not sent that it is ready.
    CONNECTING = "connecting"
    CONNECTED = "connected"
    #: Final: connecting again makes a new connection.
    CLOSED = "closed"


class Reaction(enum.Enum):
    """The reaction of a connection to a packet."""

    CONNECT = "the server is ready"
    ANSWER_HEARTBEAT = "answer the heartbeat"
    DELIVER = "pass the event on"
    ACKNOWLEDGE = "match the acknowledgement with the event that was sent"
    CLOSE = "the server ended the connection"
    FAIL = "the server reported an error"
    IGNORE = "ftrack does not use this packet here"


#: (state, packet type) -> (reaction, next state). An event before `1::` is delivered: the official JavaScript client
#: regards an open websocket as connected, and a dropped event would be lost. A closed connection ignores everything.
TRANSITIONS: dict[tuple[ConnectionState, PacketType], tuple[Reaction, ConnectionState]] = {
    (ConnectionState.CONNECTING, PacketType.DISCONNECT): (Reaction.CLOSE, ConnectionState.CLOSED),
    (ConnectionState.CONNECTING, PacketType.CONNECT): (Reaction.CONNECT, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTING, PacketType.HEARTBEAT): (Reaction.ANSWER_HEARTBEAT, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, PacketType.MESSAGE): (Reaction.IGNORE, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, PacketType.JSON): (Reaction.IGNORE, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, PacketType.EVENT): (Reaction.DELIVER, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, PacketType.ACK): (Reaction.ACKNOWLEDGE, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, PacketType.ERROR): (Reaction.FAIL, ConnectionState.CLOSED),
    (ConnectionState.CONNECTED, PacketType.DISCONNECT): (Reaction.CLOSE, ConnectionState.CLOSED),
    (ConnectionState.CONNECTED, PacketType.CONNECT): (Reaction.IGNORE, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.HEARTBEAT): (Reaction.ANSWER_HEARTBEAT, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.MESSAGE): (Reaction.IGNORE, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.JSON): (Reaction.IGNORE, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.EVENT): (Reaction.DELIVER, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.ACK): (Reaction.ACKNOWLEDGE, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, PacketType.ERROR): (Reaction.FAIL, ConnectionState.CLOSED),
    **{(ConnectionState.CLOSED, kind): (Reaction.IGNORE, ConnectionState.CLOSED) for kind in PacketType},
}


class EventProtocol:
    """The protocol of one connection, from the open websocket to its end.

    *now* is the present time. All limits are in seconds. After *heartbeat_timeout*, which the server's handshake
    states, a silent server is considered gone; None means that it sends no heartbeats and may be silent. The server
    must be ready within *ready_timeout* and acknowledge each event within *ack_timeout*.
    """

    def __init__(
        self,
        now: float,
        heartbeat_timeout: float | None,
        *,
        ready_timeout: float = READY_TIMEOUT_SECONDS,
        ack_timeout: float = ACK_TIMEOUT_SECONDS,
    ) -> None:
        self.state = ConnectionState.CONNECTING
        self._ready_deadline = now + ready_timeout
        self._last_received = now
        self._heartbeat_timeout = heartbeat_timeout
        self._ack_timeout = ack_timeout
        self._last_ack_id = 0
        #: By acknowledgement id. All have the same timeout, so the order of sending is the order of the deadlines.
        self._ack_deadlines: dict[int, float] = {}

    @property
    def unacknowledged(self) -> tuple[int, ...]:
        """The ids of sent events that were neither acknowledged nor timed out, oldest first."""
        return tuple(self._ack_deadlines)

    @property
    def next_deadline(self) -> float | None:
        """The time at which `tick` must be called unless a text arrives before; None for never."""
        if self.state is ConnectionState.CLOSED:
            return None
        silence = None if self._heartbeat_timeout is None else self._last_received + self._heartbeat_timeout
        # Nothing is sent before the server is ready, so there is never an acknowledgement to wait for as well.
        if self.state is ConnectionState.CONNECTING:
            answer = self._ready_deadline
        elif self._ack_deadlines:
            answer = next(iter(self._ack_deadlines.values()))
        else:
            return silence
        return answer if silence is None else min(answer, silence)

    def receive(self, text: str, now: float) -> list[Output]:
        """Process one text from the websocket and return the outputs in order.

        A malformed text gives `Malformed` and raises nothing: one bad packet is no reason to lose the connection.
        """
        if self.state is ConnectionState.CLOSED:
            return [_ignored("The connection is closed", text)]
        self._last_received = now
        try:
            packet = decode(text)
            reaction, state = TRANSITIONS[self.state, packet.type]
            outputs = self._react(reaction, packet)
        except ProtocolError as error:
            # The type comes first. A text without one may be a damaged event too.
            may_be_event = text[:1] not in _OTHER_TYPES
            return [Malformed(error.message, text[:_EXCERPT_LENGTH], may_be_event)]
        self.state = state
        return outputs

    def tick(self, now: float) -> list[Output]:
        """Return the outputs of the time being *now*: acknowledgements that timed out, or the end of the connection."""
        if self.state is ConnectionState.CLOSED:
            return []
        outputs: list[Output] = []
        while self._ack_deadlines:
            ack_id, deadline = next(iter(self._ack_deadlines.items()))
            if deadline > now:
                break
            del self._ack_deadlines[ack_id]
            outputs.append(AckTimedOut(ack_id))
        if self._heartbeat_timeout is not None and now >= self._last_received + self._heartbeat_timeout:
            outputs.append(self._close(f"The server was silent for {self._heartbeat_timeout:g} s", may_retry=True))
        elif self.state is ConnectionState.CONNECTING and now >= self._ready_deadline:
            outputs.append(self._close("The server did not send that it is ready", may_retry=True))
        return outputs

    def send_event(self, payload: Mapping[str, Any], now: float) -> tuple[int, str]:
        """Return the number by which the server will acknowledge an event, and the text to send.

        Raises `UsageError` unless connected, and `InvalidValue` for a payload that JSON cannot express.
        """
        if self.state is not ConnectionState.CONNECTED:
            raise UsageError(f"An event cannot be sent while the connection is {self.state.value}.")
        text = encode(event_packet(payload, self._last_ack_id + 1))
        # Only now: a payload that cannot be sent needs no acknowledgement.
        self._last_ack_id += 1
        self._ack_deadlines[self._last_ack_id] = now + self._ack_timeout
        return self._last_ack_id, text

    def disconnect(self) -> list[Output]:
        """Close the connection from this side, with a farewell to the server."""
        if self.state is ConnectionState.CLOSED:
            return []
        return [
            Send(encode(Packet(PacketType.DISCONNECT))),
            self._close("This side ended the connection", may_retry=False),
        ]

    def connection_lost(self, reason: str) -> list[Output]:
        """Close the connection because the websocket is gone, for *reason*."""
        return [] if self.state is ConnectionState.CLOSED else [self._close(reason, may_retry=True)]

    def _react(self, reaction: Reaction, packet: Packet) -> list[Output]:
        if reaction is Reaction.DELIVER:
            return self._deliver(packet)
        if reaction is Reaction.ACKNOWLEDGE:
            return [self._acknowledge(packet)]
        if reaction is Reaction.ANSWER_HEARTBEAT:
            return [Send(_HEARTBEAT)]
        if reaction is Reaction.CONNECT:
            return [Connected()]
        if reaction is Reaction.CLOSE:
            return [self._close("The server ended the connection", may_retry=True)]
        if reaction is Reaction.FAIL:
            return [self._fail(packet)]
        return [_ignored(f"A {packet.type.name} packet needs no reaction when {self.state.value}", packet.data)]

    def _deliver(self, packet: Packet) -> list[Output]:
        outputs: list[Output] = [EventReceived(event_payload(packet))]
        if packet.id is not None:
            # ftrack's server requests no acknowledgement; a Socket.IO server that does waits for it.
            outputs.append(Send(encode(ack_packet(packet.id, {"success": True}))))
        return outputs

    def _acknowledge(self, packet: Packet) -> Output:
        ack_id, arguments = ack_reply(packet)
        if ack_id not in self._ack_deadlines:
            return _ignored("The acknowledgement belongs to no event that waits for one", packet.data)
        del self._ack_deadlines[ack_id]
        if len(arguments) == 1 and isinstance(arguments[0], dict):
            return Acknowledged(ack_id, arguments[0])
        # An acknowledgement without arguments is Socket.IO's own: received, and no complaint.
        return Acknowledged(
            ack_id, {"success": True} if not arguments else {"success": False, "message": packet.data[:_EXCERPT_LENGTH]}
        )

    def _fail(self, packet: Packet) -> Closed:
        number = packet.data.partition("+")[0]
        reason = _ERROR_REASONS.get(number, printable(packet.data[:_EXCERPT_LENGTH]) or "no reason given")
        return self._close(f"The server reported an error: {reason}", may_retry=number != _UNAUTHORIZED)

    def _close(self, reason: str, *, may_retry: bool) -> Closed:
        unacknowledged = self.unacknowledged
        self._ack_deadlines.clear()
        self.state = ConnectionState.CLOSED
        return Closed(reason, may_retry, unacknowledged)


def _ignored(reason: str, text: str) -> Ignored:
    return Ignored(reason, text[:_EXCERPT_LENGTH])
