"""The official Python and JavaScript hubs and this library's exchange events through the embedded server.

Each is a peer, the JavaScript client twice: in Node and in a page of Chromium. Each test runs with every pair of peers.
A mistake that this library's hub and the embedded server share, since both use the same packets, is visible with the
clients of others.
"""

from __future__ import annotations

import queue
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import ftrack_api
import ftrack_api.event.base
import pytest

from ftrack_orm import Event, Session
from ftrack_orm.sandbox import Sandbox
from tests.fakes.official_client import official_session
from tests.interop.conftest import StartClient
from tests.interop.javascript_client import TIMEOUT, JavaScriptClient


class Peer:
    """A client with an event hub; received events are kept by subscriber."""

    def __init__(self) -> None:
        self.received: dict[str, queue.Queue[dict[str, Any]]] = {}

    def subscribe(self, expression: str, reply: Any = None) -> str:
        """Subscribe and return the subscriber's id; each event is answered with *reply* unless that is None."""
        identifier = uuid.uuid4().hex
        self.received[identifier] = queue.Queue()
        self.subscribe_as(identifier, expression, reply)
        return identifier

    def synchronize(self) -> None:
        """Wait until the server has processed all events of this peer; it processes those of a connection in order."""
        topic = f"synchronize.{uuid.uuid4().hex}"
        identifier = self.subscribe(f"topic={topic}")
        self.publish(topic, {})
        self.next(identifier)
        self.unsubscribe(identifier)

    def next(self, identifier: str) -> dict[str, Any]:
        """Return the next event that a subscriber receives."""
        return self.received[identifier].get(timeout=TIMEOUT)

    def subscribe_as(self, identifier: str, expression: str, reply: Any) -> None:
        raise NotImplementedError

    def unsubscribe(self, identifier: str) -> None:
        raise NotImplementedError

    def publish(self, topic: str, data: Any, target: str = "") -> str:
        """Publish an event and return its id."""
        raise NotImplementedError

    def ask(self, topic: str, data: Any) -> dict[str, Any]:
        """Publish an event and return the first reply."""
        raise NotImplementedError

    def create_project(self, name: str) -> str:
        """Commit a new project and return its id."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class FtrackOrm(Peer):
    """This library's hub."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__()
        self.session = Session(box.url, box.api_key, box.api_user)
        self.session.event_hub.connect()

    def subscribe_as(self, identifier: str, expression: str, reply: Any) -> None:
        def callback(event: Event) -> Any:
            self.received[identifier].put(event.to_payload())
            return reply

        self.session.event_hub.subscribe(expression, callback, subscriber={"id": identifier})

    def unsubscribe(self, identifier: str) -> None:
        self.session.event_hub.unsubscribe(identifier)

    def publish(self, topic: str, data: Any, target: str = "") -> str:
        event = Event(topic, data, target=target)
        self.session.event_hub.publish(event)
        return event.id

    def ask(self, topic: str, data: Any) -> dict[str, Any]:
        return self.session.event_hub.publish_and_wait_for_reply(Event(topic, data), timeout=TIMEOUT).to_payload()

    def create_project(self, name: str) -> str:
        schema = self.session.query("ProjectSchema").first()
        project = self.session.create("Project", name=name, full_name=name, project_schema=schema)
        self.session.commit()
        return str(project.id)

    def close(self) -> None:
        self.session.close()


class OfficialPython(Peer):
    """The official Python client's hub, which handles events only while a thread waits in it."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__()
        self.session = official_session(box)
        self.hub = self.session.event_hub
        self.hub.connect()
        self.leaving = threading.Event()
        self.thread = threading.Thread(target=self.handle_events, daemon=True)
        self.thread.start()

    def handle_events(self) -> None:
        while not self.leaving.is_set():
            self.hub.wait(0.1)

    def subscribe_as(self, identifier: str, expression: str, reply: Any) -> None:
        def callback(event: Any) -> Any:
            payload = dict(event)
            payload["inReplyToEvent"] = payload.pop("in_reply_to_event")
            self.received[identifier].put(payload)
            return reply

        self.hub.subscribe(expression, callback, subscriber={"id": identifier})

    def unsubscribe(self, identifier: str) -> None:
        self.hub.unsubscribe(identifier)

    def publish(self, topic: str, data: Any, target: str = "") -> str:
        event = ftrack_api.event.base.Event(topic, data=data, target=target)
        self.hub.publish(event)
        return str(event["id"])

    def ask(self, topic: str, data: Any) -> dict[str, Any]:
        replies: queue.Queue[Any] = queue.Queue()
        self.hub.publish(ftrack_api.event.base.Event(topic, data=data), on_reply=replies.put)
        reply = dict(replies.get(timeout=TIMEOUT))
        reply["inReplyToEvent"] = reply.pop("in_reply_to_event")
        return reply

    def create_project(self, name: str) -> str:
        schema = self.session.query("ProjectSchema").first()
        project = self.session.create("Project", {"name": name, "full_name": name, "project_schema": schema})
        self.session.commit()
        return str(project["id"])

    def close(self) -> None:
        self.leaving.set()
        self.thread.join(TIMEOUT)
        self.session.close()


class OfficialJavaScript(Peer):
    """The official JavaScript client's hub, in Node or in a page of Chromium."""

    def __init__(self, client: JavaScriptClient) -> None:
        super().__init__()
        self.client = client
        self.received = client.events

    def subscribe_as(self, identifier: str, expression: str, reply: Any) -> None:
        more = {} if reply is None else {"reply": reply}
        self.client.run("subscribe", subscription=expression, id=identifier, **more)

    def unsubscribe(self, identifier: str) -> None:
        assert self.client.run("unsubscribe", id=identifier)

    def publish(self, topic: str, data: Any, target: str = "") -> str:
        return str(self.client.run("publish", topic=topic, data=data, target=target))

    def ask(self, topic: str, data: Any) -> dict[str, Any]:
        reply: dict[str, Any] = self.client.run("ask", topic=topic, data=data, seconds=TIMEOUT)
        return reply

    def create_project(self, name: str) -> str:
        schema = self.client.invoke("query", "select id from ProjectSchema limit 1")["data"][0]["id"]
        data = {"name": name, "full_name": name, "project_schema_id": schema}
        return str(self.client.invoke("create", "Project", data)["data"]["id"])

    def close(self) -> None:
        self.client.close()


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(seed="empty") as started:
        yield started


PEERS = ("ftrack_orm", "python", "node", "chromium")


@pytest.fixture(scope="module")
def peers(box: Sandbox, start_client: StartClient) -> Iterator[Callable[[str, int], Peer]]:
    """Return the peer of a kind; different numbers give different peers."""
    made: dict[tuple[str, int], Peer] = {}

    def create(kind: str) -> Peer:
        if kind == "ftrack_orm":
            return FtrackOrm(box)
        return OfficialPython(box) if kind == "python" else OfficialJavaScript(start_client(kind, box))

    def peer(kind: str, number: int) -> Peer:
        if (kind, number) not in made:
            made[kind, number] = create(kind)
        return made[kind, number]

    yield peer
    for each in made.values():
        each.close()


@pytest.fixture(params=PEERS)
def publisher(request: pytest.FixtureRequest, peers: Callable[[str, int], Peer]) -> Peer:
    return peers(request.param, 1)


@pytest.fixture(params=PEERS)
def listener(request: pytest.FixtureRequest, peers: Callable[[str, int], Peer]) -> Peer:
    return peers(request.param, 2)


@pytest.fixture
def topic() -> str:
    """A topic that no other test uses."""
    return f"studio.{uuid.uuid4().hex}"


DATA = {"name": "été ☀ 'quoted' \"twice\"", "nested": {"list": [1, 2.5, None, True, {"deep": []}]}, "empty": {}}


def test_an_event_arrives_as_it_was_published(publisher: Peer, listener: Peer, box: Sandbox, topic: str) -> None:
    subscriber = listener.subscribe(f"topic={topic}")
    listener.synchronize()
    published = publisher.publish(topic, DATA)
    event = listener.next(subscriber)
    assert (event["id"], event["topic"], event["data"]) == (published, topic, DATA)
    assert (event["target"], event["inReplyToEvent"]) == ("", None)
    assert event["source"]["id"]
    assert event["source"]["user"]["username"] == box.api_user


def test_many_events_arrive_once_each(publisher: Peer, listener: Peer, topic: str) -> None:
    subscriber = listener.subscribe(f"topic={topic}")
    listener.synchronize()
    published = [publisher.publish(topic, {"number": number}) for number in range(50)]
    events = [listener.next(subscriber) for _ in published]
    assert sorted(event["id"] for event in events) == sorted(published)
    listener.synchronize()
    assert listener.received[subscriber].empty()


def test_a_subscription_by_the_beginning_of_a_topic(publisher: Peer, listener: Peer, topic: str) -> None:
    subscriber = listener.subscribe(f"topic={topic}.*")
    listener.synchronize()
    publisher.publish(topic, {})
    publisher.publish(f"other.{topic}.x", {})
    wanted = publisher.publish(f"{topic}.wanted", {})
    assert listener.next(subscriber)["id"] == wanted


@pytest.mark.parametrize(
    "answer", [{"ok": True, "items": [1, 2]}, [{"name": "a", "value": 1}]], ids=["mapping", "list"]
)
def test_the_return_value_of_a_callback_is_the_reply(
    publisher: Peer, listener: Peer, topic: str, answer: object
) -> None:
    subscriber = listener.subscribe(f"topic={topic}", reply=answer)
    listener.synchronize()
    reply = publisher.ask(topic, {"question": 1})
    question = listener.next(subscriber)
    assert reply["topic"] == "ftrack.meta.reply"
    assert reply["data"] == answer
    assert reply["inReplyToEvent"] == question["id"]
    assert reply["target"] == f"id={question['source']['id']}"
    assert reply["source"]["id"] == subscriber


def test_a_target_selects_among_the_subscribers(publisher: Peer, listener: Peer, topic: str) -> None:
    meant = listener.subscribe(f"topic={topic}")
    other = publisher.subscribe(f"topic={topic}")
    listener.synchronize()
    publisher.synchronize()
    first = publisher.publish(topic, {}, target=f"id={meant}")
    assert listener.next(meant)["id"] == first
    second = publisher.publish(topic, {})
    assert listener.next(meant)["id"] == second
    assert publisher.next(other)["id"] == second


def test_a_removed_subscriber_receives_no_more_events(publisher: Peer, listener: Peer, topic: str) -> None:
    leaving = listener.subscribe(f"topic={topic}")
    staying = listener.subscribe(f"topic={topic}.more")
    listener.unsubscribe(leaving)
    listener.synchronize()
    publisher.publish(topic, {})
    wanted = publisher.publish(f"{topic}.more", {})
    assert listener.next(staying)["id"] == wanted
    listener.synchronize()
    assert listener.received[leaving].empty()


def test_every_peer_receives_the_commits_of_every_peer(publisher: Peer, listener: Peer) -> None:
    subscriber = listener.subscribe("topic=ftrack.update")
    listener.synchronize()
    identifier = publisher.create_project(f"film_{uuid.uuid4().hex}")
    while True:
        event = listener.next(subscriber)
        entities = {entity["entityId"]: entity for entity in event["data"]["entities"]}
        if identifier in entities:
            break
    listener.unsubscribe(subscriber)
    created = entities[identifier]
    assert (created["action"], created["entityType"]) == ("add", "show")
    assert created["changes"]["fullname"]["old"] is None
