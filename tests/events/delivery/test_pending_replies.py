"""Callbacks that wait for replies: found by the event's id until their lifetime ends."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.events.delivery.pending_replies import PendingReplies
from ftrack_orm.events.event import Event


def reply_to(event_id: str | None) -> Event:
    return Event("ftrack.meta.reply", in_reply_to_event=event_id)


def test_a_callback_waits_for_replies_until_its_lifetime_ends() -> None:
    replies, calls = PendingReplies(10.0), list[Event]()
    replies.add("one", calls.append, now=0.0)
    replies.add("two", calls.append, now=5.0)
    assert replies.callback_for(reply_to("one"), 9.0) is not None
    assert replies.callback_for(reply_to("one"), 9.5) is not None, "several subscribers may reply"
    assert replies.callback_for(reply_to("one"), 10.0) is None
    assert len(replies) == 1


def test_a_removed_callback_and_a_reply_to_no_event_find_nothing() -> None:
    replies = PendingReplies(10.0)
    replies.add("one", print, now=0.0)
    replies.remove("one")
    replies.remove("one")
    assert replies.callback_for(reply_to("one"), 0.0) is None
    assert replies.callback_for(reply_to(None), 0.0) is None


@pytest.mark.parametrize("odd", [[], {}, [["x"]], 1.5])
def test_a_reply_to_a_value_that_is_no_id_finds_nothing(odd: Any) -> None:
    replies = PendingReplies(10.0)
    replies.add("one", print, now=0.0)
    assert replies.callback_for(reply_to(odd), 0.0) is None
