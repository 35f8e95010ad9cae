"""Mutated frames of the event server: the hub stays connected, and handles every valid event and entry among them."""

from __future__ import annotations

import json
import logging
import queue
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import set_values
from ftrack_orm.events.connection.backoff import BackOff
from ftrack_orm.events.event import Event
from ftrack_orm.events.hub import EventHub
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.session.change_tracking import ChangeTracker
from ftrack_orm.settings import Settings
from tests.assertions import existing
from tests.events.memory_server import TIMEOUT, MemoryServer, MemoryWebSocket
from tests.events.mutated_frames import Mutator, entries_in, record_frames
from tests.production import Connect, Production
from tests.property_settings import examples

BATCH = 100
#: Socket.IO's "unauthorized", after which connecting again is of no use.
_UNAUTHORIZED = re.compile(r"7:[^:]*:[^:]*:2(\+|$)")


@pytest.fixture(scope="module")
def frames() -> list[str]:
    with Sandbox() as box:
        return record_frames(box)


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """The errors that are logged, and messages that no file can hold.

    None is expected, since malformed packets are no defect of the library.
    """
    logged: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = record.getMessage()
            if record.levelno >= logging.ERROR or not is_encodable(message):
                logged.append(ascii(f"{message} {record.exc_info}")[:2_000])

    handler, logger = Handler(logging.INFO), logging.getLogger("ftrack_orm")
    logger.addHandler(handler)
    previous, logger.level = logger.level, logging.INFO
    yield logged
    logger.removeHandler(handler)
    logger.setLevel(previous)


def is_encodable(text: str) -> bool:
    """Return whether a text has no lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


class FeedingServer(MemoryServer):
    """Sends `frames`; those that a connection has not received when it ends are sent over the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: deque[str] = deque()

    def open(self, cancellation: object = None) -> MemoryWebSocket:
        self.attempts += 1
        connection = FeedingWebSocket(self)
        self.connections = [connection]
        return connection

    def feed(self, frames: list[str]) -> None:
        self.frames.extend(frames)
        for connection in self.connections:
            connection.wake()


class FeedingWebSocket(MemoryWebSocket):
    server: FeedingServer

    def receive(self, timeout: float | None) -> str | None:
        if not self.is_aborted and not self.incoming and self.server.frames:
            return self.server.frames.popleft()
        return super().receive(timeout)


def text_of(payload: dict[str, Any]) -> str:
    return "5:::" + json.dumps({"name": "ftrack.event", "args": [payload]})


def make_hub(server: MemoryServer) -> EventHub:
    settings = Settings(server_url="studio", api_user="jane", api_key="key", catch_up_events=False)
    return EventHub(settings, server.open, server.query, back_off=BackOff(first=0.0001, longest=0.001))


def test_no_mutated_frame_ends_the_hub_and_the_next_valid_event_is_handled(
    frames: list[str], errors: list[str], connect: Connect, production: Production
) -> None:
    session = connect()
    tasks = {id_: existing(session.get("Task", id_)) for id_ in production.tasks}
    server, mutator = FeedingServer(), Mutator(1)
    hub = make_hub(server)
    handled: queue.Queue[str] = queue.Queue()
    ChangeTracker(session._workspace, hub, session._parts.classes.known_schema, "token", set())
    hub.subscribe("topic=studio.valid", lambda event: handled.put(event.id))
    hub.subscribe("topic=* and data.number > 5", lambda event: None)
    hub.subscribe("source.id=x or data.selection.entityId=y or id=mutated*", lambda event: None)
    hub.connect(TIMEOUT)
    endings = 0
    for batch in range(examples(800, 20_000) // BATCH):
        id_ = production.tasks[batch % len(tasks)]
        task = tasks[id_]
        set_values(task, {"name": "old"})
        mutated = [mutator.frame(mutator.random.choice(frames)) for _ in range(BATCH)]
        mutated = [frame for frame in mutated if not _UNAUTHORIZED.match(frame)]
        endings += sum(frame[:1] in ("0", "7") for frame in mutated)
        entry = {"entity_type": "Task", "entityId": id_, "action": "update", "keys": ["name"]}
        update = Event("ftrack.update", {"entities": [{**entry, "changes": {"name": {"old": "a", "new": "b"}}}]})
        server.feed(
            [*mutated, text_of(update.to_payload()), text_of(Event("studio.valid", id=str(batch)).to_payload())]
        )
        assert handled.get(timeout=TIMEOUT) == str(batch), ascii(mutated)
        assert hub.connected
        assert "name" not in task.__dict__
    assert errors == []
    statistics = hub.statistics
    assert statistics.malformed > 0
    assert statistics.failed == 0
    # Only packets that end a connection by their meaning have ended one.
    assert 0 < server.attempts - 1 <= endings
    hub.close()


def is_well_typed(entry: dict[str, Any]) -> bool:
    """Return whether the parts of an entry that say what changed have the types that ftrack gives them."""
    changes, keys, parents = entry.get("changes"), entry.get("keys"), entry.get("parents")
    return (
        isinstance(entry.get("action"), str)
        and (
            changes is None or (isinstance(changes, dict) and all(isinstance(each, dict) for each in changes.values()))
        )
        and (keys is None or (isinstance(keys, list) and all(isinstance(each, str) for each in keys)))
        and (parents is None or (isinstance(parents, list) and all(isinstance(each, dict) for each in parents)))
    )


def test_a_mutated_entry_makes_its_own_entity_suspect_and_its_siblings_are_expired(
    frames: list[str], errors: list[str], connect: Connect, production: Production
) -> None:
    session, server = connect(), MemoryServer()
    first_id, last_id, own_id = production.tasks[:3]
    first, last, own = (existing(session.get("Task", id_)) for id_ in (first_id, last_id, own_id))
    # The hub is not connected: the receiver is called on this thread.
    hub, mutator = make_hub(server), Mutator(2)
    ChangeTracker(session._workspace, hub, session._parts.classes.known_schema, "token", set())
    entries = entries_in(frames)
    checked = 0
    for number in range(examples(800, 20_000)):
        for task in (first, last, own):
            set_values(task, {"name": "old", "description": "old"})
        entry = json.loads(json.dumps(mutator.random.choice(entries)))
        # A removal would delete the task for the rest of the test.
        is_of_task = entry["entity_type"] == "Task" and entry["action"] != "remove"
        if is_of_task:
            entry["entityId"] = own_id
        siblings = [
            {
                "entity_type": "Task",
                "entityId": id_,
                "action": "update",
                "keys": [],
                "changes": {"name": {"old": 1, "new": 2}},
            }
            for id_ in (first_id, last_id)
        ]
        text = mutator.json_text(entry)
        try:
            mutated = json.loads(text)
        except (ValueError, RecursionError):
            continue
        data = {"entities": [siblings[0], mutated, siblings[1]]}
        hub._parts.receiver.on_event(Event("ftrack.update", data, id=f"e{number}").to_payload())
        assert "name" not in first.__dict__, text[:1_000]
        assert "name" not in last.__dict__, text[:1_000]
        is_same = isinstance(mutated, dict) and mutated.get("entityId") == own_id
        if is_of_task and (not isinstance(mutated, dict) or (is_same and not is_well_typed(mutated))):
            checked += 1
            assert not {"name", "description"} & own.__dict__.keys(), text[:1_000]
    assert checked > 100
    assert errors == []
    assert hub.statistics.failed == 0
    assert hub.statistics.malformed > 100
    hub.close()


def test_mutated_frames_over_a_socket_leave_a_session_connected_and_its_callbacks_called(
    frames: list[str], errors: list[str]
) -> None:
    mutator = Mutator(3)
    handled: queue.Queue[str] = queue.Queue()
    with Sandbox() as box, Session(box.url, box.api_key, box.api_user, schema_cache_path=False) as session:
        session.on_change(session.types.Task, lambda change: None)
        hub = session.event_hub
        hub.subscribe("topic=studio.valid", lambda event: handled.put(event.id))
        hub.connect(TIMEOUT)
        for _ in range(examples(300, 2_000) // BATCH):
            mutated = [mutator.frame(mutator.random.choice(frames)) for _ in range(BATCH)]
            texts = [each.encode("utf-8", "replace").decode() for each in mutated if not _UNAUTHORIZED.match(each)]
            box.events._run(
                lambda server, texts=texts: [  # type: ignore[misc]
                    connection.send(text) for connection in server._connections.values() for text in texts
                ]
            )
            for _ in range(TIMEOUT):
                # A packet may have ended the connection, and then an event is lost.
                box.events.publish("studio.valid")
                try:
                    handled.get(timeout=1)
                except queue.Empty:
                    continue
                break
            else:
                pytest.fail("No valid event was handled.")
            assert hub.connected
        assert errors == []
