"""`Session.call`: operations are sent as they are, and replies are returned as plain data."""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_orm import Cancellation, Exchange, Request, Response, Session, errors
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.wire import operations
from tests.assertions import existing
from tests.fakes.transports import ForwardingTransport
from tests.production import Connect, Production


class RecordingTransport(ForwardingTransport):
    """Keeps all requests, and calls `before` with each request before it is sent."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self.requests: list[Request] = []
        self.before: Callable[[Request, Cancellation | None], object] = lambda request, cancellation: None

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        self.requests.append(request)
        self.before(request, cancellation)
        return super().send(request, cancellation)


@pytest.fixture
def transport(box: Sandbox) -> Iterator[RecordingTransport]:
    transport = RecordingTransport(box)
    yield transport
    transport.close()


@pytest.fixture
def recorded_session(connect: Connect, transport: RecordingTransport) -> Session:
    """A session with `transport`, after its handshake."""
    session = connect(transport=transport)
    session.server_information  # noqa: B018 - makes the handshake
    transport.requests.clear()
    return session


def test_call_takes_mappings_and_operations_and_returns_plain_data_in_order(
    session: Session, production: Production
) -> None:
    with requests_made(session) == 1:
        replies = session.call(
            [
                {"action": "query", "expression": f'select name from Shot where id is "{production.shots[0]}"'},
                operations.QueryOperation(f'select name from Project where id is "{production.project}"'),
                operations.QueryServerInformationOperation(("version",)),
            ]
        )
    assert replies[0]["data"][0]["name"] == "sh0"
    assert type(replies[0]["data"][0]) is dict
    assert replies[1]["data"][0]["name"] == production.name
    assert set(replies[2]) == {"version"}


def test_call_encodes_and_decodes_dates(session: Session, production: Production) -> None:
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    task = production.tasks[0]
    session.call([operations.UpdateOperation("Task", (task,), {"start_date": moment})])
    (reply,) = session.call([operations.QueryOperation(f'select start_date from Task where id is "{task}"')])
    assert reply["data"][0]["start_date"] == moment
    assert reply["data"][0]["start_date"].utcoffset() == datetime.timedelta(0)


def test_call_writes_and_a_batch_is_atomic(session: Session, production: Production) -> None:
    with pytest.raises(errors.ServerError):
        session.call(
            [
                {
                    "action": "update",
                    "entity_type": "Task",
                    "entity_key": [production.tasks[0]],
                    "entity_data": {"__entity_type__": "Task", "name": "renamed"},
                },
                {"action": "delete", "entity_type": "Task", "entity_key": ["missing"]},
            ]
        )
    assert existing(session.get("Task", production.tasks[0])).name == "task00"


def test_call_without_operations_makes_no_request(session: Session) -> None:
    with requests_made(session) == 0:
        assert session.call([]) == []


def test_call_merges_nothing_into_entities(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    session.call([operations.UpdateOperation("Task", (task.id,), {"name": "renamed"})])
    assert task.name == "task00"


@pytest.mark.parametrize("wrong", [{"action": "query"}, "query", operations.QuerySchemasOperation(), 5, None])
def test_call_with_a_single_value_raises_an_error_that_asks_for_a_list(session: Session, wrong: Any) -> None:
    with requests_made(session) == 0, pytest.raises(errors.UsageError, match="list of operations"):
        session.call(wrong)


def test_call_names_a_value_that_is_not_an_operation(session: Session) -> None:
    with pytest.raises(errors.UsageError, match="'Task'"):
        session.call(["Task"])  # type: ignore[list-item]


def test_call_sends_push_token_headers_timeout_and_cancellation(
    recorded_session: Session, transport: RecordingTransport
) -> None:
    given: list[Cancellation | None] = []
    transport.before = lambda request, cancellation: given.append(cancellation)
    cancellation = Cancellation()
    recorded_session.call(
        [operations.QueryServerInformationOperation()],
        push_token="token-1",
        headers={"X-Studio": "north"},
        timeout=7,
        cancellation=cancellation,
    )
    (request,) = transport.requests
    assert request.headers["ftrack-pushtoken"] == "token-1"
    assert request.headers["x-studio"] == "north"
    assert request.timeout == 7
    assert given == [cancellation]


def test_every_request_identifies_the_user_and_the_client(
    recorded_session: Session, transport: RecordingTransport, box: Sandbox
) -> None:
    recorded_session.call([operations.QueryServerInformationOperation()])
    headers = transport.requests[0].headers
    assert headers["ftrack-user"] == box.api_user
    assert headers["ftrack-api-key"] == box.api_key
    assert headers["ftrack-clienttoken"]
    assert "ftrack-pushtoken" not in headers


def test_only_requests_that_read_are_marked_as_idempotent(
    recorded_session: Session, transport: RecordingTransport, production: Production
) -> None:
    recorded_session.call(
        [{"action": "query", "expression": "select id from User"}, operations.QuerySchemasOperation()]
    )
    recorded_session.call([operations.UpdateOperation("Task", (production.tasks[0],), {"name": "renamed"})])
    assert [request.idempotent for request in transport.requests] == [True, False]


def test_a_call_is_cancelled_from_another_thread(connect: Connect, transport: RecordingTransport) -> None:
    session = connect(transport=transport)
    session.server_information  # noqa: B018 - makes the handshake
    cancellation, arrived = Cancellation(), threading.Event()

    def hold(request: Request, given: Cancellation | None) -> None:
        arrived.set()
        assert existing(given).wait(10), "the request was not cancelled"

    transport.before = hold

    def cancel() -> None:
        arrived.wait(10)
        cancellation.cancel()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with pytest.raises(errors.RequestCancelled):
        session.call([operations.QueryServerInformationOperation()], cancellation=cancellation)
    canceller.join(10)


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"action": "nonsense"}, errors.ServerCompatibilityError),
        ({"action": "query", "expression": "select id from Task where"}, errors.ServerParseError),
        ({"action": "delete", "entity_type": "Task", "entity_key": ["none"]}, errors.EntityNotFound),
        (operations.UpdateOperation("Task", ("none",), {"name": "x"}), errors.EntityNotFound),
        (operations.CreateOperation("Task", {"name": "no parent"}), errors.ServerError),
    ],
)
def test_a_refusal_has_the_class_of_its_cause_and_the_operations(session: Session, operation: Any, kind: Any) -> None:
    with pytest.raises(kind) as caught:
        session.call([operation])
    error = caught.value
    assert error.content
    assert error.content in str(error)
    assert error.operations == [operation if isinstance(operation, dict) else operation.to_json()]
    json.dumps(error.operations)


def test_observers_are_called_for_requests_until_they_are_removed(session: Session) -> None:
    exchanges: list[Exchange] = []
    session.observe(exchanges.append)
    session.call([operations.QueryServerInformationOperation()])
    session.stop_observing(exchanges.append)
    session.stop_observing(exchanges.append)
    session.call([operations.QueryServerInformationOperation()])
    (exchange,) = exchanges
    assert len(exchange.operations) == 1
    assert exchange.request_bytes > 0
    assert exchange.answer_bytes > 0
    assert exchange.error is None
