"""Finding the authors of changes in the records that a server keeps."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.committing.authors import Author, ObservedChange, find_authors
from ftrack_orm.wire.operations import Operation, QueryOperation
from ftrack_orm.wire.replies import QueryReply, Reply

NOON = datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.timezone.utc)
JANE = {"__entity_type__": "User", "id": "u1", "username": "jane"}
JOE = {"__entity_type__": "User", "id": "u2", "username": "joe"}
JANE_REFERENCE = {"__entity_type__": "User", "id": "u1"}  # the name is sent at the first occurrence only


def moment(hour: int) -> dict[str, str]:
    return {"__type__": "datetime", "value": f"2026-05-01T{hour:02}:00:00"}


def event(
    user: Any, hour: int, data: Any, entity_id: str = "t1", insert: str = "update", action: str = "update.task"
) -> dict[str, Any]:
    text = data if isinstance(data, str) else json.dumps(data)
    record = {
        "__entity_type__": "Event",
        "id": hour,
        "parent_id": entity_id,
        "insert": insert,
        "action": action,
        "data": text,
    }
    return {**record, "created_at": moment(hour), "user": user}


def status_change(user: Any, hour: int, status_id: str, entity_id: str = "t1") -> dict[str, Any]:
    key = {"__entity_type__": "StatusChange", "id": f"c{hour}"}
    return {**key, "parent_id": entity_id, "status_id": status_id, "date": moment(hour), "user": user}


@pytest.fixture
def find(session: Session) -> Callable[..., Any]:
    """A function that finds authors in given records and returns them with the expressions of each request."""

    def find_in(
        changes: Sequence[ObservedChange],
        *,
        events: Any = (),
        status_changes: Any = (),
        refuses: Sequence[str] = (),
        fails: errors.FtrackError | None = None,
    ) -> tuple[list[Author | None], list[list[str]]]:
        requests = []

        def call(operations: Sequence[Operation]) -> list[Reply]:
            if fails is not None:
                raise fails
            expressions = [operation.expression for operation in operations if isinstance(operation, QueryOperation)]
            requests.append(expressions)
            if any(f" from {kind} " in expression for kind in refuses for expression in expressions):
                raise errors.PermissionDenied("no")
            return [
                QueryReply(list(events if " from Event " in each else status_changes), None) for each in expressions
            ]

        return find_authors(session.schema, call, changes), requests

    return find_in


@pytest.mark.parametrize(
    "data",
    [
        {"statusid": {"old": "a", "new": "b"}},
        {"changes": {"statusid": {"old": "a", "new": "b"}}},
        {"keys": ["statusid"], "action": "update"},
        {"event": "e1", "entity": {"entityId": "t1", "keys": ["statusid"], "changes": {"statusid": {"new": "b"}}}},
    ],
)
def test_the_author_is_that_of_the_latest_event_that_names_the_attribute(find: Callable[..., Any], data: Any) -> None:
    events = [
        event(JANE, 13, {"name": {"new": "x"}}),
        event(JOE, 12, data),
        event(JANE_REFERENCE, 11, data),
        event(JANE_REFERENCE, 14, data, entity_id="t2"),
        event(JANE, 15, "no JSON"),
        event(None, 16, data),
    ]
    authors, requests = find([ObservedChange("t1", frozenset({"status_id", "statusid"}))], events=events)
    assert authors == [Author("joe", NOON)]
    assert str(authors[0]) == "joe on 2026-05-01 at 12:00:00 UTC"
    assert [len(expressions) for expressions in requests] == [1]


def test_the_author_of_a_status_is_that_of_the_latest_change_to_it(find: Callable[..., Any]) -> None:
    changes = [
        status_change(JANE, 13, "other"),
        status_change(JOE, 12, "now"),
        status_change(JANE_REFERENCE, 11, "now"),
    ]
    observed = [ObservedChange("t1", frozenset({"status_id"}), "now"), ObservedChange("t2", frozenset({"name"}))]
    authors, requests = find(observed, status_changes=changes)
    assert authors == [Author("joe", NOON), None]
    assert [len(expressions) for expressions in requests] == [2]


def test_the_author_of_a_deletion_is_that_of_the_removal(find: Callable[..., Any]) -> None:
    events = [event(JANE, 13, {"name": {"new": None}}), event(JOE, 12, {}, insert="delete")]
    assert find([ObservedChange("t1")], events=events)[0] == [Author("joe", NOON)]


@pytest.mark.parametrize("action", ["change.status.task", "update.custom_attribute.status"])
def test_the_action_of_an_event_may_name_the_attribute(find: Callable[..., Any], action: str) -> None:
    events = [event(JANE, 13, {}, action="asset.published"), event(JOE, 12, {}, action=action)]
    assert find([ObservedChange("t1", frozenset({"status"}))], events=events)[0] == [Author("joe", NOON)]
    assert find([ObservedChange("t1", frozenset({"task", "asset", "published"}))], events=events)[0] == [None]


def test_records_without_read_permission_do_not_hide_others(find: Callable[..., Any]) -> None:
    changes = [status_change(JOE, 12, "now")]
    observed = [ObservedChange("t1", frozenset({"status_id"}), "now")]
    assert find(observed, status_changes=changes, refuses=["Event"])[0] == [Author("joe", NOON)]
    assert find(observed, status_changes=changes, refuses=["Event", "StatusChange"])[0] == [None]


def test_a_failed_request_leaves_the_author_unknown(find: Callable[..., Any]) -> None:
    failure = errors.TransportError("The connection failed.", safe_to_retry=True)
    assert find([ObservedChange("t1", frozenset({"name"}))], fails=failure)[0] == [None]


def test_without_entity_ids_there_is_no_request(find: Callable[..., Any]) -> None:
    authors, requests = find([ObservedChange("", frozenset({"name"}))])
    assert (authors, requests) == ([None], [])
