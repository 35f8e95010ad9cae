"""Pure: reading an HTTP answer into one reply for each operation, or into the error it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Union

import attrs

from ftrack_orm.errors import SERVER_ERRORS, EntityNotFound, ProtocolError, ServerCompatibilityError, ServerError

from .json_text import loads
from .operations import (
    CreateOperation,
    DeleteOperation,
    Operation,
    QueryOperation,
    SearchOperation,
    UpdateOperation,
    to_json,
)

#: How much of a strange body an error quotes, in characters.
EXCERPT = 500


@attrs.frozen
class QueryReply:
    """The answer to a query or search: entities as JSON objects, and where the next page starts, if there is one."""

    data: list[dict[str, Any]]
    next_offset: int | None = None


@attrs.frozen
class WriteReply:
    """The answer to a create or update: the entity as the server now has it, as a JSON object."""

    data: dict[str, Any]


@attrs.frozen
class DeleteReply:
    """The answer to a delete."""

    done: bool


@attrs.frozen
class RawReply:
    """The answer to any other action, as JSON."""

    body: Any


Reply = Union[QueryReply, WriteReply, DeleteReply, RawReply]


def read_replies(status: int, body: bytes, operations: Sequence[Operation]) -> list[Reply]:
    """Return one reply for each of *operations*, in order.

    The server answers a batch with an array of as many elements, or with one object that describes an error for the
    whole batch (PROTOCOL 2.4), whatever the HTTP status. Raises `ServerError` (or the branch the server's error name
    stands for) for the latter and `ProtocolError`, with status and the first part of the body, for anything else.
    """
    try:
        answer = loads(body)
    except (ValueError, RecursionError) as error:
        what = "is empty" if not body.strip() else "is not JSON, or was cut short"
        raise _unexpected(f"it {what}", status, body) from error
    if isinstance(answer, Mapping) and "exception" in answer:
        raise server_error(answer, operations)
    if not isinstance(answer, list):
        raise _unexpected("it is neither an array of replies nor an error object", status, body)
    if status >= 400:
        raise _unexpected("the status says failure but the body describes no error", status, body)
    if len(answer) != len(operations):
        raise _unexpected(f"it has {len(answer)} replies to {len(operations)} operations", status, body)
    replies = []
    for operation, element in zip(operations, answer, strict=True):
        # JSON objects are exactly dictionaries; asking whether they are mappings is felt with ten thousand of them.
        if type(element) is dict and "exception" in element:
            raise server_error(element, operations)
        reply = _reply(operation, element)
        if reply is None:
            action = to_json(operation).get("action")
            raise _unexpected(f"its reply to {action!r} is not of the known shape", status, body)
        replies.append(reply)
    return replies


def _reply(operation: Operation, element: Any) -> Reply | None:
    """Return the reply an element is to an operation, or None when it does not have the shape."""
    data = element.get("data") if type(element) is dict else None
    if isinstance(operation, (UpdateOperation, CreateOperation)):
        return WriteReply(data) if isinstance(data, dict) else None
    if isinstance(operation, DeleteOperation):
        return DeleteReply(bool(data))
    if not isinstance(operation, (QueryOperation, SearchOperation)):
        return RawReply(element)
    if not isinstance(data, list):
        return None
    try:
        following = (element.get("metadata") or {}).get("next") or {}
        offset = following.get("offset")
    except AttributeError:
        return None
    return QueryReply(data, offset) if offset is None or type(offset) is int else None


def server_error(envelope: Mapping[str, Any], operations: Sequence[Operation] = ()) -> ServerError:
    """Return the error a server's error object describes, as the branch its name and message stand for."""
    name = str(envelope.get("exception") or "ServerError")
    content = str(envelope.get("content") or "no message")
    kind = SERVER_ERRORS.get(name, ServerError)
    if "DuplicateEntryError" in content or (name == "IntegrityError" and "Duplicate entry" in content):
        # The server says IntegrityError outside; what it was about is inside the text (PROTOCOL 2.3).
        kind = SERVER_ERRORS["DuplicateEntryError"]
    elif "Could not find entity" in content:
        kind = EntityNotFound
    elif "Invalid action" in content:
        kind = ServerCompatibilityError
    return kind(
        f"The server refused the request: {name}: {content}",
        exception=name,
        content=content,
        error_code=envelope.get("error_code"),
        operations=[to_json(operation) for operation in operations],
    )


def _unexpected(what: str, status: int, body: bytes) -> ProtocolError:
    excerpt = body[: EXCERPT * 4].decode("utf-8", "replace")[:EXCERPT]
    shown = f" The body begins: {excerpt}" if excerpt.strip() else ""
    return ProtocolError(
        f"The server's answer (HTTP status {status}) is unexpected: {what}.{shown}", status=status, excerpt=excerpt
    )
