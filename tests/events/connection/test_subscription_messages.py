"""Messages about subscribers, and which of them the server need not receive."""

from __future__ import annotations

from ftrack_orm.events.connection.outbox import OutgoingMessage
from ftrack_orm.events.connection.subscription_messages import (
    AnnouncedSubscribers,
    subscribe_message,
    unsubscribe_message,
)


def test_the_messages_have_the_form_that_ftrack_documents() -> None:
    added = subscribe_message({"id": "me", "applicationId": "maya"}, "topic=a")
    removed = unsubscribe_message({"id": "me"})
    assert (added.payload["topic"], added.payload["data"]) == (
        "ftrack.meta.subscribe",
        {"subscriber": {"id": "me", "applicationId": "maya"}, "subscription": "topic=a"},
    )
    assert (removed.payload["topic"], removed.payload["data"]) == (
        "ftrack.meta.unsubscribe",
        {"subscriber": {"id": "me"}},
    )
    assert [(each.subscriber_id, each.durable) for each in (added, removed)] == [("me", False)] * 2


def test_a_message_is_redundant_if_the_server_knows_its_content() -> None:
    announced = AnnouncedSubscribers()
    add, remove = subscribe_message({"id": "me"}, "topic=a"), unsubscribe_message({"id": "me"})
    assert announced.is_redundant(remove)
    assert not announced.is_redundant(add)
    assert announced.is_redundant(add)
    assert not announced.is_redundant(remove)
    assert not announced.is_redundant(add)


def test_other_messages_are_never_redundant() -> None:
    announced, message = AnnouncedSubscribers(), OutgoingMessage({"topic": "a"})
    assert not announced.is_redundant(message)
    assert not announced.is_redundant(message)
