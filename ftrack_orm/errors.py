"""Pure: every error the library raises, as one tree that branches by who is to blame.

The branches answer the question a handler has to ask:

* `UsageError`: the calling code did something that cannot work; fix the code.
* `ServerError`: the server understood the request and refused it.
* `TransportError`: the connection failed; `safe_to_retry` says whether asking again can do harm.
* `CommitConflict`: somebody else changed what was to be overwritten.
* `ProtocolError`: the other side answered something that is not ftrack's protocol.
* `StorageError`: a file or a location could not be read or written.
* `SandboxUnsupported`: the embedded server does not know how to do that.

Python's own classes are second bases where a programmer would expect them, so `except AttributeError`,
`getattr(entity, name, default)` and `except TimeoutError` work as usual.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any


class FtrackError(Exception):
    """Root of all errors of this library; catch it to catch everything the library raises.

    Details are given by keyword, become attributes, and survive pickling, so that an error raised in a render-farm
    job or a worker process arrives whole at whoever waits for it.
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        for name, value in details.items():
            setattr(self, name, value)

    def __str__(self) -> str:
        # KeyError and LookupError bases would otherwise print the repr of the message.
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.details)


def _rebuild(kind: type[FtrackError], message: str, details: dict[str, Any]) -> FtrackError:
    return kind(message, **details)


def suggestion(name: str, known: Iterable[str], *, most: int = 3) -> str:
    """Return a sentence naming what was probably meant by *name*, or an empty string when nothing is close.

    The sentence starts with a space so that it can be appended to a message as it is.
    """
    known = list(known)
    # Here, since errors are imported by everything and are seldom made.
    import difflib

    close = difflib.get_close_matches(name, known, n=most, cutoff=0.6)
    if not close:
        lowered = {candidate.lower(): candidate for candidate in known}
        close = [lowered[match] for match in difflib.get_close_matches(name.lower(), lowered, n=most, cutoff=0.6)]
    if not close:
        return ""
    return " Did you mean " + " or ".join(repr(match) for match in close) + "?"


# -- the calling code ---------------------------------------------------------------------------------------------


class UsageError(FtrackError):
    """The calling code asked for something that cannot work."""


class SettingsError(UsageError, ValueError):
    """A setting is missing or makes no sense; the message names the argument and the environment variable."""


class UnknownEntityType(UsageError, AttributeError, KeyError):
    """The server's schema has no entity type of that name."""


class UnknownAttribute(UsageError, AttributeError, KeyError):
    """The entity type has no attribute of that name."""


class InvalidValue(UsageError, ValueError, TypeError):
    """A value does not fit the attribute it was given for; nothing was changed."""


class ReadOnlyAttribute(UsageError, AttributeError):
    """The attribute cannot be set: it is computed by the server, or settable only when the entity is created."""


class QueryError(UsageError, ValueError):
    """A query cannot be built or read; for text, `position` is the index of the offending character."""

    position: int | None = None


class ExpressionError(UsageError, ValueError):
    """An event expression cannot be read; `position` is the index of the offending character."""

    position: int | None = None


class DuplicateSubscriber(UsageError, ValueError):
    """An event subscriber with the same id is there already; ids are what subscribers are removed by."""


class NotFetched(UsageError, AttributeError):
    """The value is not loaded, and asking the server was forbidden by the fetch mode `never`."""


class LazyLoadError(UsageError):
    """A line of the calling code loads an attribute for one entity after the other; `file` and `line` say where."""


class NoResult(UsageError, LookupError):
    """`one()` found nothing."""


class MultipleResults(UsageError, LookupError):
    """`one()` or `one_or_none()` found more than one entity."""


class EntityDeleted(UsageError, LookupError):
    """The entity was deleted on the server; it can be read, not changed or loaded."""


class SessionClosed(UsageError):
    """The session was closed; its entities keep what they loaded but cannot ask or change anything."""


class LazyLoadWarning(UserWarning):
    """The same as `LazyLoadError`, as a warning: a session made with `n_plus_one="warn"` gives it."""


# -- the server's refusals ----------------------------------------------------------------------------------------


class ServerError(FtrackError):
    """The server refused the request.

    Attributes: `exception` (the server's own name for the error), `content` (its message), `error_code` (or None),
    `operations` (what was sent, as plain data, when known).
    """

    exception: str = ""
    content: str = ""
    error_code: str | None = None
    operations: Any = None


class AuthenticationError(ServerError):
    """The server does not accept the API user or the API key."""


class PermissionDenied(ServerError, PermissionError):
    """The user may not do that."""


class ServerValidationError(ServerError, ValueError):
    """The server found a value invalid."""


class IntegrityError(ServerError):
    """A foreign key, a uniqueness rule or a required attribute was violated; nothing of the batch was done."""


class DuplicateEntryError(IntegrityError):
    """An entity with the same unique values exists already."""


class ServerParseError(ServerError, ValueError):
    """The server could not parse a query expression."""


class EntityNotFound(ServerError, LookupError):
    """The server has no entity with that key."""


class ServerCompatibilityError(ServerError):
    """The server does not know the action, or is too old for this library."""


# -- the line -----------------------------------------------------------------------------------------------------


class TransportError(FtrackError, ConnectionError):
    """The connection to the server failed. `safe_to_retry` is False when the server may have done the work."""

    safe_to_retry: bool = False


class RequestTimeout(TransportError, TimeoutError):
    """No answer came within the time allowed."""


class RequestCancelled(TransportError):
    """The caller cancelled the request; the server may or may not have done the work."""


class EventNotSent(TransportError):
    """An event could not be published: too many wait for the connection to the event server already."""


class CommitOutcomeUnknown(TransportError):
    """The answer to a commit was lost and it cannot be found out whether it was done; the changes are kept."""


# -- somebody else -------------------------------------------------------------------------------------------------


class CommitConflict(FtrackError):
    """Somebody else changed what the commit would overwrite; nothing was sent, and the changes are kept.

    Attributes: `entity_type`, `key`, `attribute` (None when the entity is gone) and `item` (the key, where the
    attribute is a mapping) of the first conflict, `read` (what this session took the server to have), `present` (what
    it has), `changed_by` (a user's name) and `changed_at`, both None where the server keeps no record of it, and
    `conflicts`, the sentences about all of them.
    """

    entity_type: str = ""
    key: tuple[str, ...] = ()
    attribute: str | None = None
    item: str | None = None
    read: Any = None
    present: Any = None
    changed_by: str | None = None
    changed_at: datetime.datetime | None = None
    conflicts: tuple[str, ...] = ()


# -- the other side's mistakes ------------------------------------------------------------------------------------


class ProtocolError(FtrackError):
    """The answer is not what the protocol says: not JSON, cut short, or of another shape.

    Attributes: `status` (HTTP status code, or None) and `excerpt` (the first part of the body).
    """

    status: int | None = None
    excerpt: str = ""


class StorageError(FtrackError):
    """A component's data could not be read, written or moved."""


class SandboxUnsupported(FtrackError):
    """The embedded server does not support this; it refuses by name rather than answering half."""


#: The server's names of errors, and the classes they arrive as (PROTOCOL facts: names seen in public clients).
SERVER_ERRORS: dict[str, type[ServerError]] = {
    "InvalidCredentialsError": AuthenticationError,
    "FTAuthenticationError": AuthenticationError,
    "PermissionError": PermissionDenied,
    "ValidationError": ServerValidationError,
    "IntegrityError": IntegrityError,
    "DuplicateEntryError": DuplicateEntryError,
    "ParseError": ServerParseError,
}
