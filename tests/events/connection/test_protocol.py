"""The connection's protocol: its whole table, its deadlines, and the rules that hold for any sequence of packets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ftrack_orm.errors import InvalidValue, UsageError
from ftrack_orm.events.connection.protocol import (
    READY_TIMEOUT_SECONDS,
    TRANSITIONS,
    ConnectionState,
    EventProtocol,
)
from ftrack_orm.events.connection.protocol_outputs import (
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
from ftrack_orm.wire.socketio import Packet, PacketType, ack_packet, decode, encode, event_packet, event_payload

EVENT = '5:::{"name":"ftrack.event","args":[{"topic":"t"}]}'
HEARTBEAT_TIMEOUT = 60.0
ACK_TIMEOUT = 10.0


def connecting(heartbeat_timeout: float | None = HEARTBEAT_TIMEOUT) -> EventProtocol:
    return EventProtocol(0.0, heartbeat_timeout, ack_timeout=ACK_TIMEOUT)


def connected(heartbeat_timeout: float | None = HEARTBEAT_TIMEOUT) -> EventProtocol:
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

READY: list[Output] = [Connected()]
HEARTBEAT: list[Output] = [Send("2::")]
DELIVERED: list[Output] = [EventReceived({"topic": "t"})]
ENDED: list[Output] = [Closed("The server ended the connection", may_retry=True)]
FAILED: list[Output] = [Closed("The server reported an error: client not handshaken", may_retry=True)]
IGNORED = "ignored"

#: state, received packet -> outputs, next state; written down apart from the machine's own table.
TABLE: list[tuple[ConnectionState, str, list[Output] | str, ConnectionState]] = [
    (ConnectionState.CONNECTING, "0::", ENDED, ConnectionState.CLOSED),
    (ConnectionState.CONNECTING, "1::", READY, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTING, "2::", HEARTBEAT, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, "3:::hello", IGNORED, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, "4:::{}", IGNORED, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, EVENT, DELIVERED, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, "6:::1", IGNORED, ConnectionState.CONNECTING),
    (ConnectionState.CONNECTING, "7:::1+0", FAILED, ConnectionState.CLOSED),
    (ConnectionState.CONNECTED, "0::", ENDED, ConnectionState.CLOSED),
    (ConnectionState.CONNECTED, "1::", IGNORED, ConnectionState.CONNECTED),
    (ConnectionState.CONNECTED, "2::", HEARTBEAT, ConnectionState.CONNECTED),
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
    actual = connection.receive(text, 1.0)
    if outputs == IGNORED:
        (output,) = actual
        assert isinstance(output, Ignored)
        assert output.reason
    else:
        assert actual == outputs
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
    assert not connection.unacknowledged


def test_an_acknowledgement_counts_once() -> None:
    connection = connected()
    ack_id, _ = connection.send_event({}, 0.0)
    text = acknowledgement(ack_id, success=True)
    assert isinstance(connection.receive(text, 0.0)[0], Acknowledged)
    assert connection.receive(text, 0.0) == [
        Ignored("The acknowledgement belongs to no event that waits for one", '1+[{"success":true}]')
    ]


def test_an_acknowledgement_without_arguments_means_success() -> None:
    connection = connected()
    ack_id, _ = connection.send_event({}, 0.0)
    assert connection.receive(f"6:::{ack_id}", 0.0) == [Acknowledged(ack_id, {"success": True})]


@pytest.mark.parametrize("arguments", ["[1]", "[{},{}]", '["no"]'])
def test_an_acknowledgement_with_other_arguments_is_no_success(arguments: str) -> None:
    connection = connected()
    ack_id, _ = connection.send_event({}, 0.0)
    (output,) = connection.receive(f"6:::{ack_id}+{arguments}", 0.0)
    assert isinstance(output, Acknowledged)
    assert output.reply["success"] is False
    assert arguments in output.reply["message"]


def test_an_acknowledgement_that_is_not_received_times_out() -> None:
    connection = connected(heartbeat_timeout=None)
    first, _ = connection.send_event({}, 1.0)
    second, _ = connection.send_event({}, 2.0)
    assert connection.next_deadline == 1.0 + ACK_TIMEOUT
    assert connection.tick(10.9) == []
    assert connection.tick(11.0) == [AckTimedOut(first)]
    assert connection.next_deadline == 2.0 + ACK_TIMEOUT
    assert connection.tick(50.0) == [AckTimedOut(second)]
    assert connection.next_deadline is None
    assert connection.state is ConnectionState.CONNECTED
    assert isinstance(connection.receive(acknowledgement(first, success=True), 51.0)[0], Ignored)


def test_an_event_is_acknowledged_if_its_packet_requests_it() -> None:
    text = encode(event_packet({"topic": "t"}, 9))
    assert connected().receive(text, 0.0) == [
        EventReceived({"topic": "t"}),
        Send('6:::9+[{"success":true}]'),
    ]


@pytest.mark.parametrize("make", [connecting, closed])
def test_nothing_is_sent_unless_connected(make: Callable[[], EventProtocol]) -> None:
    connection = make()
    with pytest.raises(UsageError, match=connection.state.value):
        connection.send_event({}, 0.0)


def test_no_acknowledgement_is_expected_for_an_event_that_cannot_be_sent() -> None:
    connection = connected()
    with pytest.raises(InvalidValue):
        connection.send_event({"data": object()}, 0.0)
    assert not connection.unacknowledged
    assert connection.send_event({}, 0.0)[0] == 1


@pytest.mark.parametrize(
    "text", ["", "nonsense", "5:::{", '5:::{"name":"other","args":[{}]}', "6:::x", "9::", "5:1", f"6:::{10**18}+[]"]
)
def test_a_malformed_text_is_ignored_and_does_not_end_the_connection(text: str) -> None:
    connection = connected()
    (output,) = connection.receive(text, 1.0)
    assert isinstance(output, Malformed)
    assert output.text == text
    assert output.may_be_event is not text.startswith("6")
    assert connection.state is ConnectionState.CONNECTED
    assert connection.receive(EVENT, 2.0) == DELIVERED


def test_only_the_beginning_of_an_ignored_text_is_kept() -> None:
    (output,) = connected().receive("3:::" + "x" * 10_000, 0.0)
    assert isinstance(output, Ignored)
    assert len(output.text) == 200


# -- the end ------------------------------------------------------------------------------------------------------


def test_a_silent_server_is_considered_gone() -> None:
    connection = connected()
    assert connection.next_deadline == HEARTBEAT_TIMEOUT
    assert connection.tick(HEARTBEAT_TIMEOUT - 0.1) == []
    ack_id, _ = connection.send_event({}, HEARTBEAT_TIMEOUT - 0.1)
    assert connection.tick(HEARTBEAT_TIMEOUT) == [
        Closed("The server was silent for 60 s", may_retry=True, unacknowledged=(ack_id,))
    ]
    assert connection.state is ConnectionState.CLOSED
    assert connection.next_deadline is None
    assert connection.tick(1000.0) == []


@pytest.mark.parametrize("heartbeat_timeout", [HEARTBEAT_TIMEOUT, None])
def test_a_server_that_does_not_become_ready_is_considered_gone(heartbeat_timeout: float | None) -> None:
    connection = connecting(heartbeat_timeout)
    connection.receive("2::", READY_TIMEOUT_SECONDS - 1)
    assert connection.next_deadline == READY_TIMEOUT_SECONDS
    assert connection.tick(READY_TIMEOUT_SECONDS - 0.1) == []
    assert connection.tick(READY_TIMEOUT_SECONDS) == [
        Closed("The server did not send that it is ready", may_retry=True)
    ]
    assert connection.state is ConnectionState.CLOSED
    assert connection.next_deadline is None


def test_a_server_that_is_silent_before_it_is_ready_is_considered_gone_after_the_shorter_limit() -> None:
    connection = connecting(heartbeat_timeout=20.0)
    assert connection.next_deadline == 20.0
    assert connection.tick(20.0) == [Closed("The server was silent for 20 s", may_retry=True)]


def test_the_limit_for_becoming_ready_ends_when_the_server_is_ready() -> None:
    connection = connected(heartbeat_timeout=None)
    assert connection.next_deadline is None
    assert connection.tick(READY_TIMEOUT_SECONDS) == []


@pytest.mark.parametrize("text", ["2::", "1::", EVENT, "6:::5", "nonsense"])
def test_any_text_shows_that_the_server_is_alive(text: str) -> None:
    connection = connected()
    connection.receive(text, 50.0)
    assert connection.next_deadline == 50.0 + HEARTBEAT_TIMEOUT
    assert connection.tick(HEARTBEAT_TIMEOUT) == []


def test_a_server_without_heartbeats_may_be_silent() -> None:
    connection = connected(heartbeat_timeout=None)
    assert connection.next_deadline is None
    assert connection.tick(1e9) == []


def test_acknowledgements_time_out_before_the_connection_ends() -> None:
    connection = connected()
    timed_out, _ = connection.send_event({}, 0.0)
    waiting, _ = connection.send_event({}, HEARTBEAT_TIMEOUT - 1)
    assert connection.tick(HEARTBEAT_TIMEOUT) == [
        AckTimedOut(timed_out),
        Closed("The server was silent for 60 s", may_retry=True, unacknowledged=(waiting,)),
    ]


def test_disconnecting_sends_a_farewell_once() -> None:
    connection = connected()
    ack_id, _ = connection.send_event({}, 0.0)
    assert connection.disconnect() == [
        Send("0::"),
        Closed("This side ended the connection", may_retry=False, unacknowledged=(ack_id,)),
    ]
    assert connection.disconnect() == []
    assert connection.connection_lost("reset") == []


def test_a_lost_connection_returns_the_unacknowledged_ids() -> None:
    connection = connected()
    first, _ = connection.send_event({}, 0.0)
    second, _ = connection.send_event({}, 0.0)
    connection.receive(acknowledgement(first, success=True), 0.0)
    assert connection.connection_lost("Connection reset") == [
        Closed("Connection reset", may_retry=True, unacknowledged=(second,))
    ]
    assert connection.connection_lost("Connection reset") == []


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
def test_an_error_ends_the_connection_and_determines_whether_to_retry(data: str, reason: str, may_retry: bool) -> None:
    text = encode(Packet(PacketType.ERROR, data))
    assert connected().receive(text, 0.0) == [Closed(f"The server reported an error: {reason}", may_retry)]


# -- any sequence -------------------------------------------------------------------------------------------------

#: Cheap to generate: parts that are valid, nearly valid and wrong, joined in every combination.
packet_texts = st.one_of(
    st.builds(
        "{}:{}::{}".format,
        st.sampled_from("0123456789"),
        st.sampled_from(["", "1", "2+", "x"]),
        st.sampled_from(["", "1+[]", "1", "2+0", '{"name":"ftrack.event","args":[{}]}', '{"a":1}', "[", "\u2603"]),
    ),
    st.sampled_from(["", ":", "::", "5", "1:", "5:1", "9::", "\u00b2::", " 1::", "not a packet"]),
)


class AnyConversation(RuleBasedStateMachine):
    """For any packets at any times, each sent event ends in exactly one of three ways."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.connection = connecting()
        self.sent: list[int] = []
        self.ends: dict[int, str] = {}
        self.closings = 0

    def record(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Acknowledged):
                self.end(output.id, "acknowledged")
            elif isinstance(output, AckTimedOut):
                self.end(output.id, "timed out")
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
        assert outputs, "each text has an output"
        assert not was_closed or all(isinstance(output, Ignored) for output in outputs)
        self.record(outputs)

    @precondition(lambda self: self.connection.state is ConnectionState.CONNECTING)
    @rule()
    def become_ready(self) -> None:
        self.record(self.connection.receive("1::", self.now))
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
        self.record(
            self.connection.receive(acknowledgement(data.draw(st.sampled_from(self.sent)), success=True), self.now)
        )

    @rule(seconds=st.floats(0.0, 30.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.record(self.connection.tick(self.now))
        deadline = self.connection.next_deadline
        assert deadline is None or deadline > self.now, "a deadline that has passed would make the caller spin"

    @rule()
    def wake_too_early(self) -> None:
        """Call `tick` before the deadline, which has no effect."""
        deadline = self.connection.next_deadline
        if deadline is not None and deadline > self.now:
            assert self.connection.tick(self.now) == []

    @rule(is_lost=st.booleans())
    def close(self, is_lost: bool) -> None:
        self.record(self.connection.connection_lost("gone") if is_lost else self.connection.disconnect())
        assert self.connection.state is ConnectionState.CLOSED

    @invariant()
    def each_event_awaits_its_acknowledgement_or_has_ended(self) -> None:
        waiting = set(self.connection.unacknowledged)
        assert waiting.isdisjoint(self.ends)
        assert waiting | set(self.ends) == set(self.sent)
        assert self.closings == (self.connection.state is ConnectionState.CLOSED)


TestAnyConversation = AnyConversation.TestCase
TestAnyConversation.settings = settings(stateful_step_count=25)


@given(st.lists(packet_texts, max_size=20))
def test_the_same_packets_at_the_same_times_give_the_same_outputs(texts: list[str]) -> None:
    one, other = connecting(), connecting()
    for number, text in enumerate(texts):
        assert one.receive(text, float(number)) == other.receive(text, float(number))
        assert one.next_deadline == other.next_deadline
