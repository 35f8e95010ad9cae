"""Reading the present values of the entities that operations write, and comparing them with sent values."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.committing.server_state import is_same_value, read_server_state
from ftrack_orm.testing import requests_made
from ftrack_orm.values import Reference
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, UpdateOperation
from ftrack_orm.wire.replies import QueryReply
from tests.production import Production


def test_the_entities_of_all_operations_are_read_in_one_request(session: Session, production: Production) -> None:
    first, second, _ = production.tasks[:3]
    operations = [
        CreateOperation("Task", {"id": "missing", "name": "new"}),
        UpdateOperation("Task", (first,), {"name": "renamed", "parent": Reference("Shot", (("id", "other"),))}),
        DeleteOperation("Task", (second,)),
        UpdateOperation("Metadata", (first, "missing"), {"value": "x"}),
    ]
    with requests_made(session) == 1:
        state = read_server_state(session.schema, session._parts.handshake.call, operations)
    assert set(state.values) == {("Task", (first,)), ("Task", (second,))}
    assert state.values["Task", (first,)]["name"] == "task00"
    assert state.values["Task", (first,)]["parent"]["id"] == production.shots[0]
    assert sorted(row["id"] for row in state.rows) == sorted([first, second])


def test_operations_without_an_entity_are_ignored(session: Session) -> None:
    with requests_made(session) == 0:
        assert read_server_state(session.schema, session._parts.handshake.call, []).values == {}


def test_values_that_cannot_be_decoded_do_not_hide_the_others(session: Session) -> None:
    row = {
        "__entity_type__": "Task",
        "id": "1",
        "name": "x",
        "created_at": {"__type__": "datetime", "value": "0000-00-00T00:00:00"},
        "status": {"__entity_type__": ["Status"], "id": "2"},
        "parent": {"__entity_type__": "Shot"},
    }
    state = read_server_state(
        session.schema, lambda operations: [QueryReply([row])], [UpdateOperation("Task", ("1",), {"name": "x"})]
    )
    assert state.values["Task", ("1",)]["name"] == "x"


@pytest.mark.parametrize("row", [{"id": "1"}, {"__entity_type__": [], "id": "1"}, {"__entity_type__": "Task"}])
def test_a_row_without_type_or_key_is_an_error_of_the_protocol(session: Session, row: dict[str, Any]) -> None:
    operations = [UpdateOperation("Task", ("1",), {"name": "x"})]
    with pytest.raises(errors.ProtocolError, match="Task that cannot be used"):
        read_server_state(session.schema, lambda _: [QueryReply([row])], operations)


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
def test_values_are_compared_by_their_meaning(sent: Any, present: Any, alike: bool) -> None:
    assert is_same_value(sent, present) is alike
