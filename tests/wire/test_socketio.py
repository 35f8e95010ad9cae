"""Socket.IO packets and handshakes: from text to values and back, and the texts that are refused."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import InvalidValue, ProtocolError
from ftrack_orm.values import Reference
from ftrack_orm.wire.socketio import (
    LONGEST_TIMEOUT_SECONDS,
    Packet,
    PacketType,
    SocketHandshake,
    ack_packet,
    ack_reply,
    decode,
    encode,
    event_packet,
    event_payload,
    handshake_text,
    parse_handshake,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
json_values = st.recursive(
    st.sampled_from([None, True, False, 0, -1, 2**70, 0.5, 1e300]) | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(texts, json_values, max_size=3)
numbers = st.integers(min_value=0, max_value=10**12)


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    number = draw(st.none() | numbers)
    endpoint = draw(st.text(st.sampled_from("abc/?=&.-"), max_size=6))
    plus = draw(st.booleans()) if number is not None else False
    return Packet(draw(st.sampled_from(PacketType)), draw(texts), number, plus, endpoint)


@given(packets())
def test_a_packet_is_decoded_from_its_text(packet: Packet) -> None:
    assert decode(encode(packet)) == packet


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        # The packets that the server, the official Python client and the JavaScript client send (PROTOCOL 3.1).
        ("1::", Packet(PacketType.CONNECT)),
        ("2::", Packet(PacketType.HEARTBEAT)),
        ("2:::", Packet(PacketType.HEARTBEAT)),
        ("0", Packet(PacketType.DISCONNECT)),
        ("0::/chat", Packet(PacketType.DISCONNECT, endpoint="/chat")),
        ("3:1::blabla", Packet(PacketType.MESSAGE, "blabla", id=1)),
        ('4:2+::{"a":"b"}', Packet(PacketType.JSON, '{"a":"b"}', id=2, wants_data_ack=True)),
        ('5:::{"name":"x"}', Packet(PacketType.EVENT, '{"name":"x"}')),
        ('6:::7+[{"success":true}]', Packet(PacketType.ACK, '7+[{"success":true}]')),
        ("7:::1+0", Packet(PacketType.ERROR, "1+0")),
    ],
)
def test_the_packets_of_server_and_official_clients_are_decoded(text: str, packet: Packet) -> None:
    assert decode(text) == packet


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8::",
        "10::",
        "x::",
        "-1::",
        " 1::",
        "5:1",
        "5:one::{}",
        "5:-1::{}",
        "5:+::{}",
        "5:++::{}",
        "5:²::{}",
        "hello",
    ],
)
def test_a_malformed_packet_is_refused_with_an_excerpt(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(text)
    assert caught.value.excerpt == text


@pytest.mark.parametrize(
    "read",
    [
        lambda digits: decode(f"5:{digits}::{{}}"),
        lambda digits: decode(f"5:{digits}+::{{}}"),
        lambda digits: ack_reply(Packet(PacketType.ACK, digits)),
        lambda digits: ack_reply(Packet(PacketType.ACK, f"1+[{digits}]")),
        lambda digits: event_payload(
            Packet(PacketType.EVENT, f'{{"name":"ftrack.event","args":[{{"data":{digits}}}]}}')
        ),
    ],
    ids=["id", "id with data", "acknowledged id", "acknowledged data", "event"],
)
def test_a_number_of_thousands_of_digits_is_refused_with_a_short_excerpt(read: Callable[[str], object]) -> None:
    with pytest.raises(ProtocolError) as caught:
        read("9" * 5_000)
    assert len(caught.value.excerpt) < 1_000
    assert len(str(caught.value)) < 1_000


@given(json_objects, st.none() | numbers)
def test_an_event_is_decoded_from_its_packet(payload: dict[str, object], ack_id: int | None) -> None:
    packet = decode(encode(event_packet(payload, ack_id)))
    assert event_payload(packet) == payload
    assert (packet.type, packet.id, packet.wants_data_ack) == (PacketType.EVENT, ack_id, ack_id is not None)


def test_an_event_has_the_text_of_the_official_clients() -> None:
    assert encode(event_packet({"topic": "été"}, None)) == '5:::{"name":"ftrack.event","args":[{"topic":"été"}]}'
    assert encode(event_packet({}, 12)) == '5:12+::{"name":"ftrack.event","args":[{}]}'


def test_datetimes_and_entities_in_an_event_are_encoded_as_ftrack_does() -> None:
    moment = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone.utc)
    payload = {"data": {"at": moment, "of": Reference("Task", (("id", "t1"),)), "ids": {"a"}}}
    assert event_payload(event_packet(payload, None)) == {
        "data": {
            "at": {"__type__": "datetime", "value": "2024-05-01T12:00:00"},
            "of": {"__entity_type__": "Task", "id": "t1"},
            "ids": ["a"],
        }
    }


def _endless() -> dict[str, object]:
    payload: dict[str, object] = {}
    payload["self"] = payload
    return payload


@pytest.mark.parametrize(
    "payload",
    [
        {"data": object()},
        {"data": float("nan")},
        {"data": "\ud800"},
        {"data": datetime.datetime(2024, 5, 1)},
        _endless(),
    ],
    ids=["object", "nan", "half a character", "naive datetime", "endless"],
)
def test_data_that_json_cannot_express_is_refused_before_it_is_sent(payload: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        event_packet(payload, 1)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[]",
        "null",
        '{"name":"other","args":[{}]}',
        '{"args":[{}]}',
        '{"name":"ftrack.event"}',
        '{"name":"ftrack.event","args":[]}',
        '{"name":"ftrack.event","args":[{},{}]}',
        '{"name":"ftrack.event","args":["text"]}',
        '{"name":"ftrack.event","args":{"0":{}}}',
        "[" * 100_000,
    ],
    ids=lambda data: data[:40],
)
def test_an_event_without_exactly_one_object_is_refused(data: str) -> None:
    with pytest.raises(ProtocolError):
        event_payload(Packet(PacketType.EVENT, data))


@given(numbers, json_objects)
def test_an_acknowledgement_is_decoded_from_its_packet(ack_id: int, reply: dict[str, object]) -> None:
    assert ack_reply(decode(encode(ack_packet(ack_id, reply)))) == (ack_id, [reply])


def test_an_acknowledgement_has_the_text_that_the_official_python_client_needs() -> None:
    assert encode(ack_packet(3, {"success": True})) == '6:::3+[{"success":true}]'


@pytest.mark.parametrize("data", ["5", "5+"])
def test_an_acknowledgement_may_have_no_arguments(data: str) -> None:
    assert ack_reply(Packet(PacketType.ACK, data)) == (5, [])


@pytest.mark.parametrize("data", ["", "+[]", "x+[]", "-1+[]", "1+{", '1+{"a":1}', "1 +[]"])
def test_a_malformed_acknowledgement_is_refused(data: str) -> None:
    with pytest.raises(ProtocolError):
        ack_reply(Packet(PacketType.ACK, data))


def test_a_handshake_is_parsed_with_its_times_in_seconds() -> None:
    assert parse_handshake("abc:60:65:websocket,xhr-polling\n") == SocketHandshake(
        "abc", 60.0, 65.0, ("websocket", "xhr-polling")
    )


@pytest.mark.parametrize("text", ["abc:::websocket", "abc:0:0:websocket"])
def test_a_server_without_heartbeats_has_no_times(text: str) -> None:
    assert parse_handshake(text) == SocketHandshake("abc", None, None, ("websocket",))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "abc:60:60",
        ":60:60:websocket",
        "a:b:60:websocket",
        "a:60:-1:websocket",
        "a:nan:1:w",
        "<html>a:b:c</html>",
    ],
)
def test_a_malformed_handshake_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        parse_handshake(text)


@given(
    st.text(st.sampled_from("0123456789abcdef-"), min_size=1),
    st.none() | st.integers(1, 10_000),
    st.none() | st.integers(1, 10_000),
    st.lists(st.sampled_from(["websocket", "xhr-polling", "jsonp-polling"]), unique=True),
)
def test_a_handshake_is_parsed_from_its_text(
    session_id: str, heartbeat: int | None, close: int | None, transports: list[str]
) -> None:
    handshake = SocketHandshake(session_id, heartbeat, close, tuple(transports))
    assert parse_handshake(handshake_text(session_id, heartbeat, close, transports)) == handshake


def test_the_timeouts_of_a_handshake_are_limited() -> None:
    handshake = parse_handshake("s:1e300:99999999999999999999:websocket")
    assert (handshake.heartbeat_timeout, handshake.close_timeout) == (LONGEST_TIMEOUT_SECONDS, LONGEST_TIMEOUT_SECONDS)
