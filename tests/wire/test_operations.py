"""Operations as JSON, parsed from JSON, and described."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import InvalidValue
from ftrack_orm.values import Reference
from ftrack_orm.wire.operations import (
    CreateOperation,
    DeleteOperation,
    QueryOperation,
    QuerySchemasOperation,
    QueryServerInformationOperation,
    RawOperation,
    SearchOperation,
    UpdateOperation,
    are_read_only,
    operation_from_json,
)
from ftrack_orm.wire.replies import QueryReply, WriteReply

TEXTS = st.lists(st.text()).map(tuple)
KEYS = st.lists(st.text(), min_size=1, max_size=2).map(tuple)
DATA = st.dictionaries(st.text().filter(lambda name: name != "__entity_type__"), st.none() | st.integers() | st.text())
OPERATIONS = st.one_of(
    st.builds(QueryOperation, st.text()),
    st.builds(SearchOperation, st.text(), st.text(), TEXTS, st.none() | st.text(), TEXTS),
    st.builds(CreateOperation, st.text(), DATA),
    st.builds(UpdateOperation, st.text(), KEYS, DATA),
    st.builds(DeleteOperation, st.text(), KEYS),
    st.just(QuerySchemasOperation()),
    st.builds(QueryServerInformationOperation, TEXTS),
    st.builds(RawOperation, st.fixed_dictionaries({"action": st.just("encode_media"), "component_id": st.text()})),
)


@given(OPERATIONS)
def test_an_operation_parsed_from_its_json_is_the_same(operation: Any) -> None:
    assert operation_from_json(operation.to_json()) == operation


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        (QueryOperation("Task"), {"action": "query", "expression": "Task"}),
        (
            SearchOperation("Task", "Task", ("sh", "10"), "c1", ("o1",)),
            {
                "action": "search",
                "expression": "Task",
                "entity_type": "Task",
                "terms": ["sh", "10"],
                "context_id": "c1",
                "object_type_ids": ["o1"],
            },
        ),
        (
            UpdateOperation("Task", ("1",), {"status": Reference("Status", (("id", "2"),))}),
            {
                "action": "update",
                "entity_type": "Task",
                "entity_key": ["1"],
                "entity_data": {"__entity_type__": "Task", "status": {"__entity_type__": "Status", "id": "2"}},
            },
        ),
        (
            DeleteOperation("Metadata", ("1", "k")),
            {"action": "delete", "entity_type": "Metadata", "entity_key": ["1", "k"]},
        ),
        (QuerySchemasOperation(), {"action": "query_schemas"}),
        (QueryServerInformationOperation(), {"action": "query_server_information"}),
        (QueryServerInformationOperation(("version",)), {"action": "query_server_information", "values": ["version"]}),
        (
            RawOperation({"action": "custom", "when": datetime.date(2024, 5, 1)}),
            {"action": "custom", "when": {"__type__": "date", "value": "2024-05-01"}},
        ),
    ],
)
def test_the_json_of_an_operation_has_the_shape_that_servers_expect(operation: Any, body: Any) -> None:
    assert operation.to_json() == body
    assert operation.action == body["action"]


def test_a_key_may_come_as_one_text() -> None:
    body = {"action": "delete", "entity_type": "Task", "entity_key": "1"}
    assert operation_from_json(body) == DeleteOperation("Task", ("1",))


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (["action"], "action"),
        ({}, "action"),
        ({"action": 5}, "action"),
        ({"action": "query"}, "expression"),
        ({"action": "query", "expression": None}, "expression"),
        ({"action": "search", "expression": "Task", "entity_type": "Task", "terms": "sh010"}, "terms"),
        ({"action": "search", "expression": "Task", "entity_type": "Task", "object_type_ids": [5]}, "object_type_ids"),
        ({"action": "query_server_information", "values": "version"}, "values"),
        ({"action": "create", "entity_type": "Task"}, "entity_data"),
        ({"action": "create", "entity_type": "Task", "entity_data": []}, "entity_data"),
        ({"action": "create", "entity_data": {}}, "entity_type"),
        ({"action": "update", "entity_type": "Task", "entity_data": {}}, "entity_key"),
        ({"action": "delete", "entity_type": "Task", "entity_key": None}, "entity_key"),
        ({"action": "delete", "entity_type": "Task", "entity_key": []}, "entity_key"),
        ({"action": "delete", "entity_type": "Task", "entity_key": {"id": "1"}}, "entity_key"),
    ],
)
def test_a_missing_or_malformed_argument_is_named(body: Any, named: str) -> None:
    with pytest.raises(InvalidValue, match=named):
        operation_from_json(body)


READ_ONLY = [
    QueryOperation("Task"),
    SearchOperation("Task", "Task"),
    QuerySchemasOperation(),
    QueryServerInformationOperation(),
    RawOperation({"action": "query"}),
]
WRITES = [
    CreateOperation("Task", {}),
    UpdateOperation("Task", ("1",), {}),
    DeleteOperation("Task", ("1",)),
    RawOperation({"action": "encode_media"}),
    RawOperation({}),
]


def test_a_batch_is_read_only_when_all_of_its_operations_are() -> None:
    assert are_read_only(READ_ONLY)
    for write in WRITES:
        assert not are_read_only([write])
        assert not are_read_only([*READ_ONLY, write])


@pytest.mark.parametrize(
    ("operation", "summary"),
    [
        (QueryOperation("select id from Task"), "select id from Task"),
        (SearchOperation("select id from Task", "Task", ("anim",)), "select id from Task"),
        (CreateOperation("Task", {"name": "x"}), "Create Task"),
        (DeleteOperation("Task", ("1",)), "Delete Task"),
        (QuerySchemasOperation(), "QuerySchemas"),
        (RawOperation({"action": "query", "expression": "User"}), "User"),
        (RawOperation({"action": "delayed_job", "job_type": "SYNC"}), "delayed_job"),
    ],
)
def test_a_summary_names_the_action_and_its_subject(operation: Any, summary: str) -> None:
    assert operation.summary == summary


ENTITY = {"__entity_type__": "Task", "id": "1"}


@pytest.mark.parametrize(
    ("element", "reply"),
    [
        ({"data": [ENTITY], "metadata": {"next": {"offset": 500}}}, QueryReply([ENTITY], 500)),
        ({"data": [], "metadata": {"next": {"offset": None}}}, QueryReply([])),
        ({"data": []}, QueryReply([])),
        ({"data": [], "metadata": {"next": {"offset": True}}}, None),
        ({"data": ENTITY}, None),
        ([ENTITY], None),
        (None, None),
    ],
)
def test_a_query_reply_has_a_list_and_perhaps_the_offset_of_the_next_page(element: Any, reply: Any) -> None:
    assert QueryOperation("Task").read_reply(element) == reply


@pytest.mark.parametrize(
    ("element", "reply"), [({"data": ENTITY}, WriteReply(ENTITY)), ({"data": [ENTITY]}, None), ({}, None), (True, None)]
)
def test_a_write_reply_has_an_entity(element: Any, reply: Any) -> None:
    assert CreateOperation("Task", {}).read_reply(element) == reply
    assert UpdateOperation("Task", ("1",), {}).read_reply(element) == reply
