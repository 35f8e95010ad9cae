"""Pure: Socket.IO 0.9 packets and handshakes as values, and the text in which they travel over a websocket.

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

#: The one event name ftrack uses; topics are inside of its argument.
EVENT_NAME = "ftrack.event"

#: How much of a bad packet an error shows.
_EXCERPT_LENGTH = 200


class PacketType(enum.IntEnum):
    """What a packet is for; the numbers are Socket.IO's."""

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

    *id* asks the other side to acknowledge it; *wants_data_ack* (`+`) says that the acknowledgement is to carry data.
    *endpoint* is empty for everything ftrack sends. An ACK has no id of its own: what it acknowledges is in its data.
    """

    type: PacketType
    data: str = ""
    id: int | None = None
    wants_data_ack: bool = False
    endpoint: str = ""


@attrs.frozen
class SocketHandshake:
    """What the server answers to `GET /socket.io/1/`.

    *heartbeat_timeout* and *close_timeout* are seconds, or None where the server states none; the first says after how
    long a silence each side may take the other for gone.
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
    """Return the packet that *text* is; raises `ProtocolError` when it is none.

    A type alone (`0`) is a packet too: Socket.IO leaves out what is empty at the end.
    """
    # The data may hold colons itself.
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
        raise _bad_packet("The id of a Socket.IO packet is a number", text)
    return Packet(kind, parts[3] if len(parts) == 4 else "", int(number) if number else None, plus, parts[2])


def event_packet(payload: Mapping[str, Any], ack_id: int | None) -> Packet:
    """Return the packet that carries an event's *payload*, acknowledged under *ack_id* unless that is None.

    Datetimes and references in the payload get the forms ftrack has for them. Raises `InvalidValue` for what has none.
    """
    data = _json_text({"name": EVENT_NAME, "args": [payload]})
    return Packet(PacketType.EVENT, data, ack_id, wants_data_ack=ack_id is not None)


def event_payload(packet: Packet) -> dict[str, Any]:
    """Return the payload an EVENT packet carries.

    Raises `ProtocolError` when it is not an `ftrack.event` with exactly one JSON object.
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
    """Return the packet that acknowledges *ack_id* with one object, such as `{"success": True}`."""
    return Packet(PacketType.ACK, f"{ack_id}+{_json_text([reply])}")


def ack_reply(packet: Packet) -> tuple[int, list[Any]]:
    """Return the id an ACK packet acknowledges and the arguments it carries (none for a bare acknowledgement).

    Raises `ProtocolError` when the data is not `<id>` or `<id>+<JSON array>`.
    """
    number, plus, text = packet.data.partition("+")
    if not _is_number(number):
        raise _bad_packet("An acknowledgement starts with the number of what it acknowledges", packet.data)
    arguments = _json_value(text) if plus and text else []
    if not isinstance(arguments, list):
        raise _bad_packet("An acknowledgement carries a JSON array", packet.data)
    return int(number), arguments


def parse_handshake(text: str) -> SocketHandshake:
    """Return the handshake in the server's answer `session:heartbeat:close:transport,transport`.

    Raises `ProtocolError` when it has another shape, as a proxy's or login page would.
    """
    parts = text.strip().split(":")
    if len(parts) != 4 or not parts[0]:
        raise _bad_packet("A Socket.IO handshake is `session:heartbeat:close:transports`", text)
    session_id, heartbeat, close, transports = parts
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
    """Return the text in which a server answers a handshake; times are in seconds, None stays empty."""
    times = ("" if value is None else f"{value:g}" for value in (heartbeat_timeout, close_timeout))
    return ":".join((session_id, *times, ",".join(transports)))


def _is_number(text: str) -> bool:
    # `isdigit` alone also accepts superscripts, which `int` does not read.
    return text.isascii() and text.isdigit()


def _seconds(text: str, handshake: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise _bad_packet("The timeouts of a Socket.IO handshake are seconds", handshake)
    # Socket.IO 0.9 servers state 0 when they do without.
    return value or None


def _json_text(value: Any) -> str:
    try:
        try:
            return json_text.dumps(value).decode("utf-8")
        except TypeError:
            # Rare, so the walk through the whole value is made only for events that hold more than JSON's own types.
            return json_text.dumps(codec.encode(value)).decode("utf-8")
    except (ValueError, RecursionError) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue(f"An event's data must be what JSON can express: {error}.") from error


def _json_value(text: str) -> Any:
    try:
        return json_text.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad_packet("The data of a Socket.IO packet is JSON", text) from error


def _bad_packet(rule: str, text: str) -> ProtocolError:
    excerpt = text[:_EXCERPT_LENGTH]
    return ProtocolError(f"{rule}; the other side sent {excerpt!r}.", excerpt=excerpt)
