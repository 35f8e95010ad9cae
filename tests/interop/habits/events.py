"""Habits with events: subscribing, publishing, replies and actions."""

from __future__ import annotations

import functools
import threading
from typing import Any

from tests.interop.habits.habit import habit

#: Seconds until an event that does not arrive fails the habit.
PATIENCE = 20


@habit("ftrack_api.event.base.Event(topic='...', data={...})", "ftrack_orm.Event")
def make_an_event(ftrack_api: Any) -> Any:
    """Make an event."""
    event = ftrack_api.event.base.Event(topic="studio.habit", data={"number": 1})
    return event["topic"], event["data"], event.get("target"), sorted(event.keys())[0]


@make_an_event.here
def _(ftrack_api: Any) -> Any:
    event = ftrack_api.Event(topic="studio.habit", data={"number": 1})
    return event["topic"], event["data"], event.get("target"), sorted(event.keys())[0]


@habit("session.event_hub.publish(event, synchronous=True)")
def call_subscribers_directly(session: Any, make_event: Any) -> Any:
    """Publish an event to the subscribers of this session only."""
    hub = session.event_hub
    hub.subscribe("topic=habits.direct", lambda event: "b", priority=20)
    hub.subscribe("topic=habits.direct", lambda event: event["data"]["number"], priority=10)
    return hub.publish(make_event(topic="habits.direct", data={"number": 1}), synchronous=True)


@habit("session.event_hub.subscribe('topic=...', functools.partial(callback, session))")
def subscribe_a_partial(session: Any, make_event: Any) -> Any:
    """Subscribe a function with arguments of one's own."""

    def callback(prefix: str, event: Any) -> str:
        return f"{prefix} {event['topic']} {event['source'].get('user', {}).get('username')}"

    session.event_hub.subscribe("topic=habits.partial", functools.partial(callback, "got"))
    return session.event_hub.publish(make_event(topic="habits.partial"), synchronous=True)


@habit("session.event_hub.subscribe('topic=habits.*')")
def subscribe_to_several_topics(session: Any, make_event: Any) -> Any:
    """Subscribe to all topics with a beginning, or to one kind of data."""
    hub = session.event_hub
    hub.subscribe("topic=several.*", lambda event: event["topic"])
    hub.subscribe('topic=several.a and (data.kind=x or data.kind="y")', lambda event: event["data"]["kind"])
    results = [
        hub.publish(make_event(topic=topic, data={"kind": kind}), synchronous=True)
        for topic, kind in (("several.a", "y"), ("several.b", "x"), ("several.a", "z"))
    ]
    return [sorted(result) for result in results]


@habit("session.event_hub.publish(event, on_error='ignore')")
def publish_without_a_connection(session: Any, make_event: Any) -> Any:
    """Publish an event although the hub may not be connected."""
    session.event_hub.publish(make_event(topic="habits.ignored"), on_error="ignore")
    return session.event_hub.connected


@habit("event.stop()")
def stop_an_event(session: Any, make_event: Any) -> Any:
    """Keep an event from the subscribers that come later."""

    def stop(event: Any) -> Any:
        event.stop()
        return "stopped"

    session.event_hub.subscribe("topic=habits.stop", stop, priority=10)
    session.event_hub.subscribe("topic=habits.stop", lambda event: "never", priority=20)
    return session.event_hub.publish(make_event(topic="habits.stop"), synchronous=True)


@habit("session.event_hub.subscribe('topic=...', callback, subscriber={'id': ...})")
def subscriber_with_an_id(session: Any, make_event: Any) -> Any:
    """Subscribe with an id, and unsubscribe by it."""
    hub = session.event_hub
    identifier = hub.subscribe("topic=habits.id", lambda event: 1, {"id": "habits-id"}, 50)
    before = hub.publish(make_event(topic="habits.id"), synchronous=True)
    found = hub.get_subscriber_by_identifier("habits-id") is not None
    hub.unsubscribe(identifier)
    return identifier, before, found, hub.publish(make_event(topic="habits.id"), synchronous=True)


@habit("session.event_hub.connect(); session.event_hub.publish(event); session.event_hub.wait(duration=1)")
def receive_an_event(listening: Any, make_event: Any) -> Any:
    """Publish an event and receive it."""
    received = []
    done = threading.Event()

    def callback(event: Any) -> None:
        received.append((event["data"]["number"], event["source"]["user"]["username"]))
        done.set()

    listening.event_hub.subscribe("topic=habits.receive", callback)
    listening.event_hub.publish(make_event(topic="habits.receive", data={"number": 3}), on_error="ignore")
    _wait(listening, done)
    return received


@habit("session.event_hub.publish(event, on_reply=callback)")
def receive_a_reply(listening: Any, make_event: Any) -> Any:
    """Publish an event and handle the reply."""
    replies = []
    done = threading.Event()

    def on_reply(event: Any) -> None:
        replies.append(event["data"])
        done.set()

    listening.event_hub.subscribe("topic=habits.reply", lambda event: {"success": True})
    listening.event_hub.publish(make_event(topic="habits.reply"), on_reply=on_reply)
    _wait(listening, done)
    return replies


@habit("session.event_hub.subscribe('topic=ftrack.update', callback)")
def follow_updates(listening: Any, connect: Any, task: Any) -> Any:
    """Listen to changes of entities."""
    changed = []
    done = threading.Event()

    def callback(event: Any) -> None:
        for entity in event["data"].get("entities", []):
            if entity.get("entityId") == task["id"] and entity["action"] == "update":
                changed.append((entity["entityType"], entity["keys"], entity["changes"]["description"]["new"]))
                done.set()

    listening.event_hub.subscribe("topic=ftrack.update and source.user.username=*", callback)
    session = connect()
    session.get("Task", task["id"])["description"] = "followed"
    session.commit()
    _wait(listening, done)
    return changed


@habit("session.event_hub.subscribe('topic=ftrack.action.launch and data.actionIdentifier=...', launch)")
def launch_an_action(session: Any, make_event: Any, task: Any) -> Any:
    """Register an action, and find the entities of a selection."""

    def discover(event: Any) -> Any:
        return {"items": [{"label": "Habit", "actionIdentifier": "habit"}]} if event["data"]["selection"] else None

    def launch(event: Any) -> Any:
        names = [session.get("Task", each["entityId"])["name"] for each in event["data"]["selection"]]
        return {"success": True, "message": ", ".join(names)}

    hub = session.event_hub
    hub.subscribe("topic=ftrack.action.discover and source.user.username=jane", discover)
    hub.subscribe("topic=ftrack.action.launch and data.actionIdentifier=habit", launch)
    data = {"selection": [{"entityType": "task", "entityId": task["id"]}], "actionIdentifier": "habit"}
    source = {"user": {"username": "jane"}}
    discovered = hub.publish(make_event(topic="ftrack.action.discover", data=data, source=source), synchronous=True)
    return discovered, hub.publish(make_event(topic="ftrack.action.launch", data=data), synchronous=True)


@habit("Event(topic=..., target='id=my-subscriber-id')")
def target_an_event(listening: Any, make_event: Any) -> Any:
    """Send an event to one subscriber."""
    received = []
    done = threading.Event()

    def last(event: Any) -> None:
        received.append("last")
        done.set()

    hub = listening.event_hub
    hub.subscribe("topic=habits.target", lambda event: received.append("other"), {"id": "habits-other"})
    hub.subscribe("topic=habits.target", last, {"id": "habits-target"})
    hub.publish(make_event(topic="habits.target", target="id=habits-target"))
    _wait(listening, done)
    return received


@habit("session.event_hub.publish(event_of_the_official_client)")
def publish_an_official_event(session: Any) -> Any:
    """Publish an event object of the official client."""
    import ftrack_api.event.base

    session.event_hub.subscribe("topic=habits.official", lambda event: event["data"]["number"])
    event = ftrack_api.event.base.Event(topic="habits.official", data={"number": 2})
    return session.event_hub.publish(event, synchronous=True)


@habit("session.event_hub.server", "session.server_url")
def address_of_the_event_server(session: Any) -> Any:
    """Read the address of the event server."""
    return session.event_hub.server.hostname == "127.0.0.1"


@address_of_the_event_server.here
def _(session: Any) -> Any:
    return "127.0.0.1" in session.server_url


def _wait(session: Any, done: threading.Event) -> None:
    """Handle events until *done* is set: the official client does that on this thread, this library on its own."""
    for _ in range(PATIENCE * 10):
        session.event_hub.wait(duration=0.1)
        if done.is_set():
            return
    raise AssertionError("The event did not arrive.")
