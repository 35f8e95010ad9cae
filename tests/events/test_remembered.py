"""Texts of the server in bounded form: ids of any length, and excerpts of values of any size and depth."""

from __future__ import annotations

import functools
from typing import Any

from ftrack_orm.events.connection.subscription_messages import AnnouncedSubscribers, subscribe_message
from ftrack_orm.events.delivery.deduplicator import Deduplicator
from ftrack_orm.events.delivery.pending_replies import PendingReplies
from ftrack_orm.events.event import Event
from ftrack_orm.events.remembered import LONGEST_ID, excerpt, remembered_id

HUGE = "\ud800" + "x" * 1_000_000


def test_a_long_id_is_represented_by_its_hash_and_a_short_one_by_itself() -> None:
    assert remembered_id("x" * LONGEST_ID) == "x" * LONGEST_ID
    assert len(remembered_id(HUGE)) < LONGEST_ID
    assert remembered_id(HUGE) == remembered_id(HUGE) != remembered_id(f"{HUGE}y")


def test_ids_are_bounded_in_length_wherever_they_are_remembered() -> None:
    seen, replies, announced = Deduplicator(), PendingReplies(60.0), AnnouncedSubscribers()
    assert [seen.add(HUGE), seen.add(HUGE), HUGE in seen] == [True, False, True]
    replies.add(HUGE, print, 0.0)
    assert replies.callback_for(Event("ftrack.meta.reply", in_reply_to_event=HUGE), 1.0) is print
    message = subscribe_message({"id": HUGE}, "topic=a")
    assert [announced.is_redundant(message), announced.is_redundant(message)] == [False, True]
    remembered = [*seen._ids, *seen._order, *replies._callbacks, *announced._identifiers]
    assert len(remembered) == 4
    assert max(map(len, remembered)) < LONGEST_ID
    replies.remove(HUGE)
    assert not len(replies)


def test_an_excerpt_is_short_for_a_value_of_any_size_and_depth() -> None:
    deep: list[Any] = functools.reduce(lambda inner, _: [inner], range(100_000), [])
    for value in (deep, HUGE, {"a": deep, "b": HUGE}, list(range(100_000)), {str(n): n for n in range(100_000)}):
        assert len(excerpt(value)) <= 201
    assert excerpt({"topic": "t", "id": 5}) == "{'topic': 't', 'id': 5}"
