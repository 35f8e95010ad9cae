"""The raw door of a session: operations in, plain answers out."""

import datetime
import json
import threading

import pytest

from ftrack_orm import Cancellation, errors
from ftrack_orm.settings import Settings
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.wire import operations


class Line:
    """HTTP to the embedded server that remembers what went through it, and stops where it is told to."""

    def __init__(self, box):
        self._http = HttpTransport(Settings.resolve(box.url, box.api_key, box.api_user))
        self.requests = []
        self.before = lambda request, cancellation: None

    def send(self, request, cancellation=None):
        self.requests.append(request)
        self.before(request, cancellation)
        return self._http.send(request, cancellation)

    def close(self):
        self._http.close()


@pytest.fixture
def line(box):
    line = Line(box)
    yield line
    line.close()


@pytest.fixture
def wired(connect, line):
    """A session through `line` that has met the server."""
    session = connect(transport=line)
    session.server_information  # noqa: B018 - meets the server
    line.requests.clear()
    return session


def test_call_takes_mappings_and_operations_and_gives_plain_answers_in_order(session, production):
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


def test_call_carries_dates_both_ways(session, production):
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    task = production.tasks[0]
    session.call([operations.UpdateOperation("Task", (task,), {"start_date": moment})])
    (reply,) = session.call([operations.QueryOperation(f'select start_date from Task where id is "{task}"')])
    assert reply["data"][0]["start_date"] == moment
    assert reply["data"][0]["start_date"].utcoffset() == datetime.timedelta(0)


def test_call_writes_and_a_batch_is_done_whole_or_not_at_all(session, production):
    with pytest.raises(errors.ServerError):
        session.call(
            [
                {
                    "action": "update",
                    "entity_type": "Task",
                    "entity_key": [production.tasks[0]],
                    "entity_data": {"__entity_type__": "Task", "name": "renamed"},
                },
                {"action": "delete", "entity_type": "Task", "entity_key": ["there is none"]},
            ]
        )
    assert session.get("Task", production.tasks[0]).name == "task00"


def test_call_with_nothing_asks_nothing(session):
    with requests_made(session) == 0:
        assert session.call([]) == []


def test_call_merges_nothing_into_entities(session, production):
    task = session.get("Task", production.tasks[0])
    session.call([operations.UpdateOperation("Task", (task.id,), {"name": "renamed"})])
    assert task.name == "task00"


@pytest.mark.parametrize("wrong", [{"action": "query"}, "query", operations.QuerySchemasOperation(), 5, None])
def test_call_says_that_it_takes_a_list(session, wrong):
    with requests_made(session) == 0, pytest.raises(errors.UsageError, match="list of operations"):
        session.call(wrong)


def test_call_says_what_is_no_operation(session):
    with pytest.raises(errors.UsageError, match="'Task'"):
        session.call(["Task"])


def test_call_sends_push_token_headers_timeout_and_cancellation(wired, line):
    given = []
    line.before = lambda request, cancellation: given.append(cancellation)
    cancellation = Cancellation()
    wired.call(
        [operations.QueryServerInformationOperation()],
        push_token="token-1",
        headers={"X-Studio": "north"},
        timeout=7,
        cancellation=cancellation,
    )
    (request,) = line.requests
    assert request.headers["ftrack-pushtoken"] == "token-1"
    assert request.headers["x-studio"] == "north"
    assert request.timeout == 7
    assert given == [cancellation]


def test_every_request_says_who_asks(wired, line, box):
    wired.call([operations.QueryServerInformationOperation()])
    headers = line.requests[0].headers
    assert headers["ftrack-user"] == box.api_user
    assert headers["ftrack-api-key"] == box.api_key
    assert headers["ftrack-clienttoken"]
    assert "ftrack-pushtoken" not in headers


def test_only_what_reads_is_marked_as_harmless_to_repeat(wired, line, production):
    wired.call([{"action": "query", "expression": "select id from User"}, operations.QuerySchemasOperation()])
    wired.call([operations.UpdateOperation("Task", (production.tasks[0],), {"name": "renamed"})])
    assert [request.repeatable for request in line.requests] == [True, False]


def test_a_call_is_cancelled_from_another_thread(connect, line):
    session = connect(transport=line)
    session.server_information  # noqa: B018 - meets the server
    cancellation, arrived = Cancellation(), threading.Event()

    def hold(request, given):
        arrived.set()
        assert given.wait(10), "nobody cancelled"

    line.before = hold
    canceller = threading.Thread(target=lambda: (arrived.wait(10), cancellation.cancel()))
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
def test_a_refusal_is_the_branch_it_belongs_to_and_holds_what_was_sent(session, operation, kind):
    with pytest.raises(kind) as caught:
        session.call([operation])
    error = caught.value
    assert error.content
    assert error.content in str(error)
    assert error.operations == [operation if isinstance(operation, dict) else operation.to_json()]
    json.dumps(error.operations)


def test_observers_are_told_of_requests_until_they_are_not(session):
    seen = []
    session.observe(seen.append)
    session.call([operations.QueryServerInformationOperation()])
    session.stop_observing(seen.append)
    session.stop_observing(seen.append)
    session.call([operations.QueryServerInformationOperation()])
    (exchange,) = seen
    assert len(exchange.operations) == 1
    assert exchange.request_bytes > 0
    assert exchange.answer_bytes > 0
    assert exchange.error is None
