"""The response to a batch becomes replies, or the error that it describes."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from ftrack_orm.errors import (
    AuthenticationError,
    DuplicateEntryError,
    EntityNotFound,
    IntegrityError,
    PermissionDenied,
    ProtocolError,
    ServerCompatibilityError,
    ServerError,
    ServerParseError,
    ServerValidationError,
)
from ftrack_orm.wire.operations import (
    CreateOperation,
    DeleteOperation,
    Operation,
    QueryOperation,
    QuerySchemasOperation,
    RawOperation,
    SearchOperation,
    UpdateOperation,
)
from ftrack_orm.wire.replies import DeleteReply, QueryReply, RawReply, Reply, WriteReply
from ftrack_orm.wire.response import EXCERPT_LENGTH, read_replies

QUERY = QueryOperation("Task")


def read(elements: Any, *operations: Operation, status: int = 200) -> list[Reply]:
    return read_replies(status, json.dumps(elements).encode(), operations or (QUERY,))


def test_each_operation_gets_its_reply_in_order() -> None:
    entity = {"__entity_type__": "Task", "id": "1"}
    replies = read(
        [
            {"action": "query", "data": [entity], "metadata": {"next": {"offset": 500}}},
            {"action": "search", "data": [], "metadata": {"next": {"offset": None}}},
            {"action": "create", "data": entity},
            {"action": "update", "data": entity},
            {"action": "delete", "data": True},
            [{"id": "Task"}],
            {"widget_url": "u"},
        ],
        QUERY,
        SearchOperation("Task", "Task"),
        CreateOperation("Task", {}),
        UpdateOperation("Task", ("1",), {}),
        DeleteOperation("Task", ("1",)),
        QuerySchemasOperation(),
        RawOperation({"action": "get_widget_url"}),
    )
    assert replies == [
        QueryReply([entity], 500),
        QueryReply([], None),
        WriteReply(entity),
        WriteReply(entity),
        DeleteReply(True),
        RawReply([{"id": "Task"}]),
        RawReply({"widget_url": "u"}),
    ]


@pytest.mark.parametrize("metadata", [{}, {"metadata": None}, {"metadata": {}}, {"metadata": {"next": None}}])
def test_a_page_without_a_next_offset_is_the_last(metadata: Any) -> None:
    assert read([{"data": [], **metadata}]) == [QueryReply([], None)]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("InvalidCredentialsError", "The supplied API key is not valid.", AuthenticationError),
        ("PermissionError", "No.", PermissionDenied),
        ("ValidationError", "Must be of type number.", ServerValidationError),
        ("IntegrityError", "Foreign key.", IntegrityError),
        ("IntegrityError", "DuplicateEntryError: there is one.", DuplicateEntryError),
        ("ParseError", "Failed to parse: x.", ServerParseError),
        ("ValueError", "Could not find entity Task with entity_key ['1'].", EntityNotFound),
        ("Exception", "Invalid action u'fly'", ServerCompatibilityError),
        ("KeyError", "'nothing'", ServerError),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_error_object_becomes_the_error_class_of_its_name_with_any_status(
    name: str, content: str, kind: Any, status: int
) -> None:
    error_object = {"exception": name, "content": content, "error_code": "code"}
    with pytest.raises(ServerError) as caught:
        read(error_object, status=status)
    error = caught.value
    assert type(error) is kind
    assert (error.exception, error.content, error.error_code) == (name, content, "code")
    assert error.operations == [{"action": "query", "expression": "Task"}]
    assert name in str(error)
    assert content in str(error)


def test_an_error_object_in_place_of_a_reply_is_raised() -> None:
    with pytest.raises(ServerValidationError):
        read([{"data": []}, {"exception": "ValidationError", "content": "no"}], QUERY, QUERY)


def test_a_server_error_survives_pickling() -> None:
    with pytest.raises(ServerError) as caught:
        read({"exception": "ParseError", "content": "no"})
    unpickled = pickle.loads(pickle.dumps(caught.value))
    assert (type(unpickled), str(unpickled), unpickled.operations) == (
        ServerParseError,
        str(caught.value),
        caught.value.operations,
    )


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"<html>Bad gateway</html>", "not JSON"),
        (b'[{"data": [', "cut short"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"5", "neither"),
        (b"{}", "neither"),
        (b"null", "neither"),
        (b"[]", "0 replies to 1 operations"),
        (b"[{}, {}]", "2 replies to 1 operations"),
        (b"[null]", "'query'"),
        (b"[{}]", "'query'"),
        (b'[{"data": {}}]', "'query'"),
        (b'[{"data": [], "metadata": [1]}]', "'query'"),
        (b'[{"data": [], "metadata": {"next": 5}}]', "'query'"),
        (b'[{"data": [], "metadata": {"next": {"offset": "5"}}}]', "'query'"),
    ],
)
def test_an_unexpected_response_is_a_protocol_error_that_names_the_problem(body: Any, problem: str) -> None:
    with pytest.raises(ProtocolError, match=problem) as caught:
        read_replies(200, body, [QUERY])
    assert caught.value.status == 200
    assert "200" in str(caught.value)


@pytest.mark.parametrize("operation", [CreateOperation("Task", {}), UpdateOperation("Task", ("1",), {})])
def test_a_write_without_an_entity_in_its_reply_is_a_protocol_error(operation: Any) -> None:
    with pytest.raises(ProtocolError):
        read([{"data": None}], operation)


def test_a_failure_status_with_a_body_of_replies_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="502"):
        read([{"data": []}], status=502)


def test_a_protocol_error_quotes_only_the_beginning_of_the_body() -> None:
    body = "ä".encode() * 10_000
    with pytest.raises(ProtocolError) as caught:
        read_replies(200, body, [QUERY])
    assert caught.value.excerpt == "ä" * EXCERPT_LENGTH
    assert len(str(caught.value)) < EXCERPT_LENGTH + 200
