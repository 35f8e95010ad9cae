"""The recipients of events, without sockets."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.sandbox.events.broker import Broker, ConnectedClient, EventRefused

USER = {"id": "user-1", "username": "jane"}


def event(topic: str, data: Any = None, target: str = "", **keys: Any) -> dict[str, Any]:
    return {"id": "e", "topic": topic, "data": data or {}, "source": {"id": "hub"}, "target": target, **keys}


def subscribe(broker: Broker, client: ConnectedClient, expression: str, id: str = "me", **metadata: Any) -> None:
    data = {"subscriber": {"id": id, **metadata}, "subscription": expression}
    assert broker.receive(client, event("ftrack.meta.subscribe", data)) is None


def recipients(broker: Broker, publisher: ConnectedClient, *arguments: Any, **keys: Any) -> list[str]:
    published = broker.receive(publisher, event(*arguments, **keys))
    assert published is not None
    return broker.recipients(published)


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def alice(broker: Broker) -> ConnectedClient:
    return broker.add_client("alice", USER)


@pytest.fixture
def bob(broker: Broker) -> ConnectedClient:
    return broker.add_client("bob", {"id": "user-2", "username": "bob"})


def test_events_go_to_the_clients_whose_subscriptions_match(
    broker: Broker, alice: ConnectedClient, bob: ConnectedClient
) -> None:
    subscribe(broker, alice, "topic=ftrack.update and data.user.username=jane")
    subscribe(broker, bob, "topic=ftrack.*")
    assert recipients(broker, bob, "ftrack.update", {"user": {"username": "jane"}}) == ["alice", "bob"]
    assert recipients(broker, bob, "ftrack.update", {"user": {"username": "bob"}}) == ["bob"]
    assert recipients(broker, bob, "studio.done") == []


def test_a_connection_receives_an_event_once_for_all_its_matching_subscribers(
    broker: Broker, alice: ConnectedClient
) -> None:
    subscribe(broker, alice, "topic=*", id="one")
    subscribe(broker, alice, "topic=a", id="two")
    assert recipients(broker, alice, "a") == ["alice"]


def test_a_target_selects_among_the_matching_subscribers(
    broker: Broker, alice: ConnectedClient, bob: ConnectedClient
) -> None:
    subscribe(broker, alice, "topic=a", id="1", application="nuke")
    subscribe(broker, alice, "topic=b", id="2", application="maya")
    subscribe(broker, bob, "topic=a", id="3", application="maya")
    assert recipients(broker, alice, "a", target="application=maya") == ["bob"]
    assert recipients(broker, alice, "a", target="id=1 or id=3") == ["alice", "bob"]
    assert recipients(broker, alice, "b", target="application=nuke") == []


def test_a_reply_goes_to_the_publisher_of_the_event(
    broker: Broker, alice: ConnectedClient, bob: ConnectedClient
) -> None:
    subscribe(broker, alice, "topic=ftrack.meta.reply", id="hub-a")
    subscribe(broker, bob, "topic=ftrack.meta.reply", id="hub-b")
    reply = event("ftrack.meta.reply", ["any", "JSON"], "id=hub-a", inReplyToEvent="question")
    published = broker.receive(bob, reply)
    assert published is not None
    assert (published["data"], published["inReplyToEvent"]) == (["any", "JSON"], "question")
    assert broker.recipients(published) == ["alice"]


def test_the_server_sets_the_user_in_the_source_and_overrides_the_clients(
    broker: Broker, alice: ConnectedClient
) -> None:
    claimed = event("a", source={"id": "hub", "user": {"username": "another-user"}, "host": "h"})
    published = broker.receive(alice, claimed)
    assert published is not None
    assert published["source"] == {"id": "hub", "user": USER, "host": "h"}


def test_only_the_keys_that_clients_know_are_delivered(broker: Broker, alice: ConnectedClient) -> None:
    published = broker.receive(alice, event("a", priority=3))
    assert published is not None
    assert set(published) == {"id", "topic", "data", "sent", "source", "target", "inReplyToEvent"}


def test_a_subscriber_id_is_unique_within_a_connection(
    broker: Broker, alice: ConnectedClient, bob: ConnectedClient
) -> None:
    subscribe(broker, alice, "topic=a")
    with pytest.raises(EventRefused, match="'me'"):
        subscribe(broker, alice, "topic=b")
    subscribe(broker, bob, "topic=b")
    assert recipients(broker, alice, "b") == ["bob"]


def test_unsubscribing_stops_delivery_and_releases_the_id(broker: Broker, alice: ConnectedClient) -> None:
    subscribe(broker, alice, "topic=a")
    unsubscribe = event("ftrack.meta.unsubscribe", {"subscriber": {"id": "me"}})
    assert broker.receive(alice, unsubscribe) is None
    assert recipients(broker, alice, "a") == []
    with pytest.raises(EventRefused, match="'me'"):
        broker.receive(alice, unsubscribe)
    subscribe(broker, alice, "topic=a")
    assert recipients(broker, alice, "a") == ["alice"]


def test_a_removed_client_receives_nothing(broker: Broker, alice: ConnectedClient, bob: ConnectedClient) -> None:
    subscribe(broker, alice, "topic=a")
    broker.remove_client(alice)
    assert recipients(broker, bob, "a") == []
    assert broker.clients == [bob]


@pytest.mark.parametrize(
    "payload",
    [
        {"data": {}},
        event("ftrack.meta.subscribe", {"subscriber": {"id": "x"}, "subscription": "topic"}),
        event("ftrack.meta.subscribe", {"subscriber": {"id": "x"}, "subscription": ""}),
        event("ftrack.meta.subscribe", {"subscriber": {"id": "x"}}),
        event("ftrack.meta.subscribe", {"subscription": "topic=a"}),
        event("ftrack.meta.subscribe", {"subscriber": {}, "subscription": "topic=a"}),
        event("ftrack.meta.subscribe", ["nonsense"]),
        event("ftrack.meta.unsubscribe", None),
        event("a", target="not an expression"),
    ],
)
def test_an_invalid_event_is_refused_with_a_reason_and_changes_nothing(
    broker: Broker, alice: ConnectedClient, payload: dict[str, Any]
) -> None:
    with pytest.raises(EventRefused, match=r".{10}"):
        broker.receive(alice, payload)
    assert alice.subscribers == {}
