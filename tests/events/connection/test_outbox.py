"""The outbox: order over several connections, what is sent again, and what is settled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import EventNotSent
from ftrack_orm.events.connection.outbox import Outbox, OutgoingMessage


def letter(name, **options):
    return OutgoingMessage({"topic": name}, **options)


def send_all(outbox, first_id=1):
    """Take and send what waits; return the topics."""
    topics = []
    while (taken := outbox.take()) is not None:
        outbox.sent(first_id + len(topics), taken)
        topics.append(taken.payload["topic"])
    return topics


def test_what_was_not_acknowledged_is_sent_again_first():
    outbox = Outbox(10)
    for name in "abc":
        outbox.put(letter(name))
    assert send_all(outbox) == ["a", "b", "c"]
    assert outbox.find(1).payload["topic"] == "a"
    outbox.settle(1)
    assert outbox.find(1) is None
    outbox.put(letter("d"))
    outbox.line_lost()
    outbox.put_first([letter("hello", lasting=False)])
    assert send_all(outbox) == ["hello", "b", "c", "d"]


def test_what_was_for_one_line_only_ends_with_it():
    outbox = Outbox(10)
    outbox.put(letter("a", lasting=False))
    outbox.put(letter("b", lasting=False))
    outbox.sent(1, outbox.take())
    outbox.line_lost()
    assert outbox.unsettled == 0
    assert outbox.drain(0)


def test_a_letter_taken_when_the_line_broke_is_kept():
    outbox = Outbox(10)
    outbox.put(letter("a"))
    outbox.take()
    outbox.line_lost()
    assert send_all(outbox) == ["a"]


def test_an_overdue_letter_is_sent_once_more_and_then_given_up():
    outbox = Outbox(10)
    outbox.put(letter("a"))
    send_all(outbox)
    assert outbox.overdue(1) is None
    assert send_all(outbox) == ["a"]
    assert outbox.overdue(1).payload["topic"] == "a"
    assert outbox.drain(0)
    assert outbox.overdue(7) is None


def test_too_many_are_refused_but_for_subscriptions():
    outbox = Outbox(1)
    outbox.put(letter("a"))
    with pytest.raises(EventNotSent, match="b is one too many"):
        outbox.put(letter("b"))
    outbox.put(letter("subscription", lasting=False))


def test_an_unknown_acknowledgement_settles_nothing():
    outbox = Outbox(1)
    outbox.put(letter("a"))
    outbox.settle(1)
    assert not outbox.drain(0)


@given(st.lists(st.sampled_from(["put", "send", "settle", "lose", "discard"]), max_size=60))
def test_whatever_happens_each_letter_is_settled_once_or_still_there_and_in_order(steps):
    outbox = Outbox(1000)
    put, settled, numbers, sent = 0, [], 0, {}
    for step in steps:
        if step == "put":
            outbox.put(letter(put))
            put += 1
        elif step == "send" and (taken := outbox.take()) is not None:
            numbers += 1
            outbox.sent(numbers, taken)
            sent[numbers] = taken
        elif step == "settle" and sent:
            number = min(sent)
            assert outbox.find(number) is sent.pop(number)
            outbox.settle(number)
            settled.append(number)
        elif step == "lose":
            outbox.line_lost()
            sent.clear()
        elif step == "discard":
            outbox.discard()
    assert outbox.unsettled == put - len(settled)
    outbox.line_lost()
    remaining = send_all(outbox)
    assert remaining == sorted(remaining)
    assert len(remaining) == put - len(settled)
