"""Pure: reads the response to a batch of operations: one reply for each operation, or the error it describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ftrack_orm.errors import (
    SERVER_ERRORS,
    EntityNotFound,
    ProtocolError,
    ServerCompatibilityError,
    ServerError,
    quoted,
)

from .json_text import loads

if TYPE_CHECKING:
    from .operations import Operation
    from .replies import Reply

#: The number of characters of an unexpected body that an error quotes.
EXCERPT_LENGTH = 500
#: The number of characters of a server's error name or message that the message of an error quotes.
MESSAGE_LENGTH = 2_000


def read_replies(status: int, body: bytes, operations: Sequence[Operation]) -> list[Reply]:
    """Return one reply for each of *operations*, in order.

    The server answers a batch with an array that has one element for each operation, or with one object that describes
    an error of the whole batch (PROTOCOL 2.4), independently of the HTTP status. Raises `ServerError` (or the branch
    that the server's error name stands for) for the latter, and `ProtocolError` with the status and the first part of
    the body for anything else.
    """
    try:
        elements = loads(body)
    except (ValueError, RecursionError) as error:
        problem = "it is empty" if not body.strip() else "it is not JSON, or was cut short"
        raise _unexpected_response(problem, status, body) from error
    if isinstance(elements, Mapping) and "exception" in elements:
        raise server_error(elements, operations)
    if not isinstance(elements, list):
        raise _unexpected_response("it is neither an array of replies nor an error object", status, body)
    if status >= 400:
        raise _unexpected_response("its status says failure but its body describes no error", status, body)
    if len(elements) != len(operations):
        problem = f"it has {len(elements)} replies to {len(operations)} operations"
        raise _unexpected_response(problem, status, body)
    replies = []
    for index, (operation, element) in enumerate(zip(operations, elements, strict=True)):
        # JSON objects are exactly dictionaries; an isinstance check against Mapping is measurable with ten thousand.
        if type(element) is dict and "exception" in element:
            raise server_error(element, operations, index)
        reply = operation.read_reply(element)
        if reply is None:
            problem = f"its reply to {operation.action!r} is not of the known shape"
            raise _unexpected_response(problem, status, body)
        replies.append(reply)
    return replies


def server_error(
    error_object: Mapping[str, object], operations: Sequence[Operation] = (), index: int | None = None
) -> ServerError:
    """Return the error that a server's error object describes, as the class that its name and message stand for.

    *index* is that of the refused operation if the response says it; otherwise the server's text may say it.
    """
    # Imported here, because errors are rare.
    from .refusals import locate

    name = _text(error_object.get("exception"), "ServerError")
    content = _text(error_object.get("content"), "no message")
    error_class = SERVER_ERRORS.get(name, ServerError)
    if "DuplicateEntryError" in content or (name == "IntegrityError" and "Duplicate entry" in content):
        # The server names it IntegrityError; only the text names the real reason (PROTOCOL 2.3).
        error_class = SERVER_ERRORS["DuplicateEntryError"]
    elif "Could not find entity" in content:
        error_class = EntityNotFound
    elif "Invalid action" in content:
        error_class = ServerCompatibilityError
    error = error_class(
        f"The server refused the request: {_shortened(name)}: {_shortened(content)}",
        exception=name,
        content=content,
        error_code=error_object.get("error_code"),
        operations=[operation.to_json() for operation in operations],
    )
    locate(error, index=index)
    return error


def _text(value: object, default: str) -> str:
    if not value:
        return default
    return value if isinstance(value, str) else quoted(value)


def _shortened(text: str) -> str:
    """Return a server's text as a message quotes it. The attributes of the error have the whole text."""
    return text if len(text) <= MESSAGE_LENGTH else f"{text[:MESSAGE_LENGTH]}... ({len(text):,} characters)"


def excerpt_of(body: bytes) -> str:
    """Return the first characters of a body, for an error that quotes it."""
    # A character has at most four bytes.
    return body[: EXCERPT_LENGTH * 4].decode("utf-8", "replace")[:EXCERPT_LENGTH]


def _unexpected_response(problem: str, status: int, body: bytes) -> ProtocolError:
    excerpt = excerpt_of(body)
    quoted = f" The body begins: {excerpt}" if excerpt.strip() else ""
    return ProtocolError(
        f"The server's response (HTTP status {status}) is unexpected: {problem}.{quoted}",
        status=status,
        excerpt=excerpt,
    )
