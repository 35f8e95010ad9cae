"""Finding out who changed something from the records a server keeps."""

import datetime
import json

import pytest

from ftrack_orm import errors
from ftrack_orm.entities.committing.authors import Author, ObservedChange, find_authors
from ftrack_orm.wire.operations import QueryOperation
from ftrack_orm.wire.replies import QueryReply

NOON = datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.timezone.utc)
JANE = {"__entity_type__": "User", "id": "u1", "username": "jane"}
JOE = {"__entity_type__": "User", "id": "u2", "username": "joe"}
AGAIN = {"__entity_type__": "User", "id": "u1"}  # a user's name comes with its first occurrence only


def moment(hour):
    return {"__type__": "datetime", "value": f"2026-05-01T{hour:02}:00:00"}


def event(user, hour, data, entity_id="t1", insert="update", action="update.task"):
    text = data if isinstance(data, str) else json.dumps(data)
    told = {"parent_id": entity_id, "insert": insert, "action": action, "data": text}
    return {**told, "created_at": moment(hour), "user": user}


def status_change(user, hour, status_id, entity_id="t1"):
    return {"parent_id": entity_id, "status_id": status_id, "date": moment(hour), "user": user}


@pytest.fixture
def ask(session):
    """Ask a server that has the given records, and return authors and expressions."""

    def asking(sightings, *, events=(), status_changes=(), refuses=(), fails=None):
        asked = []

        def call(operations):
            if fails is not None:
                raise fails
            expressions = [operation.expression for operation in operations if isinstance(operation, QueryOperation)]
            asked.append(expressions)
            if any(f" from {kind} " in expression for kind in refuses for expression in expressions):
                raise errors.PermissionDenied("no")
            return [
                QueryReply(list(events if " from Event " in each else status_changes), None) for each in expressions
            ]

        return find_authors(session.schema, call, sightings), asked

    return asking


@pytest.mark.parametrize(
    "data",
    [
        {"statusid": {"old": "a", "new": "b"}},
        {"changes": {"statusid": {"old": "a", "new": "b"}}},
        {"keys": ["statusid"], "action": "update"},
        {"event": "e1", "entity": {"entityId": "t1", "keys": ["statusid"], "changes": {"statusid": {"new": "b"}}}},
    ],
)
def test_the_latest_event_that_names_what_was_changed_tells_who_it_was(ask, data):
    events = [
        event(JANE, 13, {"name": {"new": "x"}}),
        event(JOE, 12, data),
        event(AGAIN, 11, data),
        event(AGAIN, 14, data, entity_id="t2"),
        event(JANE, 15, "no JSON"),
        event(None, 16, data),
    ]
    authors, asked = ask([ObservedChange("t1", frozenset({"status_id", "statusid"}))], events=events)
    assert authors == [Author("joe", NOON)]
    assert str(authors[0]) == "joe on 2026-05-01 at 12:00:00 UTC"
    assert len(asked) == 1
    assert len(asked[0]) == 1


def test_a_status_change_tells_who_set_the_status_that_is_there_now(ask):
    changes = [status_change(JANE, 13, "other"), status_change(JOE, 12, "now"), status_change(AGAIN, 11, "now")]
    sightings = [ObservedChange("t1", frozenset({"status_id"}), "now"), ObservedChange("t2", frozenset({"name"}))]
    authors, asked = ask(sightings, status_changes=changes)
    assert authors == [Author("joe", NOON), None]
    assert [len(expressions) for expressions in asked] == [2]


def test_a_removal_tells_who_deleted_an_entity(ask):
    events = [event(JANE, 13, {"name": {"new": None}}), event(JOE, 12, {}, insert="delete")]
    assert ask([ObservedChange("t1")], events=events)[0] == [Author("joe", NOON)]


@pytest.mark.parametrize("action", ["change.status.task", "update.custom_attribute.status"])
def test_the_action_of_an_event_may_name_what_was_changed(ask, action):
    events = [event(JANE, 13, {}, action="asset.published"), event(JOE, 12, {}, action=action)]
    assert ask([ObservedChange("t1", frozenset({"status"}))], events=events)[0] == [Author("joe", NOON)]
    assert ask([ObservedChange("t1", frozenset({"task", "asset", "published"}))], events=events)[0] == [None]


def test_records_that_may_not_be_read_hide_no_others(ask):
    changes = [status_change(JOE, 12, "now")]
    wanted = [ObservedChange("t1", frozenset({"status_id"}), "now")]
    assert ask(wanted, status_changes=changes, refuses=["Event"])[0] == [Author("joe", NOON)]
    assert ask(wanted, status_changes=changes, refuses=["Event", "StatusChange"])[0] == [None]


def test_a_line_that_fails_leaves_the_author_unknown(ask):
    failure = errors.TransportError("The line was cut.", safe_to_retry=True)
    assert ask([ObservedChange("t1", frozenset({"name"}))], fails=failure)[0] == [None]


def test_nothing_to_find_out_asks_nothing(ask):
    authors, asked = ask([ObservedChange("", frozenset({"name"}))])
    assert (authors, asked) == ([None], [])
