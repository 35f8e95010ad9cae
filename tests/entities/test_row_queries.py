"""Querying rows: the number of ids in an expression and of queries in a request, and the criterion for keys."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ftrack_orm import errors
from ftrack_orm.entities import row_queries
from ftrack_orm.entities.row_queries import key_criterion, query_each, query_rows, selects_by_key, value_in
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.nodes import Path, Select
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from ftrack_orm.wire.operations import Operation, QueryOperation
from ftrack_orm.wire.replies import DeleteReply, QueryReply, Reply


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.from_response(datamodel.load().schemas)


class Server:
    """Replies to each query with one row whose id is the expression, and records the size of each request."""

    def __init__(self) -> None:
        self.request_sizes: list[int] = []

    def call(self, operations: Sequence[Operation]) -> list[Reply]:
        self.request_sizes.append(len(operations))
        return [
            QueryReply([{"__entity_type__": each.expression.split()[-1], "id": each.expression}])
            for each in operations
            if isinstance(each, QueryOperation)
        ]


def test_queries_share_requests_and_their_rows_stay_in_order(schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_queries, "QUERIES_PER_REQUEST", 2)
    server = Server()
    selects = [Select(name, (Path.of("id"),)) for name in ("Task", "Shot", "User", "Note", "Status")]
    assert [rows[0]["id"] for rows in query_each(server.call, selects, schema)] == [
        f"select id from {select.entity_type}" for select in selects
    ]
    assert server.request_sizes == [2, 2, 1]
    assert len(query_rows(server.call, selects, schema)) == 5


def test_without_queries_there_is_no_request(schema: Schema) -> None:
    server = Server()
    assert query_rows(server.call, [], schema) == []
    assert server.request_sizes == []


def test_a_reply_without_rows_is_a_protocol_error(schema: Schema) -> None:
    with pytest.raises(errors.ProtocolError, match="has no rows"):
        query_rows(lambda _: [DeleteReply(True)], [Select("Task")], schema)


def test_rows_of_a_wrong_shape_are_protocol_errors(schema: Schema) -> None:
    select = Select("Task", (Path.of("name"),))
    for row in (
        5,
        {"id": "1"},
        {"__entity_type__": "Task", "id": "1", "name": []},
        {"__entity_type__": "Status", "id": "1", "name": "done"},
    ):
        reply = QueryReply([row])  # type: ignore[list-item]
        with pytest.raises(errors.ProtocolError):
            query_rows(lambda _, reply=reply: [reply], [select], schema)  # type: ignore[misc]
    with pytest.raises(errors.ProtocolError, match="without name"):
        value_in({"__entity_type__": "Task", "id": "1"}, "name")


def test_keys_are_divided_among_several_selects(schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_queries, "IDS_PER_QUERY", 2)
    selects = selects_by_key(schema.type("Task"), (Path.of("name"),), [("a",), ("b",), ("c",)])
    assert [compile_select(select) for select in selects] == [
        'select name from Task where id in ("a", "b")',
        'select name from Task where id in ("c")',
    ]


@pytest.mark.parametrize(
    ("keys", "criterion"),
    [
        ([("p", "a")], 'parent_id is "p" and key is "a"'),
        ([("p", "a"), ("q", "b")], 'parent_id is "p" and key is "a" or parent_id is "q" and key is "b"'),
    ],
)
def test_composite_keys_are_compared_attribute_by_attribute(
    schema: Schema, keys: list[tuple[str, ...]], criterion: str
) -> None:
    select = Select("Metadata", (Path.of("key"),), key_criterion(schema.type("Metadata"), keys))
    assert compile_select(select) == f"select key from Metadata where {criterion}"
