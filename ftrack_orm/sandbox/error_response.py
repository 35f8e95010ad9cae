"""Pure: converts an error to the JSON object that a server responds with, and to its HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm import errors
from ftrack_orm.wire import json_text

#: The HTTP statuses of errors when the header `ftrack-strict-api: true` is sent. Those of real servers are not known in
#: detail, so the standard meaning of the codes is used.
_STATUSES: tuple[tuple[type[errors.FtrackError], int], ...] = (
    (errors.AuthenticationError, 401),
    (errors.PermissionDenied, 403),
)

#: The server's names of errors that are raised as the library's own classes.
_NAMES: tuple[tuple[type[errors.FtrackError], str], ...] = (
    (errors.SandboxUnsupported, "NotImplementedError"),
    (errors.UnknownEntityType, "KeyError"),
    (errors.UnknownAttribute, "KeyError"),
    (errors.QueryError, "ValueError"),
    (errors.UsageError, "ValidationError"),
)

#: The numbers of characters that are kept at the start and at the end of a text that is too long.
_KEPT_AT_START, _KEPT_AT_END = 3_000, 1_000


def error_object(error: BaseException) -> dict[str, Any]:
    """Return the error object that is the response to a whole batch; an unexpected error becomes a `ServerError`."""
    if isinstance(error, errors.ServerError):
        return {"exception": error.exception, "content": error.content, "error_code": error.error_code}
    for error_type, name in _NAMES:
        if isinstance(error, error_type):
            return {"exception": name, "content": str(error), "error_code": None}
    content = f"The embedded server failed: {type(error).__name__}: {error}"
    return {"exception": "ServerError", "content": content, "error_code": None}


def body(error_object: Mapping[str, Any]) -> bytes:
    """Return an error object as JSON: texts are cut in the middle, and surrogates that UTF-8 cannot encode escaped."""
    return json_text.dumps({name: _text(value) for name, value in error_object.items()})


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    omitted = len(value) - _KEPT_AT_START - _KEPT_AT_END
    if omitted > 0:
        value = f"{value[:_KEPT_AT_START]} ({omitted} characters left out) {value[-_KEPT_AT_END:]}"
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def http_status(error: BaseException, *, strict: bool) -> int:
    """Return the HTTP status of an error, which is 200 unless the client is *strict*."""
    if not strict:
        return 200
    for error_type, code in _STATUSES:
        if isinstance(error, error_type):
            return code
    is_client_error = isinstance(error, (errors.ServerError, errors.UsageError, errors.SandboxUnsupported))
    return 400 if is_client_error else 500
