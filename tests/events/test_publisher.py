"""The publisher: signatures, the queue for the connection, and requests that wait for a reply."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_orm.errors import EventNotSent, InvalidValue, RequestTimeout, UsageError
from ftrack_orm.events.connection.backoff import BackOff
from ftrack_orm.events.connection.connection import EventConnection
from ftrack_orm.events.connection.outbox import Outbox
from ftrack_orm.events.delivery.pending_replies import PendingReplies
from ftrack_orm.events.event import Event
from ftrack_orm.events.publisher import Publisher
from tests.assertions import existing
from tests.events.connection.silent_listener import SilentListener
from tests.events.memory_server import TIMEOUT, MemoryServer


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(2)


@pytest.fixture
def replies() -> PendingReplies:
    return PendingReplies(60.0)


@pytest.fixture
def publisher(outbox: Outbox, replies: PendingReplies) -> Publisher:
    return Publisher("hub", "jane", outbox, replies, lambda: 0.0)


@pytest.fixture
def connection(outbox: Outbox) -> Iterator[EventConnection]:
    """A connection that is alive and sends nothing, since its server is never ready."""
    server = MemoryServer()
    server.sends_ready = False
    connection = EventConnection(
        server.open, outbox, SilentListener(), back_off=BackOff(), reconnect_limit=None, initial_limit=None
    )
    connection.start()
    yield connection
    connection.stop()


def test_a_signature_adds_only_missing_details(publisher: Publisher) -> None:
    event = Event("a", source={"user": {"username": "joe"}, "applicationId": "maya"})
    publisher.sign(event)
    assert event.source == {"id": "hub", "user": {"username": "joe"}, "applicationId": "maya"}


def test_an_event_is_queued_as_a_copy(publisher: Publisher, connection: EventConnection, outbox: Outbox) -> None:
    event = Event("a", {"value": 1})
    publisher.send(event, connection)
    event.data["value"] = 2
    assert existing(outbox.take()).payload["data"] == {"value": 1}


@pytest.mark.parametrize("data", [object(), float("nan")])
def test_data_that_json_cannot_express_is_refused(
    publisher: Publisher, connection: EventConnection, outbox: Outbox, data: Any
) -> None:
    with pytest.raises(InvalidValue):
        publisher.send(Event("a", {"value": data}), connection)
    assert outbox.pending == 0


def test_nothing_is_queued_without_a_connection(publisher: Publisher, outbox: Outbox) -> None:
    with pytest.raises(UsageError, match=r"connect\(\)"):
        publisher.send(Event("a"), None)
    assert outbox.pending == 0


def test_an_event_that_is_not_queued_waits_for_no_reply(
    publisher: Publisher, connection: EventConnection, replies: PendingReplies
) -> None:
    publisher.send(Event("a"), connection, print)
    publisher.send(Event("b"), connection, print)
    with pytest.raises(EventNotSent):
        publisher.send(Event("c"), connection, print)
    assert len(replies) == 2


def test_a_request_returns_the_first_reply(
    publisher: Publisher, connection: EventConnection, replies: PendingReplies
) -> None:
    request = Event("question")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(publisher.request(request, connection, TIMEOUT)))
    asking.start()
    first, second = (Event("ftrack.meta.reply", number, in_reply_to_event=request.id) for number in (1, 2))
    while (callback := replies.callback_for(first, 0.0)) is None:
        asking.join(0.001)
    callback(first)
    callback(second)
    asking.join(TIMEOUT)
    assert answers == [first]
    assert len(replies) == 0


def test_a_request_without_a_reply_raises_an_error_and_waits_no_longer(
    publisher: Publisher, connection: EventConnection, replies: PendingReplies
) -> None:
    with pytest.raises(RequestTimeout, match="question"):
        publisher.request(Event("question"), connection, 0.01)
    assert len(replies) == 0
