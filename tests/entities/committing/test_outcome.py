"""Committing over a line that is cut at every stage: what was done is taken as done, what was not can be sent again."""

import contextlib
import datetime
import socket
import threading

import pytest

from ftrack_orm import errors, inspect
from ftrack_orm.entities.committing.outcome import Outcome, determine_outcome
from ftrack_orm.entities.committing.server_state import ServerState, is_same_value
from ftrack_orm.entities.entity import Lifecycle
from ftrack_orm.settings import Settings
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.values import NOT_LOADED, Reference
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, UpdateOperation


class CuttingProxy:
    """A TCP proxy before the embedded server that cuts the connection of the next request at a stage.

    Stages: how much of the request the server gets (`request 0`, `half`, `all but one byte`) before it and the client
    are cut off, or how much of the server's answer the client gets (`answer 0`, `half`, `all but one byte`).
    """

    def __init__(self, server_port):
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.stage = None
        self.stays_down = False
        self._clients = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._clients.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self._server_port)) as server, contextlib.suppress(OSError):
            while (request := _message(client)) is not None:
                stage, self.stage = self.stage, self.stage if self.stays_down else None
                side, _, amount = (stage or "").partition(" ")
                if side == "request":
                    server.sendall(_part(request, amount))
                    return
                server.sendall(request)
                answer = _message(server)
                if side == "answer":
                    client.sendall(_part(answer, amount))
                    return
                client.sendall(answer)

    def close(self):
        # Shutting down wakes the thread that waits in accept; closing alone would not.
        for connection in (self._listener, *self._clients):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def _message(connection):
    """Read one HTTP message with an announced length; None when the connection ends."""
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


def _part(message, amount):
    return message[: {"0": 0, "half": len(message) // 2, "all but one byte": len(message) - 1}[amount]]


NOT_REACHED = ["request 0", "request half", "request all but one byte"]
REACHED = ["answer 0", "answer half", "answer all but one byte"]


@pytest.fixture
def proxy(box):
    proxy = CuttingProxy(int(box.url.rpartition(":")[2]))
    yield proxy
    proxy.close()


@pytest.fixture(params=[0])
def cut_session(request, proxy, connect, box):
    settings = Settings(server_url=proxy.url, api_user=box.api_user, api_key=box.api_key)
    session = connect(transport=HttpTransport(settings, pause=lambda *_: None), retries=request.param)
    session.server_information  # noqa: B018 - the schema is not to be what is cut
    yield session
    session.rollback()
    session.close()


@pytest.fixture
def changed(cut_session, production):
    """A session with one change of every kind: create, row create, update, collection, delete."""
    task, gone = (cut_session.get("Task", key) for key in production.tasks[:2])
    _ = task.name, task.description
    task.name = "renamed"
    task.description = "never read before"
    task.end_date = datetime.datetime(2024, 2, 3, 4, 5, 6, 789, tzinfo=datetime.timezone.utc)
    new = cut_session.create("Task", name="new", parent=cut_session.get("Shot", production.shots[0]))
    task.metadata["a"] = "1"
    cut_session.create("Note", content="look", parent_id=new.id, parent_type="Task", author=_user(cut_session))
    cut_session.delete(gone)
    return cut_session


def _user(session):
    return session.query("User").first()


def _server_state(session, production):
    """What the server has of the production, read anew."""
    tasks = session.query("Task").where(f'project_id is "{production.project}"').order_by("name").dicts()
    names = [task["name"] for task in tasks]
    notes = session.query("Note").where('content is "look"').count()
    marks = session.query("Metadata").where(f'parent_id is "{production.tasks[0]}"').select("key").dicts()
    return names, notes, [mark["key"] for mark in marks]


@pytest.mark.parametrize("stage", REACHED)
def test_a_commit_whose_answer_was_cut_is_found_to_be_done(changed, other, proxy, production, stage):
    notes_before = _server_state(other, production)[1]
    (new, note) = changed.created
    (gone,) = changed.deleted
    planned = len(changed.plan())
    proxy.stage = stage
    assert changed.commit() == planned
    assert (changed.created, changed.modified, changed.deleted) == ([], [], [])
    assert [inspect(each).state for each in (new, note, gone)] == [Lifecycle.PERSISTENT] * 2 + [Lifecycle.DELETED]
    with requests_made(changed) == 0:
        assert new.project_id == production.project  # filled in by the server, told by the answer to the question
        assert new.status_id is not None
    names, notes, marks = _server_state(other, production)
    assert names == ["new", "renamed", *[f"task{n:02}" for n in range(2, 12)]]
    assert (notes - notes_before, marks) == (1, ["a"])
    assert changed.commit() == 0


@pytest.mark.parametrize("stage", NOT_REACHED)
def test_a_commit_that_was_cut_on_its_way_is_found_to_be_not_done(changed, other, proxy, production, stage):
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


@pytest.mark.parametrize("cut_session", [1], indirect=True)
@pytest.mark.parametrize("stage", [*NOT_REACHED, *REACHED])
def test_a_commit_that_was_not_carried_out_is_sent_again_and_none_twice(changed, other, proxy, production, stage):
    before = _server_state(other, production)
    planned = len(changed.plan())
    proxy.stage = stage
    assert changed.commit() == planned
    assert (changed.created, changed.modified, changed.deleted) == ([], [], [])
    names, notes, marks = _server_state(other, production)
    assert names == ["new", "renamed", *[f"task{n:02}" for n in range(2, 12)]]
    assert (notes - before[1], marks) == (1, ["a"])
    assert changed.commit() == 0


@pytest.mark.parametrize("stage", ["request half", "answer half"])
def test_while_nobody_can_be_asked_the_outcome_is_unknown_and_the_next_commit_looks_first(
    changed, other, proxy, production, stage
):
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


def test_a_server_that_cannot_be_reached_leaves_everything_for_a_later_commit(changed, proxy):
    plan = changed.plan()
    proxy.close()
    with pytest.raises(errors.TransportError):
        changed.commit()
    assert changed.plan() == plan
    assert len(changed.created) == 2


@pytest.mark.parametrize("stage", REACHED)
def test_updates_alone_are_recognised_by_their_values(cut_session, other, proxy, production, stage):
    first, second = (cut_session.get("Task", key) for key in production.tasks[:2])
    _ = first.name, second.bid
    first.name, second.bid = "renamed", 4711
    proxy.stage = stage
    assert cut_session.commit() == 2
    assert cut_session.modified == []
    assert other.get("Task", first.id).name == "renamed"


@pytest.mark.parametrize("stage", NOT_REACHED)
def test_updates_alone_that_are_not_there_can_be_committed_again(cut_session, other, proxy, production, stage):
    task = cut_session.get("Task", production.tasks[0])
    _ = task.name
    task.name = "renamed"
    proxy.stage = stage
    with pytest.raises(errors.TransportError, match="safe to commit again"):
        cut_session.commit()
    assert other.get("Task", task.id).name == "task00"
    assert cut_session.commit() == 1


def test_an_update_that_somebody_else_wrote_over_cannot_be_told(cut_session, other, proxy, production):
    task = cut_session.get("Task", production.tasks[0])
    _ = task.name
    task.name = "mine"
    with other.begin():
        other.get("Task", task.id).name = "theirs"
    proxy.stage = "request half"
    with pytest.raises(errors.CommitOutcomeUnknown, match="other values than the commit"):
        cut_session.commit()
    assert cut_session.modified == [task]
    # Nothing more can be found out, so committing again is taken as the decision to overwrite.
    assert cut_session.commit() == 1


def test_deletes_alone_are_recognised_by_what_is_gone(cut_session, proxy, production):
    tasks = [cut_session.get("Task", key) for key in production.tasks[:2]]
    for task in tasks:
        cut_session.delete(task)
    proxy.stage = "answer 0"
    assert cut_session.commit() == 2
    assert cut_session.deleted == []


def test_edits_made_while_the_outcome_is_in_doubt_are_sent_by_the_commit_that_settles_it(
    cut_session, other, proxy, production
):
    shot = cut_session.get("Shot", production.shots[0])
    kept, dropped = (cut_session.create("Task", name=name, parent=shot) for name in ("kept", "dropped"))
    task = cut_session.get("Task", production.tasks[0])
    _ = task.name
    task.name = "first"
    proxy.stage, proxy.stays_down = "answer 0", True
    with pytest.raises(errors.CommitOutcomeUnknown):
        cut_session.commit()
    task.name = "task00"  # back to what it was, which the server may not have any more
    kept.name = "renamed"
    cut_session.delete(dropped)
    proxy.stage = None
    cut_session.commit()
    assert other.get("Task", task.id).name == "task00"
    assert other.get("Task", kept.id).name == "renamed"
    assert other.get("Task", dropped.id) is None
    assert cut_session.plan() == []


def test_what_was_deleted_while_its_creation_was_in_doubt_and_did_not_happen_is_forgotten(
    cut_session, proxy, production
):
    task = cut_session.create("Task", name="new", parent=cut_session.get("Shot", production.shots[0]))
    proxy.stage, proxy.stays_down = "request half", True
    with pytest.raises(errors.CommitOutcomeUnknown):
        cut_session.commit()
    cut_session.delete(task)
    proxy.stage = None
    assert cut_session.commit() == 0
    assert cut_session.plan() == []
    assert inspect(task).state is Lifecycle.TRANSIENT


def test_asking_what_became_of_a_commit_takes_one_request(changed, proxy):
    proxy.stage = "answer 0"
    with requests_made(changed) == 2:
        changed.commit()


def test_after_a_time_limit_the_server_may_still_be_at_it(connect, box, production):
    class TooSlow:
        """A line on which the next write takes longer than allowed."""

        real = HttpTransport(Settings(server_url=box.url, api_user=box.api_user, api_key=box.api_key))

        def send(self, request, cancellation=None):
            if not request.repeatable:
                raise errors.RequestTimeout("Too slow.", safe_to_retry=False)
            return self.real.send(request, cancellation)

        def close(self):
            self.real.close()

    session = connect(transport=TooSlow())
    session.create("Task", name="new", parent=session.get("Shot", production.shots[0]))
    with pytest.raises(errors.CommitOutcomeUnknown, match="may still be working"):
        session.commit()
    assert len(session.created) == 1


# -- judging ----------------------------------------------------------------------------------------------------------


def _present(**values):
    return ServerState({("Task", ("1",)): {"id": "1", **values}}, [])


NOTHING = ServerState({}, [])


@pytest.mark.parametrize(
    ("operations", "before", "found", "outcome"),
    [
        ([CreateOperation("Task", {"id": "1", "name": "a"})], {}, _present(name="changed since"), Outcome.DONE),
        ([CreateOperation("Task", {"id": "1"}), CreateOperation("Task", {"id": "2"})], {}, _present(), Outcome.DONE),
        (
            [CreateOperation("Task", {"id": "1"}), UpdateOperation("Task", ("2",), {"name": "b"})],
            {},
            NOTHING,
            Outcome.NOT_DONE,
        ),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": "a"}, _present(name="b"), Outcome.DONE),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": "a"}, _present(name="a"), Outcome.NOT_DONE),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": "a"}, _present(name="c"), Outcome.UNKNOWN),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": NOT_LOADED}, _present(name="c"), Outcome.NOT_DONE),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": NOT_LOADED}, _present(name="b"), Outcome.DONE),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": "a"}, NOTHING, Outcome.UNKNOWN),
        (
            [UpdateOperation("Task", ("1",), {"name": "b", "bid": 2})],
            {"name": "a", "bid": 1},
            _present(name="b", bid=1),
            Outcome.UNKNOWN,
        ),
        ([DeleteOperation("Task", ("1",))], {}, _present(), Outcome.NOT_DONE),
        ([DeleteOperation("Task", ("1",))], {}, NOTHING, Outcome.DONE),
        # Nobody has set that custom attribute.
        ([UpdateOperation("ContextCustomAttributeValue", ("1", "2"), {"value": 5})], {}, NOTHING, Outcome.NOT_DONE),
        (
            [UpdateOperation("Task", ("1",), {"name": "b"}), DeleteOperation("Shot", ("2",))],
            {"name": "a"},
            NOTHING,
            Outcome.UNKNOWN,
        ),
    ],
)
def test_what_is_there_now_says_what_became_of_a_batch(session, operations, before, found, outcome):
    assert determine_outcome(session.schema, operations, {("Task", ("1",)): before}, found) is outcome


UTC = datetime.timezone.utc


@pytest.mark.parametrize(
    ("sent", "present", "alike"),
    [
        ("a", "a", True),
        ("a", None, False),
        (1, 1.0, True),
        (True, 1, False),
        (datetime.datetime(2024, 1, 1, 0, 0, 0, 999, UTC), datetime.datetime(2024, 1, 1, tzinfo=UTC), True),
        (datetime.datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC), datetime.datetime(2024, 1, 1, tzinfo=UTC), False),
        (Reference("Status", (("id", "1"),)), {"__entity_type__": "Status", "id": "1"}, True),
        (Reference("Status", (("id", "1"),)), None, False),
        ([Reference("Task", (("id", "1"),)), Reference("Task", (("id", "2"),))], [{"id": "2"}, {"id": "1"}], True),
        ([Reference("Task", (("id", "1"),))], [{"id": "2"}], False),
        ([], [{"id": "2"}], False),
        (["a", "b"], ["b", "a"], False),
    ],
)
def test_values_are_compared_by_what_they_mean(sent, present, alike):
    assert is_same_value(sent, present) is alike
