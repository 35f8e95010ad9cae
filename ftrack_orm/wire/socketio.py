"""Pure: Socket.IO 0.9 packets and handshakes as values, and their text format.

Facts (PROTOCOL 3.1): a packet is `type:[id[+]]:[endpoint]:[data]`; an event is
`5:::{"name":"ftrack.event","args":[...]}` with exactly one argument; an acknowledgement is
`6:::<id>+[{"success":true}]`, also with exactly one.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ftrack_orm.errors import InvalidValue, ProtocolError

from . import codec, json_text

#: The only event name that ftrack uses; its argument holds the topic.
EVENT_NAME = "ftrack.event"

#: The longest excerpt of a malformed packet in an error.
_EXCERPT_LENGTH = 200
#: The most digits of a packet's id: it fits into 64 bits. Python refuses to read numbers of more than 4,300 digits.
_MAX_ID_DIGITS = 18
_MAX_SESSION_ID_LENGTH = 1_000
#: The longest timeout of a handshake that is used. Clocks and sockets refuse larger numbers such as 1e300.
LONGEST_TIMEOUT_SECONDS = 86_400.0


class PacketType(enum.IntEnum):
    """The types of packets, with their numbers in Socket.IO."""

    DISCONNECT = 0
    CONNECT = 1
    HEARTBEAT = 2
    MESSAGE = 3
    JSON = 4
    EVENT = 5
    ACK = 6
    ERROR = 7


_TYPES = {str(int(kind)): kind for kind in PacketType}


@attrs.frozen
class Packet:
    """One packet.

    A packet with an *id* requests an acknowledgement; *wants_data_ack* (`+`) requests one with data. *endpoint* is
    empty in all packets of ftrack. An ACK has no id of its own: the id that it acknowledges is in its data.
    """

    type: PacketType
    data: str = ""
    id: int | None = None
    wants_data_ack: bool = False
    endpoint: str = ""


@attrs.frozen
class SocketHandshake:
    """The response to `GET /socket.io/1/`.

    *heartbeat_timeout* and *close_timeout* are seconds, or None where the server states none, and a day at most. After
    a silence of *heartbeat_timeout*, each side may consider the other gone.
    """

    session_id: str
    heartbeat_timeout: float | None
    close_timeout: float | None
    transports: tuple[str, ...]


def encode(packet: Packet) -> str:
    """Return the text of a packet."""
    number = "" if packet.id is None else str(packet.id)
    head = f"{int(packet.type)}:{number}{'+' if packet.wants_data_ack else ''}:{packet.endpoint}"
    return f"{head}:{packet.data}" if packet.data else head


def decode(text: str) -> Packet:
    """Return the packet of *text*; raises `ProtocolError` for a malformed text.

    A type alone (`0`) is a packet too: Socket.IO omits empty parts at the end.
    """
    # The data may contain colons.
    parts = text.split(":", 3)
    kind = _TYPES.get(parts[0])
    if kind is None or len(parts) == 2:
        raise _bad_packet("A Socket.IO packet is `type:[id[+]]:[endpoint]:[data]`", text)
    if len(parts) == 1:
        return Packet(kind)
    number, plus = parts[1], False
    if number.endswith("+"):
        number, plus = number[:-1], True
    if (number or plus) and not _is_number(number):
        raise _bad_packet(f"The id of a Socket.IO packet is a number of at most {_MAX_ID_DIGITS} digits", text)
    return Packet(kind, parts[3] if len(parts) == 4 else "", int(number) if number else None, plus, parts[2])


def event_packet(payload: Mapping[str, Any], ack_id: int | None) -> Packet:
    """Return the packet with an event's *payload*; with an *ack_id*, it requests an acknowledgement.

    Datetimes and references in the payload are encoded as ftrack does. Raises `InvalidValue` for values that JSON
    cannot express.
    """
    data = _json_text({"name": EVENT_NAME, "args": [payload]})
    return Packet(PacketType.EVENT, data, ack_id, wants_data_ack=ack_id is not None)


def event_payload(packet: Packet) -> dict[str, Any]:
    """Return the payload of an EVENT packet.

    Raises `ProtocolError` unless it is an `ftrack.event` with exactly one JSON object.
    """
    body = _json_value(packet.data)
    if not isinstance(body, dict) or body.get("name") != EVENT_NAME:
        raise _bad_packet(f"An event packet carries a JSON object with the name {EVENT_NAME!r}", packet.data)
    arguments = body.get("args")
    if not isinstance(arguments, list) or len(arguments) != 1 or not isinstance(arguments[0], dict):
        raise _bad_packet("An event packet has exactly one argument, a JSON object", packet.data)
    payload: dict[str, Any] = arguments[0]
    return payload


def ack_packet(ack_id: int, reply: Mapping[str, Any]) -> Packet:
    """Return the packet that acknowledges *ack_id* with one JSON object, such as `{"success": True}`."""
    return Packet(PacketType.ACK, f"{ack_id}+{_json_text([reply])}")


def ack_reply(packet: Packet) -> tuple[int, list[Any]]:
    """Return the id that an ACK packet acknowledges, and its arguments, which may be empty.

    Raises `ProtocolError` when the data is not `<id>` or `<id>+<JSON array>`.
    """
    number, plus, text = packet.data.partition("+")
    if not _is_number(number):
        raise _bad_packet("An acknowledgement starts with the id that it acknowledges", packet.data)
    arguments = _json_value(text) if plus and text else []
    if not isinstance(arguments, list):
        raise _bad_packet("An acknowledgement carries a JSON array", packet.data)
    return int(number), arguments


def parse_handshake(text: str) -> SocketHandshake:
    """Return the handshake of a response `session:heartbeat:close:transport,transport`.

    Raises `ProtocolError` for another format, such as the page of a proxy or a login form.
    """
    parts = text.strip().split(":")
    if len(parts) != 4 or not parts[0]:
        raise _bad_packet("A Socket.IO handshake is `session:heartbeat:close:transports`", text)
    session_id, heartbeat, close, transports = parts
    if len(session_id) > _MAX_SESSION_ID_LENGTH:
        raise _bad_packet(f"A Socket.IO session id has at most {_MAX_SESSION_ID_LENGTH} characters", text)
    return SocketHandshake(
        session_id,
        _seconds(heartbeat, text),
        _seconds(close, text),
        tuple(name.strip() for name in transports.split(",") if name.strip()),
    )


def handshake_text(
    session_id: str,
    heartbeat_timeout: float | None,
    close_timeout: float | None,
    transports: Iterable[str] = ("websocket",),
) -> str:
    """Return the text of a server's handshake response; times are in seconds, None is empty."""
    times = ("" if value is None else f"{value:g}" for value in (heartbeat_timeout, close_timeout))
    return ":".join((session_id, *times, ",".join(transports)))


def _is_number(text: str) -> bool:
    # `isdigit` alone also accepts superscripts, which `int` refuses.
    return len(text) <= _MAX_ID_DIGITS and text.isascii() and text.isdigit()


def _seconds(text: str, handshake: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise _bad_packet("The timeouts of a Socket.IO handshake are seconds", handshake)
    # 0 means that the server uses no such timeout.
    return min(value, LONGEST_TIMEOUT_SECONDS) or None


def _json_text(value: Any) -> str:
    try:
        try:
            return json_text.dumps(value).decode("utf-8")
        except TypeError:
            # The value is traversed only in the rare case that it contains other types than those of JSON.
            return json_text.dumps(codec.encode(value)).decode("utf-8")
    except (ValueError, RecursionError) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue(f"An event's data must be values that JSON can express: {error}.") from error


def _json_value(text: str) -> Any:
    try:
        return json_text.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad_packet("The data of a Socket.IO packet is JSON", text) from error


def _bad_packet(rule: str, text: str) -> ProtocolError:
    excerpt = text[:_EXCERPT_LENGTH]
    return ProtocolError(f"{rule}; the other side sent {excerpt!r}.", excerpt=excerpt)
