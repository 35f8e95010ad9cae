"""The options of requests for a query, a commit, a call and a block, as the server receives them."""

from __future__ import annotations

import json
import pickle
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Cancellation, Event, Query, Request, Response, Session, errors
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.transport import retries
from tests.assertions import existing
from tests.fakes.faulty_proxy import FaultyProxy, Head
from tests.fakes.transports import ForwardingTransport, body_of
from tests.production import Connect, Production

TIMEOUT = 30
#: Each option as an argument, and as the header or the limit of the request that it becomes.
OPTIONS: dict[str, Any] = {"headers": {"X-Show": "demo"}, "push_token": "token-1", "timeout": 7}


class RecordingTransport(ForwardingTransport):
    """Keeps the requests with their cancellations; `arrived` is called when the server has handled one."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self.requests: list[tuple[Request, Cancellation | None]] = []
        self.arrived: Callable[[Request], object] = lambda request: None

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        self.requests.append((request, cancellation))
        response = super().send(request, cancellation)
        self.arrived(request)
        if cancellation is not None and cancellation.cancelled:
            raise retries.cancelled(request)
        return response

    def cancel_writes(self, cancellation: Cancellation) -> None:
        """Cancel when the server has carried out a request that changes something."""
        self.arrived = lambda request: None if request.idempotent else cancellation.cancel()


@pytest.fixture
def transport(box: Sandbox) -> Iterator[RecordingTransport]:
    transport = RecordingTransport(box)
    yield transport
    transport.close()


@pytest.fixture
def session(connect: Connect, transport: RecordingTransport) -> Session:
    """A session with `transport`, after its handshake."""
    session = connect(transport=transport, page_size=2)
    session.server_information  # noqa: B018 - makes the handshake
    transport.requests.clear()
    return session


def has_options(request: Request, cancellation: Cancellation | None, expected: Cancellation) -> bool:
    """Return whether a request has all of `OPTIONS`."""
    headers = request.headers
    return (headers.get("x-show"), headers.get("ftrack-pushtoken"), request.timeout, cancellation) == (
        "demo",
        "token-1",
        7,
        expected,
    )


def has_none(request: Request, cancellation: Cancellation | None) -> bool:
    """Return whether a request has none of them."""
    return not {"x-show", "ftrack-pushtoken"} & request.headers.keys() and request.timeout == 60 and not cancellation


#: The ways to run a query. Each makes at least one request.
RUNS: dict[str, Callable[[Query[Any]], object]] = {
    "all": lambda query: query.all(),
    "iteration": list,
    "pages": lambda query: list(query.pages()),
    "first": lambda query: query.first(),
    "one_or_none": lambda query: query.limit(1).one_or_none(),
    "count": lambda query: query.count(),
    "exists": lambda query: query.exists(),
    "position": lambda query: query[1],
    "slice from the end": lambda query: query[-2:],
    "dicts": lambda query: list(query.dicts()),
    "walk": lambda query: list(query.walk(page_size=2)),
    "update": lambda query: query.update({"bid": 3}, batch_size=2),
    "delete": lambda query: query.delete(batch_size=2),
}


def tasks_of(session: Session, production: Production, **options: Any) -> Query[Any]:
    return session.query("Task", **options).where(project_id=production.project)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_every_request_of_a_query_has_its_options(
    session: Session, transport: RecordingTransport, production: Production, run: Callable[[Query[Any]], object]
) -> None:
    cancellation = Cancellation()
    run(tasks_of(session, production, **OPTIONS, cancellation=cancellation))
    assert transport.requests
    assert all(has_options(*sent, cancellation) for sent in transport.requests)
    transport.requests.clear()
    run(tasks_of(session, production))
    assert all(has_none(*sent) for sent in transport.requests)


def test_the_caller_has_no_options_between_the_pages_of_a_query(
    session: Session, transport: RecordingTransport, production: Production
) -> None:
    for task in tasks_of(session, production, **OPTIONS):
        session.call([{"action": "query_server_information"}])
        assert task.name
    own = [sent for sent in transport.requests if b"query_server_information" in body_of(sent[0])]
    assert len(own) == len(production.tasks)
    assert all(has_none(*sent) for sent in own)


def test_the_methods_of_a_query_keep_its_options_and_later_ones_win(session: Session) -> None:
    query = session.query("Task", timeout=5, headers={"x-show": "demo"}).where(name="a").limit(3).order_by("name")
    options = existing(query.with_request_options(timeout=9, headers={"x-step": "1"}).request_options)
    assert (options.timeout, options.headers) == (9, {"x-show": "demo", "x-step": "1"})
    assert query != query.with_request_options(timeout=9)
    assert query == query.with_request_options(timeout=5)
    assert len({query, query.with_request_options(timeout=5)}) == 1


def test_a_pickled_query_keeps_the_options_that_belong_to_no_process(session: Session) -> None:
    query = session.query("Task", timeout=5, cancellation=Cancellation())
    options = existing(pickle.loads(pickle.dumps(query)).request_options)
    assert (options.timeout, options.cancellation) == (5, None)


def test_a_query_is_cancelled_from_another_thread(
    session: Session, transport: RecordingTransport, production: Production
) -> None:
    cancellation = Cancellation()
    transport.arrived = lambda request: cancellation.cancel()
    with pytest.raises(errors.RequestCancelled) as caught:
        tasks_of(session, production, cancellation=cancellation).all()
    assert caught.value.safe_to_retry
    assert len(transport.requests) == 1
    transport.arrived = lambda request: None
    assert len(tasks_of(session, production).all()) == 12


def test_queries_that_are_requested_together_need_the_same_options(
    session: Session, transport: RecordingTransport, production: Production
) -> None:
    tasks, shots = tasks_of(session, production, timeout=7), session.query("Shot", timeout=7).limit(1)
    session.all(tasks.limit(2), shots)
    assert [request.timeout for request, _ in transport.requests] == [7]
    with pytest.raises(errors.QueryError, match=r"session\.request_options"):
        session.all(tasks, session.query("Shot"))
    with session.request_options(timeout=3):
        session.all(tasks_of(session, production).limit(2), session.query("Shot").limit(1))
    assert transport.requests[-1][0].timeout == 3


def test_a_commit_has_options_for_all_of_its_requests(
    session: Session, transport: RecordingTransport, production: Production
) -> None:
    first, second = tasks_of(session, production).limit(2).all()
    first.name = "renamed"
    transport.requests.clear()
    cancellation = Cancellation()
    session.commit(**OPTIONS, cancellation=cancellation, on_conflict="raise")
    assert len(transport.requests) == 2  # one for the present values, one for the changes
    assert all(has_options(*sent, cancellation) for sent in transport.requests)
    second.name = "renamed too"
    session.commit()
    assert has_none(*transport.requests[-1])


def test_a_block_that_commits_has_options_for_its_commit(
    session: Session, transport: RecordingTransport, production: Production
) -> None:
    with session.begin(**OPTIONS):
        existing(session.query("Task").where(id=production.tasks[0]).first()).name = "renamed"
    read, written = transport.requests
    assert has_none(*read)
    assert written[0].headers["ftrack-pushtoken"] == "token-1"
    assert written[0].timeout == 7


def test_the_events_of_a_commit_and_of_a_bulk_change_have_the_push_token(
    connect: Connect, production: Production
) -> None:
    editor, listener = connect(), connect()
    received: queue.Queue[Event] = queue.Queue()
    listener.event_hub.subscribe("topic=ftrack.update and data.pushToken=mine", received.put)
    listener.event_hub.connect()
    existing(editor.get("Task", production.tasks[0])).name = "renamed"
    editor.commit(push_token="mine")
    assert received.get(timeout=TIMEOUT).data["entities"][0]["entityId"] == production.tasks[0]
    editor.query("Task", push_token="mine").where(id=production.tasks[1]).update({"name": "also"})
    assert received.get(timeout=TIMEOUT).data["entities"][0]["entityId"] == production.tasks[1]


def test_a_cancelled_commit_returns_at_once_and_the_next_one_finds_its_outcome(
    session: Session, transport: RecordingTransport, production: Production, connect: Connect
) -> None:
    cancellation = Cancellation()
    transport.cancel_writes(cancellation)
    shot = existing(session.get("Shot", production.shots[0]))
    created = session.create("Task", name="cancelled", parent=shot)
    with pytest.raises(errors.RequestCancelled, match="The next commit first finds out") as caught:
        session.commit(cancellation=cancellation)
    assert not caught.value.safe_to_retry
    assert session.created == [created]
    transport.arrived = lambda request: None
    session.commit()
    assert session.created == []
    assert connect().query("Task").where(name="cancelled", parent_id=shot.id).count() == 1


class StallingProxy(FaultyProxy):
    """A proxy that can forward a request and its response's head, and then goes silent. `stalled` is set then."""

    def __init__(self, url: str) -> None:
        super().__init__(url, seed=0)
        self.stalls = False
        self.stalled = threading.Event()

    def _fault_for(self, request: Head) -> tuple[str, float]:
        return ("stall response", 0.0) if self.stalls else ("", 0.0)

    def _break(self, kind: str, client: socket.socket) -> bool:
        self.stalled.set()
        return super()._break(kind, client)


def test_a_commit_over_a_connection_that_stalls_is_cancelled_from_another_thread(
    box: Sandbox, production: Production, connect: Connect, schema_cache: Path
) -> None:
    proxy, cancellation = StallingProxy(box.url), Cancellation()

    def cancel() -> None:
        proxy.stalled.wait(TIMEOUT)
        cancellation.cancel()

    with proxy:
        session = Session(proxy.url, box.api_key, box.api_user, schema_cache_path=schema_cache)
        shot = existing(session.get("Shot", production.shots[0]))
        session.create("Task", name="stalled", parent=shot)
        proxy.stalls = True
        canceller = threading.Thread(target=cancel)
        canceller.start()
        with pytest.raises(errors.RequestCancelled):
            session.commit(cancellation=cancellation)
        canceller.join(TIMEOUT)
        proxy.stalls = False
        session.commit()
        session.close()
    assert connect().query("Task").where(name="stalled", parent_id=shot.id).count() == 1


def test_a_commit_that_is_cancelled_before_it_is_sent_leaves_nothing_behind(
    session: Session, transport: RecordingTransport, production: Production, connect: Connect
) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    existing(session.get("Task", production.tasks[0])).name = "renamed"
    with pytest.raises(errors.RequestCancelled):
        session.commit(cancellation=cancellation)
    assert existing(connect().get("Task", production.tasks[0])).name == "task00"
    session.commit()
    assert existing(connect().get("Task", production.tasks[0])).name == "renamed"


def test_a_cancelled_bulk_change_says_how_far_it_came(
    session: Session, transport: RecordingTransport, production: Production
) -> None:
    cancellation = Cancellation()
    done: list[tuple[int, int]] = []

    def on_progress(count: int, total: int) -> None:
        done.append((count, total))
        transport.cancel_writes(cancellation)

    query = tasks_of(session, production, cancellation=cancellation)
    with pytest.raises(errors.RequestCancelled, match="5 of 12 entities were done before") as caught:
        query.update({"bid": 99}, batch_size=5, on_progress=on_progress)
    assert done == [(5, 12)]
    assert (caught.value.details["done"], caught.value.details["total"]) == (5, 12)


def test_a_block_gives_its_options_to_everything_that_this_thread_requests(
    session: Session, transport: RecordingTransport, production: Production, connect: Connect
) -> None:
    cancellation = Cancellation()
    other = connect()
    with session.request_options(**OPTIONS, cancellation=cancellation):
        task = existing(session.get("Task", production.tasks[0]))
        task.parent.parent.name  # noqa: B018 - loaded by reading it
        session.populate(task, "status.name")
        session.refresh(task)
        session.ensure("Task", {"name": "ensured", "parent": task.parent}, ["name", "parent"])
        task.name = "renamed"
        session.commit()
        session.call([{"action": "delete", "entity_type": "Task", "entity_key": [production.tasks[1]]}])
        other.query("Task").first()
        sent = len(transport.requests)
        thread = threading.Thread(target=session.query("Task").first)
        thread.start()
        thread.join()
    assert sent >= 7
    assert all(has_options(*each, cancellation) for each in transport.requests[:sent])
    assert all(has_none(*each) for each in transport.requests[sent:])
    assert len(transport.requests) == sent + 1


def test_own_options_come_before_those_of_the_block(
    session: Session, transport: RecordingTransport, production: Production
) -> None:
    with session.request_options(timeout=5, headers={"x-a": "block", "x-b": "block"}):
        session.query("Task", timeout=3, headers={"X-A": "query"}).first()
    ((request, _),) = transport.requests
    assert (request.timeout, request.headers["x-a"], request.headers["x-b"]) == (3, "query", "block")


@pytest.mark.parametrize("options", [{"timeout": -1}, {"headers": {"a b": "c"}}, {"cancellation": "now"}])
def test_an_option_that_does_not_fit_is_refused_everywhere_before_anything_is_sent(
    session: Session, transport: RecordingTransport, production: Production, options: dict[str, Any]
) -> None:
    def begin() -> None:
        with session.begin(**options):
            pytest.fail("the block was entered")

    task = existing(session.get("Task", production.tasks[0]))
    task.name = "renamed"
    transport.requests.clear()
    for use in (
        lambda: session.query("Task", **options),
        lambda: session.query("Task").with_request_options(**options),
        lambda: session.commit(**options),
        lambda: session.call([{"action": "query_server_information"}], **options),
        lambda: session.request_options(**options),
        begin,
    ):
        with pytest.raises(errors.UsageError, match=next(iter(options))):
            use()
    assert transport.requests == []
    assert session.modified == [task]


# -- plain calls ------------------------------------------------------------------------------------------------------


def test_a_call_merges_the_occurrences_of_an_entity(session: Session, production: Production) -> None:
    expression = f'select name, parent.name, parent.children.bid from Task where project_id is "{production.project}"'
    (reply,) = session.call([{"action": "query", "expression": expression}])
    for task in reply["data"]:
        assert task["parent"]["name"]
        assert task in task["parent"]["children"]
        assert any(child is task for child in task["parent"]["children"])
        assert "bid" in task
        assert "name" in task
    shots = {task["parent"]["id"]: task["parent"] for task in reply["data"]}
    assert all(task["parent"] is shots[task["parent"]["id"]] for task in reply["data"])


def test_a_call_without_merging_returns_the_replies_as_the_server_sends_them(
    session: Session, production: Production
) -> None:
    operation = {
        "action": "query",
        "expression": f'select parent.name from Task where project_id is "{production.project}"',
    }
    (reply,) = session.call([operation], merge=False)
    with_name = [task for task in reply["data"] if "name" in task["parent"]]
    assert len(with_name) == len(production.shots)
    assert json.dumps(reply)


def values_missing_in(merged: Any, full: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of values of *full*, an answer in which every occurrence is complete, that *merged* lacks."""
    if isinstance(full, dict):
        for name, value in full.items():
            if not isinstance(merged, dict) or name not in merged:
                yield f"{path}.{name}"
            else:
                yield from values_missing_in(merged[name], value, f"{path}.{name}")
    elif isinstance(full, list):
        if not isinstance(merged, list) or len(merged) != len(full):
            yield path
        else:
            for position, value in enumerate(full):
                yield from values_missing_in(merged[position], value, f"{path}[{position}]")
    elif merged != full:
        yield path


@pytest.mark.parametrize(
    "expression",
    [
        "select name, parent.name, parent.children.name from Task where project_id is {project}",
        "select name, status.name, type.name, project.name, parent.parent.children.children.status.name from Task "
        "where project_id is {project}",
        "select custom_attributes, metadata, parent.custom_attributes from Shot where project_id is {project}",
        "select children.children.name, children.children.parent.parent.name from Sequence "
        "where project_id is {project}",
    ],
)
def test_merged_replies_have_the_values_that_the_server_sends_when_it_repeats_entities(
    session: Session, production: Production, expression: str
) -> None:
    operations = [
        {"action": "query", "expression": expression.format(project=f'"{production.project}"')},
        {"action": "query", "expression": f'select status.name from Task where project_id is "{production.project}"'},
    ]
    full = session.call(operations, merge=False, headers={"ftrack-api-options": "strict:1;denormalize:1"})
    assert list(values_missing_in(session.call(operations), full)) == []
