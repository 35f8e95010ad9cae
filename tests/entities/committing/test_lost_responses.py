"""Commits on connections that fail at every stage: nothing is lost and nothing is done twice."""

from __future__ import annotations

import contextlib
import datetime
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.settings import Settings
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.http import HttpTransport
from tests.assertions import existing
from tests.fakes.transports import ForwardingTransport
from tests.production import Connect, Production


class UnreliableProxy:
    """A TCP proxy before the embedded server that closes the connection of the next request at a stage.

    A stage is the part of the request that the server gets (`request 0`, `half`, `all but one byte`), or the part of
    the response that the client gets (`response 0`, `half`, `all but one byte`). With *stays_down* all further
    requests fail at the same stage.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.stage: str | None = None
        self.stays_down = False
        self._clients: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._clients.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._server_port)) as server, contextlib.suppress(OSError):
            while (request := _message(client)) is not None:
                stage, self.stage = self.stage, self.stage if self.stays_down else None
                side, _, amount = (stage or "").partition(" ")
                if side == "request":
                    server.sendall(_part(request, amount))
                    return
                server.sendall(request)
                response = _message(server) or b""
                if side == "response":
                    client.sendall(_part(response, amount))
                    return
                client.sendall(response)

    def close(self) -> None:
        # Shutting down wakes the thread that waits in accept; closing alone would not.
        for connection in (self._listener, *self._clients):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def _message(connection: socket.socket) -> bytes | None:
    """Read one HTTP message with a Content-Length; return None at the end of the connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    (length,) = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def _part(message: bytes, amount: str) -> bytes:
    return message[: {"0": 0, "half": len(message) // 2, "all but one byte": len(message) - 1}[amount]]


NOT_REACHED = ["request 0", "request half", "request all but one byte"]
REACHED = ["response 0", "response half", "response all but one byte"]


class TooSlow(ForwardingTransport):
    """Lets all requests that change something time out without sending them."""

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        if not request.idempotent:
            raise errors.RequestTimeout("Too slow.", safe_to_retry=False)
        return super().send(request, cancellation)


@pytest.fixture
def proxy(box: Sandbox) -> Iterator[UnreliableProxy]:
    proxy = UnreliableProxy(int(box.url.rpartition(":")[2]))
    yield proxy
    proxy.close()


@pytest.fixture
def fragile_session(
    request: pytest.FixtureRequest, proxy: UnreliableProxy, box: Sandbox, schema_cache: Path
) -> Iterator[Session]:
    """A session whose commits are sent again as often as the parameter says, by default never."""
    settings = Settings(server_url=proxy.url, api_user=box.api_user, api_key=box.api_key)
    transport = HttpTransport(settings, wait=lambda *_: None)
    session = Session(
        proxy.url,
        box.api_key,
        box.api_user,
        schema_cache_path=schema_cache,
        transport=transport,
        retries=getattr(request, "param", 0),
    )
    session.server_information  # noqa: B018 - makes the handshake, so that another request fails
    yield session
    session.rollback()
    session.close()


@pytest.fixture
def changed(fragile_session: Session, production: Production) -> Session:
    """A session with a change of every kind: creations, an update, a mapping row and a deletion."""
    task, deleted = (existing(fragile_session.get("Task", key)) for key in production.tasks[:2])
    _ = task.name, task.description
    task.name = "renamed"
    task.description = "never read before"
    task.end_date = datetime.datetime(2024, 2, 3, 4, 5, 6, 789, tzinfo=datetime.timezone.utc)
    new = fragile_session.create("Task", name="new", parent=existing(fragile_session.get("Shot", production.shots[0])))
    task.metadata["a"] = "1"
    fragile_session.create("Note", content="look", parent_id=new.id, parent_type="Task", author=_user(fragile_session))
    fragile_session.delete(deleted)
    return fragile_session


def _user(session: Session) -> Entity | None:
    return session.query("User").first()


def _server_state(session: Session, production: Production) -> tuple[list[str], int, list[str]]:
    """Return the names of the production's tasks, the number of notes, and the keys of metadata, from the server."""
    tasks = session.query("Task").where(f'project_id is "{production.project}"').order_by("name").dicts()
    names = [task["name"] for task in tasks]
    notes = session.query("Note").where('content is "look"').count()
    marks = session.query("Metadata").where(f'parent_id is "{production.tasks[0]}"').select("key").dicts()
    return names, notes, [mark["key"] for mark in marks]


@pytest.mark.parametrize("stage", REACHED)
def test_a_commit_whose_response_was_lost_is_found_to_be_done(
    changed: Session, other: Session, proxy: UnreliableProxy, production: Production, stage: str
) -> None:
    notes_before = _server_state(other, production)[1]
    (new, note) = changed.created
    (deleted,) = changed.deleted
    planned = len(changed.plan())
    proxy.stage = stage
    assert changed.commit() == planned
    assert (changed.created, changed.modified, changed.deleted) == ([], [], [])
    assert [inspect(each).state for each in (new, note, deleted)] == [Lifecycle.PERSISTENT] * 2 + [Lifecycle.DELETED]
    with requests_made(changed) == 0:
        assert new.project_id == production.project  # set by the server and read with the outcome
        assert new.status_id is not None
    names, notes, marks = _server_state(other, production)
    assert names == ["new", "renamed", *[f"task{n:02}" for n in range(2, 12)]]
    assert (notes - notes_before, marks) == (1, ["a"])
    assert changed.commit() == 0


@pytest.mark.parametrize("stage", NOT_REACHED)
def test_a_commit_that_did_not_reach_the_server_is_found_to_be_not_done(
    changed: Session, other: Session, proxy: UnreliableProxy, production: Production, stage: str
) -> None:
    before = _server_state(other, production)
    journal = changed.created, changed.modified, changed.deleted
    plan = changed.plan()
    proxy.stage = stage
    with pytest.raises(errors.TransportError, match="safe to commit again") as caught:
        changed.commit()
    assert caught.value.safe_to_retry
    assert not isinstance(caught.value, errors.CommitOutcomeUnknown)
    assert (changed.created, changed.modified, changed.deleted) == journal
    assert changed.plan() == plan
    assert _server_state(other, production) == before
    assert changed.commit() == len(plan)
    names, notes, marks = _server_state(other, production)
    assert names == ["new", "renamed", *[f"task{n:02}" for n in range(2, 12)]]
    assert (notes - before[1], marks) == (1, ["a"])


@pytest.mark.parametrize("fragile_session", [1], indirect=True)
@pytest.mark.parametrize("stage", [*NOT_REACHED, *REACHED])
def test_a_commit_that_was_not_carried_out_is_sent_again_and_none_is_carried_out_twice(
    changed: Session, other: Session, proxy: UnreliableProxy, production: Production, stage: str
) -> None:
    before = _server_state(other, production)
    planned = len(changed.plan())
    proxy.stage = stage
    assert changed.commit() == planned
    assert (changed.created, changed.modified, changed.deleted) == ([], [], [])
    names, notes, marks = _server_state(other, production)
    assert names == ["new", "renamed", *[f"task{n:02}" for n in range(2, 12)]]
    assert (notes - before[1], marks) == (1, ["a"])
    assert changed.commit() == 0


@pytest.mark.parametrize("stage", ["request half", "response half"])
def test_while_the_server_is_unreachable_the_outcome_is_unknown_and_the_next_commit_finds_it(
    changed: Session, other: Session, proxy: UnreliableProxy, production: Production, stage: str
) -> None:
    before = _server_state(other, production)
    planned = len(changed.plan())
    proxy.stage, proxy.stays_down = stage, True
    with pytest.raises(errors.CommitOutcomeUnknown, match="reading the entities from the server failed too"):
        changed.commit()
    with pytest.raises(errors.CommitOutcomeUnknown):
        changed.commit()
    assert len(changed.plan()) == planned
    proxy.stage = None
    assert changed.commit() == planned
    names, notes, marks = _server_state(other, production)
    assert names == ["new", "renamed", *[f"task{n:02}" for n in range(2, 12)]]
    assert (notes - before[1], marks) == (1, ["a"])
    assert changed.commit() == 0


def test_an_unreachable_server_leaves_all_changes_for_a_later_commit(changed: Session, proxy: UnreliableProxy) -> None:
    plan = changed.plan()
    proxy.close()
    with pytest.raises(errors.TransportError):
        changed.commit()
    assert changed.plan() == plan
    assert len(changed.created) == 2


@pytest.mark.parametrize("stage", REACHED)
def test_updates_alone_are_recognised_by_their_values(
    fragile_session: Session, other: Session, proxy: UnreliableProxy, production: Production, stage: str
) -> None:
    first, second = (existing(fragile_session.get("Task", key)) for key in production.tasks[:2])
    _ = first.name, second.bid
    first.name, second.bid = "renamed", 4711
    proxy.stage = stage
    assert fragile_session.commit() == 2
    assert fragile_session.modified == []
    assert existing(other.get("Task", first.id)).name == "renamed"


@pytest.mark.parametrize("stage", NOT_REACHED)
def test_updates_alone_that_were_not_carried_out_can_be_repeated(
    fragile_session: Session, other: Session, proxy: UnreliableProxy, production: Production, stage: str
) -> None:
    task = existing(fragile_session.get("Task", production.tasks[0]))
    _ = task.name
    task.name = "renamed"
    proxy.stage = stage
    with pytest.raises(errors.TransportError, match="safe to commit again"):
        fragile_session.commit()
    assert existing(other.get("Task", task.id)).name == "task00"
    assert fragile_session.commit() == 1


def test_the_outcome_of_an_update_that_another_user_overwrote_is_unknown(
    fragile_session: Session, other: Session, proxy: UnreliableProxy, production: Production
) -> None:
    task = existing(fragile_session.get("Task", production.tasks[0]))
    _ = task.name
    task.name = "mine"
    with other.begin():
        existing(other.get("Task", task.id)).name = "theirs"
    proxy.stage = "request half"
    with pytest.raises(errors.CommitOutcomeUnknown, match="other values than the commit"):
        fragile_session.commit()
    assert fragile_session.modified == [task]
    # The next commit is the decision to overwrite.
    assert fragile_session.commit() == 1


def test_deletes_alone_are_recognised_by_missing_entities(
    fragile_session: Session, proxy: UnreliableProxy, production: Production
) -> None:
    tasks = [existing(fragile_session.get("Task", key)) for key in production.tasks[:2]]
    for task in tasks:
        fragile_session.delete(task)
    proxy.stage = "response 0"
    assert fragile_session.commit() == 2
    assert fragile_session.deleted == []


def test_edits_made_while_the_outcome_is_unresolved_are_sent_by_the_commit_that_resolves_it(
    fragile_session: Session, other: Session, proxy: UnreliableProxy, production: Production
) -> None:
    shot = existing(fragile_session.get("Shot", production.shots[0]))
    kept, dropped = (fragile_session.create("Task", name=name, parent=shot) for name in ("kept", "dropped"))
    task = existing(fragile_session.get("Task", production.tasks[0]))
    _ = task.name
    task.name = "first"
    proxy.stage, proxy.stays_down = "response 0", True
    with pytest.raises(errors.CommitOutcomeUnknown):
        fragile_session.commit()
    task.name = "task00"  # the earlier value, which the server may not have any more
    kept.name = "renamed"
    fragile_session.delete(dropped)
    proxy.stage = None
    fragile_session.commit()
    assert existing(other.get("Task", task.id)).name == "task00"
    assert existing(other.get("Task", kept.id)).name == "renamed"
    assert other.get("Task", dropped.id) is None
    assert fragile_session.plan() == []


def test_an_entity_deleted_while_its_failed_creation_was_unresolved_is_discarded(
    fragile_session: Session, proxy: UnreliableProxy, production: Production
) -> None:
    task = fragile_session.create("Task", name="new", parent=existing(fragile_session.get("Shot", production.shots[0])))
    proxy.stage, proxy.stays_down = "request half", True
    with pytest.raises(errors.CommitOutcomeUnknown):
        fragile_session.commit()
    fragile_session.delete(task)
    proxy.stage = None
    assert fragile_session.commit() == 0
    assert fragile_session.plan() == []
    assert inspect(task).state is Lifecycle.TRANSIENT


def test_the_receipt_says_that_values_were_lost_with_the_response(
    fragile_session: Session, proxy: UnreliableProxy, production: Production
) -> None:
    task = fragile_session.query("Task").where(id=production.tasks[0]).select("id").one()
    task.bid = 77
    proxy.stage = "response 0"
    receipt = fragile_session.commit()
    assert receipt == 1
    assert receipt.gaps == ("The response to the commit was lost, and with it the values from before it.",)
    assert any("is not known" in each for each in receipt.undo().not_restored)


def test_a_search_for_dependents_that_fails_sends_nothing(
    fragile_session: Session, other: Session, proxy: UnreliableProxy, production: Production
) -> None:
    task = existing(fragile_session.get("Task", production.tasks[0]))
    fragile_session.delete(task)
    proxy.stage, proxy.stays_down = "request half", True
    with pytest.raises(errors.TransportError):
        fragile_session.commit()
    assert fragile_session.deleted == [task]
    assert other.get("Task", task.id) is not None
    proxy.stage, proxy.stays_down = None, False
    assert fragile_session.commit() == 1


def test_finding_the_outcome_takes_one_request(changed: Session, proxy: UnreliableProxy) -> None:
    proxy.stage = "response 0"
    with requests_made(changed) == 2:
        changed.commit()


def test_after_a_timeout_the_outcome_is_unknown(connect: Connect, box: Sandbox, production: Production) -> None:
    session = connect(transport=TooSlow(box))
    session.create("Task", name="new", parent=existing(session.get("Shot", production.shots[0])))
    with pytest.raises(errors.CommitOutcomeUnknown, match="may still be working"):
        session.commit()
    assert len(session.created) == 1
