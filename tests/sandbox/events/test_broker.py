"""Who gets which event, without any socket."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.sandbox.events.broker import Broker, ConnectedClient, Refused

USER = {"id": "user-1", "username": "jane"}


def event(topic: str, data: Any = None, target: str = "", **keys: Any) -> dict[str, Any]:
    return {"id": "e", "topic": topic, "data": data or {}, "source": {"id": "hub"}, "target": target, **keys}


def subscribe(broker: Broker, member: ConnectedClient, expression: str, id: str = "me", **metadata: Any) -> None:
    data = {"subscriber": {"id": id, **metadata}, "subscription": expression}
    assert broker.receive(member, event("ftrack.meta.subscribe", data)) is None


def recipients(broker: Broker, sender: ConnectedClient, *given: Any, **keys: Any) -> list[str]:
    passed_on = broker.receive(sender, event(*given, **keys))
    assert passed_on is not None
    return broker.recipients(passed_on)


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def alice(broker: Broker) -> ConnectedClient:
    return broker.join("alice", USER)


@pytest.fixture
def bob(broker: Broker) -> ConnectedClient:
    return broker.join("bob", {"id": "user-2", "username": "bob"})


def test_events_go_to_those_whose_subscription_matches(
    broker: Broker, alice: ConnectedClient, bob: ConnectedClient
) -> None:
    subscribe(broker, alice, "topic=ftrack.update and data.user.username=jane")
    subscribe(broker, bob, "topic=ftrack.*")
    assert recipients(broker, bob, "ftrack.update", {"user": {"username": "jane"}}) == ["alice", "bob"]
    assert recipients(broker, bob, "ftrack.update", {"user": {"username": "bob"}}) == ["bob"]
    assert recipients(broker, bob, "studio.done") == []


def test_a_connection_gets_an_event_once_however_many_subscribers_want_it(
    broker: Broker, alice: ConnectedClient
) -> None:
    subscribe(broker, alice, "topic=*", id="one")
    subscribe(broker, alice, "topic=a", id="two")
    assert recipients(broker, alice, "a") == ["alice"]


def test_a_target_picks_among_those_who_subscribed(
    broker: Broker, alice: ConnectedClient, bob: ConnectedClient
) -> None:
    subscribe(broker, alice, "topic=a", id="1", application="nuke")
    subscribe(broker, alice, "topic=b", id="2", application="maya")
    subscribe(broker, bob, "topic=a", id="3", application="maya")
    assert recipients(broker, alice, "a", target="application=maya") == ["bob"]
    assert recipients(broker, alice, "a", target="id=1 or id=3") == ["alice", "bob"]
    assert recipients(broker, alice, "b", target="application=nuke") == []


def test_replies_find_the_one_who_asked(broker: Broker, alice: ConnectedClient, bob: ConnectedClient) -> None:
    subscribe(broker, alice, "topic=ftrack.meta.reply", id="hub-a")
    subscribe(broker, bob, "topic=ftrack.meta.reply", id="hub-b")
    reply = event("ftrack.meta.reply", ["any", "JSON"], "id=hub-a", inReplyToEvent="question")
    passed_on = broker.receive(bob, reply)
    assert passed_on is not None
    assert (passed_on["data"], passed_on["inReplyToEvent"]) == (["any", "JSON"], "question")
    assert broker.recipients(passed_on) == ["alice"]


def test_the_server_says_who_published_whatever_the_client_says(broker: Broker, alice: ConnectedClient) -> None:
    claimed = event("a", source={"id": "hub", "user": {"username": "somebody-else"}, "host": "h"})
    passed_on = broker.receive(alice, claimed)
    assert passed_on is not None
    assert passed_on["source"] == {"id": "hub", "user": USER, "host": "h"}


def test_only_the_keys_that_clients_know_are_passed_on(broker: Broker, alice: ConnectedClient) -> None:
    passed_on = broker.receive(alice, event("a", priority=3))
    assert passed_on is not None
    assert set(passed_on) == {"id", "topic", "data", "sent", "source", "target", "inReplyToEvent"}


def test_an_id_is_one_subscriber_s_on_a_connection(
    broker: Broker, alice: ConnectedClient, bob: ConnectedClient
) -> None:
    subscribe(broker, alice, "topic=a")
    with pytest.raises(Refused, match="'me'"):
        subscribe(broker, alice, "topic=b")
    subscribe(broker, bob, "topic=b")
    assert recipients(broker, alice, "b") == ["bob"]


def test_unsubscribing_ends_it_and_frees_the_id(broker: Broker, alice: ConnectedClient) -> None:
    subscribe(broker, alice, "topic=a")
    leaving = event("ftrack.meta.unsubscribe", {"subscriber": {"id": "me"}})
    assert broker.receive(alice, leaving) is None
    assert recipients(broker, alice, "a") == []
    with pytest.raises(Refused, match="'me'"):
        broker.receive(alice, leaving)
    subscribe(broker, alice, "topic=a")
    assert recipients(broker, alice, "a") == ["alice"]


def test_who_left_gets_nothing_more(broker: Broker, alice: ConnectedClient, bob: ConnectedClient) -> None:
    subscribe(broker, alice, "topic=a")
    broker.leave(alice)
    assert recipients(broker, bob, "a") == []
    assert broker.members == [bob]


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
def test_nonsense_is_refused_with_a_reason_and_changes_nothing(
    broker: Broker, alice: ConnectedClient, payload: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match=r".{10}"):
        broker.receive(alice, payload)
    assert alice.subscribers == {}
