"""The connection's state machine: its whole table, its deadlines, and what holds for any sequence of packets."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ftrack_orm.errors import InvalidValue, UsageError
from ftrack_orm.events.connection.protocol import (
    TRANSITIONS,
    Acknowledged,
    AckTimedOut,
    Closed,
    Connected,
    ConnectionState,
    EventProtocol,
    EventReceived,
    Ignored,
    Output,
    Send,
)
from ftrack_orm.wire.socketio import Packet, PacketType, ack_packet, decode, encode, event_packet, event_payload

EVENT = '5:::{"name":"ftrack.event","args":[{"topic":"t"}]}'
SILENCE = 60.0
PATIENCE = 10.0


def connecting(heartbeat_timeout: float | None = SILENCE) -> EventProtocol:
    return EventProtocol(0.0, heartbeat_timeout, acknowledgement_timeout=PATIENCE)


def connected(heartbeat_timeout: float | None = SILENCE) -> EventProtocol:
    connection = connecting(heartbeat_timeout)
    assert connection.receive("1::", 0.0) == [Connected()]
    return connection


def closed() -> EventProtocol:
    connection = connected()
    connection.disconnect()
    return connection


def acknowledgement(ack_id: int, **reply: object) -> str:
    return encode(ack_packet(ack_id, reply))


# -- the table ----------------------------------------------------------------------------------------------------

READY = [Connected()]
BEAT = [Send("2::")]
DELIVERED = [EventReceived({"topic": "t"})]
ENDED = [Closed("The server ended the connection", may_retry=True)]
FAILED = [Closed("The server reported an error: client not handshaken", may_retry=True)]
IGNORED = "ignored"

#: state, packet as it arrives -> what comes out, the state afterwards; written down apart from the machine's own table.
TABLE: list[tuple[ConnectionState, str, list[Output] | str, ConnectionState]] = [
    (ConnectionState.CONNECTING, "0::", ENDED, ConnectionState.CLOSED),
    (ConnectionState.CONNECTING, "1::", READY, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTING, "2::", BEAT, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, "3:::hello", IGNORED, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, "4:::{}", IGNORED, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, EVENT, DELIVERED, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, "6:::1", IGNORED, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, "7:::1+0", FAILED, ConnectionState.CLOSED),
    (ConnectionState.CONNECTED, "0::", ENDED, ConnectionState.CLOSED),
    (ConnectionState.CONNECTED, "1::", IGNORED, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, "2::", BEAT, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, "3:::hello", IGNORED, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, "4:::{}", IGNORED, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, EVENT, DELIVERED, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, "6:::1", IGNORED, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, "7:::1+0", FAILED, ConnectionState.CLOSED),
    *(
        (ConnectionState.CLOSED, text, IGNORED, ConnectionState.CLOSED)
        for text in ("0::", "1::", "2::", "3:::hello", "4:::{}", EVENT, "6:::1", "7:::1+0")
    ),
]
MAKERS = {ConnectionState.CONNECTING: connecting, ConnectionState.CONNECTED: connected, ConnectionState.CLOSED: closed}


@pytest.mark.parametrize(
    ("state", "text", "outputs", "afterwards"), TABLE, ids=[f"{row[0].value}-{row[1][:9]}" for row in TABLE]
)
def test_each_packet_in_each_state(
    state: ConnectionState, text: str, outputs: list[Output] | str, afterwards: ConnectionState
) -> None:
    connection = MAKERS[state]()
    assert connection.state is state
    found = connection.receive(text, 1.0)
    if outputs == IGNORED:
        (only,) = found
        assert isinstance(only, Ignored)
        assert only.reason
    else:
        assert found == outputs
    assert connection.state is afterwards


def test_both_tables_are_complete() -> None:
    every = {(state, kind) for state in ConnectionState for kind in PacketType}
    assert set(TRANSITIONS) == every
    assert {(state, decode(text).type) for state, text, _, _ in TABLE} == every
    assert {(state, decode(text).type): after for state, text, _, after in TABLE} == {
        row: after for row, (_, after) in TRANSITIONS.items()
    }


# -- events and acknowledgements ----------------------------------------------------------------------------------


def test_an_event_is_sent_under_a_number_and_acknowledged_by_it() -> None:
    connection = connected()
    first, text = connection.send_event({"topic": "a"}, 1.0)
    second, _ = connection.send_event({"topic": "b"}, 1.0)
    packet = decode(text)
    assert (packet.type, packet.id, packet.wants_data_ack) == (PacketType.EVENT, first, True)
    assert event_payload(packet) == {"topic": "a"}
    assert connection.unacknowledged == (first, second)
    assert connection.receive(acknowledgement(second, success=True), 2.0) == [Acknowledged(second, {"success": True})]
    assert connection.receive(acknowledgement(first, success=False, message="no"), 2.0) == [
        Acknowledged(first, {"success": False, "message": "no"})
    ]
    assert connection.unacknowledged == ()


def test_an_acknowledgement_is_taken_once() -> None:
    connection = connected()
    ack_id, _ = connection.send_event({}, 0.0)
    text = acknowledgement(ack_id, success=True)
    assert isinstance(connection.receive(text, 0.0)[0], Acknowledged)
    assert connection.receive(text, 0.0) == [
        Ignored("Nothing waits for this acknowledgement (any more)", '1+[{"success":true}]')
    ]


def test_a_bare_acknowledgement_means_that_all_is_well() -> None:
    connection = connected()
    ack_id, _ = connection.send_event({}, 0.0)
    assert connection.receive(f"6:::{ack_id}", 0.0) == [Acknowledged(ack_id, {"success": True})]


@pytest.mark.parametrize("arguments", ["[1]", "[{},{}]", '["no"]'])
def test_an_acknowledgement_that_says_something_else_is_no_success(arguments: str) -> None:
    connection = connected()
    ack_id, _ = connection.send_event({}, 0.0)
    (output,) = connection.receive(f"6:::{ack_id}+{arguments}", 0.0)
    assert isinstance(output, Acknowledged)
    assert output.reply["success"] is False
    assert arguments in output.reply["message"]


def test_an_acknowledgement_that_does_not_come_is_given_up_in_time() -> None:
    connection = connected(heartbeat_timeout=None)
    first, _ = connection.send_event({}, 1.0)
    second, _ = connection.send_event({}, 2.0)
    assert connection.next_deadline == 1.0 + PATIENCE
    assert connection.tick(10.9) == []
    assert connection.tick(11.0) == [AckTimedOut(first)]
    assert connection.next_deadline == 2.0 + PATIENCE
    assert connection.tick(50.0) == [AckTimedOut(second)]
    assert connection.next_deadline is None
    assert connection.state is ConnectionState.CONNECTED
    assert isinstance(connection.receive(acknowledgement(first, success=True), 51.0)[0], Ignored)


def test_an_event_whose_sender_asks_for_it_is_acknowledged() -> None:
    text = encode(event_packet({"topic": "t"}, 9))
    assert connected().receive(text, 0.0) == [
        EventReceived({"topic": "t"}),
        Send('6:::9+[{"success":true}]'),
    ]


@pytest.mark.parametrize("make", [connecting, closed])
def test_nothing_is_sent_unless_connected(make: type[EventProtocol]) -> None:
    connection = make()
    with pytest.raises(UsageError, match=connection.state.value):
        connection.send_event({}, 0.0)


def test_what_cannot_be_sent_is_not_waited_for() -> None:
    connection = connected()
    with pytest.raises(InvalidValue):
        connection.send_event({"data": object()}, 0.0)
    assert connection.unacknowledged == ()
    assert connection.send_event({}, 0.0)[0] == 1


@pytest.mark.parametrize("text", ["", "nonsense", "5:::{", '5:::{"name":"other","args":[{}]}', "6:::x", "9::", "5:1"])
def test_what_makes_no_sense_is_reported_and_does_not_end_the_connection(text: str) -> None:
    connection = connected()
    (output,) = connection.receive(text, 1.0)
    assert isinstance(output, Ignored)
    assert output.text == text
    assert connection.state is ConnectionState.CONNECTED
    assert connection.receive(EVENT, 2.0) == DELIVERED


def test_only_the_beginning_of_what_is_ignored_is_shown() -> None:
    (output,) = connected().receive("3:::" + "x" * 10_000, 0.0)
    assert isinstance(output, Ignored)
    assert len(output.text) == 200


# -- the end ------------------------------------------------------------------------------------------------------


def test_a_silent_server_is_taken_for_gone() -> None:
    connection = connected()
    assert connection.next_deadline == SILENCE
    assert connection.tick(SILENCE - 0.1) == []
    ack_id, _ = connection.send_event({}, SILENCE - 0.1)
    assert connection.tick(SILENCE) == [
        Closed("The server was silent for 60 s", may_retry=True, unacknowledged=(ack_id,))
    ]
    assert connection.state is ConnectionState.CLOSED
    assert connection.next_deadline is None
    assert connection.tick(1000.0) == []


def test_a_server_that_never_says_it_is_ready_is_taken_for_gone() -> None:
    connection = connecting()
    assert connection.next_deadline == SILENCE
    assert isinstance(connection.tick(SILENCE)[0], Closed)


@pytest.mark.parametrize("text", ["2::", "1::", EVENT, "6:::5", "nonsense"])
def test_whatever_arrives_is_a_sign_of_life(text: str) -> None:
    connection = connected()
    connection.receive(text, 50.0)
    assert connection.next_deadline == 50.0 + SILENCE
    assert connection.tick(SILENCE) == []


def test_a_server_without_heartbeats_may_be_silent() -> None:
    connection = connected(heartbeat_timeout=None)
    assert connection.next_deadline is None
    assert connection.tick(1e9) == []


def test_acknowledgements_overdue_are_told_before_the_end() -> None:
    connection = connected()
    overdue, _ = connection.send_event({}, 0.0)
    waiting, _ = connection.send_event({}, SILENCE - 1)
    assert connection.tick(SILENCE) == [
        AckTimedOut(overdue),
        Closed("The server was silent for 60 s", may_retry=True, unacknowledged=(waiting,)),
    ]


def test_leaving_says_goodbye_once() -> None:
    connection = connected()
    ack_id, _ = connection.send_event({}, 0.0)
    assert connection.disconnect() == [
        Send("0::"),
        Closed("This side ended the connection", may_retry=False, unacknowledged=(ack_id,)),
    ]
    assert connection.disconnect() == []
    assert connection.line_lost("reset") == []


def test_a_lost_line_tells_what_was_not_acknowledged() -> None:
    connection = connected()
    first, _ = connection.send_event({}, 0.0)
    second, _ = connection.send_event({}, 0.0)
    connection.receive(acknowledgement(first, success=True), 0.0)
    assert connection.line_lost("Connection reset") == [
        Closed("Connection reset", may_retry=True, unacknowledged=(second,))
    ]
    assert connection.line_lost("Connection reset") == []


@pytest.mark.parametrize(
    ("data", "reason", "may_retry"),
    [
        ("0", "transport not supported", True),
        ("1+0", "client not handshaken", True),
        ("2", "unauthorized", False),
        ("2+0", "unauthorized", False),
        ("out of order", "out of order", True),
        ("", "no reason given", True),
    ],
)
def test_an_error_ends_the_connection_and_says_whether_another_may_do(data: str, reason: str, may_retry: bool) -> None:
    text = encode(Packet(PacketType.ERROR, data))
    assert connected().receive(text, 0.0) == [Closed(f"The server reported an error: {reason}", may_retry)]


# -- any sequence -------------------------------------------------------------------------------------------------

json_texts = st.dictionaries(st.text(max_size=3), st.integers(), max_size=2).map(json.dumps)
packet_texts = st.one_of(
    st.builds(
        lambda kind, number, data: f"{kind}:{number}::{data}",
        st.integers(0, 8),
        st.sampled_from(["", "1", "2+", "x"]),
        st.one_of(
            st.sampled_from(["", "1+[]", "1", "2+0", '{"name":"ftrack.event","args":[{}]}']),
            json_texts,
            st.text(max_size=4),
        ),
    ),
    st.text(max_size=8),
)


class AnyConversation(RuleBasedStateMachine):
    """Whatever the server sends and whenever, each event sent ends in exactly one of three ways."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.connection = connecting()
        self.sent: list[int] = []
        self.ends: dict[int, str] = {}
        self.closings = 0

    def note(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Acknowledged):
                self.end(output.id, "acknowledged")
            elif isinstance(output, AckTimedOut):
                self.end(output.id, "given up")
            elif isinstance(output, Closed):
                self.closings += 1
                for ack_id in output.unacknowledged:
                    self.end(ack_id, "unacknowledged")

    def end(self, ack_id: int, how: str) -> None:
        assert ack_id in self.sent
        assert ack_id not in self.ends, f"{ack_id} was {self.ends[ack_id]} and is {how}"
        self.ends[ack_id] = how

    @rule(text=packet_texts)
    def receive(self, text: str) -> None:
        was_closed = self.connection.state is ConnectionState.CLOSED
        outputs = self.connection.receive(text, self.now)
        assert outputs, "nothing is passed over without a word"
        assert not was_closed or all(isinstance(output, Ignored) for output in outputs)
        self.note(outputs)

    @precondition(lambda self: self.connection.state is ConnectionState.CONNECTING)
    @rule()
    def become_ready(self) -> None:
        self.note(self.connection.receive("1::", self.now))
        assert self.connection.state is ConnectionState.CONNECTED

    @precondition(lambda self: self.connection.state is ConnectionState.CONNECTED)
    @rule()
    def send(self) -> None:
        ack_id, _ = self.connection.send_event({"topic": "t"}, self.now)
        assert ack_id not in self.sent
        self.sent.append(ack_id)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        self.note(
            self.connection.receive(acknowledgement(data.draw(st.sampled_from(self.sent)), success=True), self.now)
        )

    @rule(seconds=st.floats(0.0, 30.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.note(self.connection.tick(self.now))
        deadline = self.connection.next_deadline
        assert deadline is None or deadline > self.now, "a deadline that has passed would make the caller spin"

    @rule()
    def wake_too_early(self) -> None:
        """A tick before the deadline changes nothing."""
        deadline = self.connection.next_deadline
        if deadline is not None and deadline > self.now:
            assert self.connection.tick(self.now) == []

    @rule(leave=st.sampled_from(["disconnect", "line_lost"]))
    def end_it(self, leave: str) -> None:
        self.note(self.connection.disconnect() if leave == "disconnect" else self.connection.line_lost("gone"))
        assert self.connection.state is ConnectionState.CLOSED

    @invariant()
    def each_event_is_waited_for_or_ended(self) -> None:
        waiting = set(self.connection.unacknowledged)
        assert waiting.isdisjoint(self.ends)
        assert waiting | set(self.ends) == set(self.sent)
        assert self.closings == (self.connection.state is ConnectionState.CLOSED)


TestAnyConversation = AnyConversation.TestCase


@given(st.lists(packet_texts, max_size=20))
def test_the_same_packets_at_the_same_times_give_the_same_outputs(texts: list[str]) -> None:
    one, other = connecting(), connecting()
    for number, text in enumerate(texts):
        assert one.receive(text, float(number)) == other.receive(text, float(number))
        assert one.next_deadline == other.next_deadline
