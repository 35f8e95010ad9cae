"""Pure: what an error looks like on the line: the server's error object, and the HTTP status that goes with it."""

from __future__ import annotations

from typing import Any

from ftrack_orm import errors

#: With the header `ftrack-strict-api: true` an error has an HTTP status of its own; which one for what is not known
#: of real servers beyond that, so the plain meaning of the codes is used.
_STATUSES: tuple[tuple[type[errors.FtrackError], int], ...] = (
    (errors.AuthenticationError, 401),
    (errors.PermissionDenied, 403),
)

#: The server's names of errors that arise from the library's own classes.
_NAMES: tuple[tuple[type[errors.FtrackError], str], ...] = (
    (errors.SandboxUnsupported, "NotImplementedError"),
    (errors.UnknownEntityType, "KeyError"),
    (errors.UnknownAttribute, "KeyError"),
    (errors.QueryError, "ValueError"),
    (errors.UsageError, "ValidationError"),
)


def envelope(error: BaseException) -> dict[str, Any]:
    """Return the error object that answers a whole batch; an unexpected error is a `ServerError` by name."""
    if isinstance(error, errors.ServerError):
        return {"exception": error.exception, "content": error.content, "error_code": error.error_code}
    for kind, name in _NAMES:
        if isinstance(error, kind):
            return {"exception": name, "content": str(error), "error_code": None}
    content = f"The embedded server failed: {type(error).__name__}: {error}"
    return {"exception": "ServerError", "content": content, "error_code": None}


def status(error: BaseException, *, strict: bool) -> int:
    """Return the HTTP status of an error: always 200 unless the client asked for strict behaviour."""
    if not strict:
        return 200
    for kind, code in _STATUSES:
        if isinstance(error, kind):
            return code
    refused = isinstance(error, (errors.ServerError, errors.UsageError, errors.SandboxUnsupported))
    return 400 if refused else 500
