"""The outbox: the order over several connections, messages that are sent again, and completed ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import EventNotSent
from ftrack_orm.events.connection.outbox import Outbox, OutgoingMessage


def message(topic: object, **options: Any) -> OutgoingMessage:
    return OutgoingMessage({"topic": topic}, **options)


def send_all(outbox: Outbox, first_id: int = 1) -> list[Any]:
    """Take and send the queued messages; return their topics."""
    topics: list[Any] = []
    while (taken := outbox.take()) is not None:
        outbox.mark_sent(first_id + len(topics), taken)
        topics.append(taken.payload["topic"])
    return topics


def send_next(outbox: Outbox, ack_id: int) -> None:
    taken = outbox.take()
    assert taken is not None
    outbox.mark_sent(ack_id, taken)


def test_unacknowledged_messages_are_sent_again_first() -> None:
    outbox = Outbox(10)
    for topic in "abc":
        outbox.put(message(topic))
    assert send_all(outbox) == ["a", "b", "c"]
    sent = outbox.find(1)
    assert sent is not None
    assert sent.payload["topic"] == "a"
    outbox.acknowledge(1)
    assert outbox.find(1) is None
    outbox.put(message("d"))
    outbox.connection_lost()
    outbox.prepend([message("subscription", durable=False)])
    assert send_all(outbox) == ["subscription", "b", "c", "d"]


def test_messages_that_are_not_durable_end_with_the_connection() -> None:
    outbox = Outbox(10)
    outbox.put(message("a", durable=False))
    outbox.put(message("b", durable=False))
    send_next(outbox, 1)
    outbox.connection_lost()
    assert outbox.pending == 0
    assert outbox.drain(0)


def test_a_message_taken_when_the_connection_was_lost_is_kept() -> None:
    outbox = Outbox(10)
    outbox.put(message("a"))
    outbox.take()
    outbox.connection_lost()
    assert send_all(outbox) == ["a"]


def test_a_message_whose_acknowledgement_times_out_is_sent_once_more_and_then_given_up() -> None:
    outbox = Outbox(10)
    outbox.put(message("a"))
    send_all(outbox)
    assert outbox.ack_timed_out(1) is None
    assert send_all(outbox) == ["a"]
    given_up = outbox.ack_timed_out(1)
    assert given_up is not None
    assert given_up.payload["topic"] == "a"
    assert outbox.drain(0)
    assert outbox.ack_timed_out(7) is None


def test_more_messages_than_the_limit_are_refused_except_subscriptions() -> None:
    outbox = Outbox(1)
    outbox.put(message("a"))
    with pytest.raises(EventNotSent, match="The event b is not sent: 1 events"):
        outbox.put(message("b"))
    outbox.put(message("subscription", durable=False))


def test_an_unknown_acknowledgement_completes_nothing() -> None:
    outbox = Outbox(1)
    outbox.put(message("a"))
    outbox.acknowledge(1)
    assert not outbox.drain(0)


@given(st.lists(st.sampled_from(["put", "send", "acknowledge", "lose", "drop"]), max_size=40))
def test_each_message_is_acknowledged_once_or_still_there_and_in_order(steps: list[str]) -> None:
    outbox = Outbox(1000)
    put_count, last_id, acknowledged = 0, 0, 0
    sent: dict[int, OutgoingMessage] = {}
    for step in steps:
        if step == "put":
            outbox.put(message(put_count))
            put_count += 1
        elif step == "send" and (taken := outbox.take()) is not None:
            last_id += 1
            outbox.mark_sent(last_id, taken)
            sent[last_id] = taken
        elif step == "acknowledge" and sent:
            ack_id = min(sent)
            assert outbox.find(ack_id) is sent.pop(ack_id)
            outbox.acknowledge(ack_id)
            acknowledged += 1
        elif step == "lose":
            outbox.connection_lost()
            sent.clear()
        elif step == "drop":
            # Without effect: no message is taken at this point.
            outbox.drop()
    assert outbox.pending == put_count - acknowledged
    outbox.connection_lost()
    remaining = send_all(outbox)
    assert remaining == sorted(remaining)
    assert len(remaining) == put_count - acknowledged
