"""Pure: every error the library raises, in one tree whose branches say who can solve the problem.

* `UsageError`: the calling code asked for something that cannot work. Fix the code.
* `ServerError`: the server understood the request and refused it.
* `TransportError`: the connection failed. `safe_to_retry` says whether sending the request again is harmless.
* `CommitConflict`: another user changed a value that the commit would overwrite.
* `ProtocolError`: the response does not follow ftrack's protocol.
* `StorageError`: a file or a location could not be read or written.
* `SandboxUnsupported`: the embedded server does not support the request.

Errors also derive from Python's own classes where programmers expect that, so that `except AttributeError`,
`getattr(entity, name, default)` and `except TimeoutError` work as usual.
"""

from __future__ import annotations

import datetime
import reprlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final

#: The characters of a name or value that an error quotes.
QUOTED_LENGTH: Final = 200
#: Names longer than this get no suggestion. Comparing long texts is slow.
_LONGEST_SUGGESTION: Final = 100
#: The pages of the documentation.
DOCUMENTATION: Final = "https://github.com/ftrack-orm/ftrack-orm/blob/main/docs"


class FtrackError(Exception):
    """Root of all errors of this library.

    Details are passed by keyword and become attributes. They survive pickling, so that an error raised in a render-farm
    job or a worker process keeps them.

    Each class has the attribute `documentation`: the address of the page with its cause and its cure.
    """

    documentation: ClassVar[str] = f"{DOCUMENTATION}/reference/errors.md"

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        # A class that another package derives is documented as the class of this module that it is a case of.
        if cls.__module__ == __name__:
            cls.documentation = _address_of(cls)

    def __init__(self, message: str, **details: Any) -> None:
        message = printable(message)
        super().__init__(message)
        self.message = message
        self.details = details
        for name, value in details.items():
            setattr(self, name, value)

    def amend(self, message: str, **details: Any) -> None:
        """Replace the message and add *details*: a part of the library on the way to the caller knows more."""
        self.message = printable(message)
        self.args = (self.message,)
        self.details = {**self.details, **details}
        for name, value in details.items():
            setattr(self, name, value)

    def __str__(self) -> str:
        # The bases KeyError and LookupError would print the repr of the message.
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, {name: _portable(value) for name, value in self.details.items()})


def _address_of(kind: type) -> str:
    return f"{FtrackError.documentation}#{kind.__name__.lower()}"


def _rebuild(kind: type[FtrackError], message: str, details: dict[str, Any]) -> FtrackError:
    return kind(message, **details)


def _portable(value: Any) -> Any:
    """Return *value* for another process: of an entity, which belongs to its session, its reference."""
    return value.__reference__() if hasattr(type(value), "__reference__") else value


def printable(text: str) -> str:
    """Return *text* with an escape for each character that no file or terminal could encode: lone surrogates.

    Texts of servers and other users may contain them, and so may names of files.
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


_reprs = reprlib.Repr()
_reprs.maxlevel = 3
_reprs.maxstring = _reprs.maxother = _reprs.maxlong = QUOTED_LENGTH


def quoted(value: Any) -> str:
    """Return *value* as an error quotes it: its repr, cut to `QUOTED_LENGTH` characters and a few levels and items."""
    text = _reprs.repr(value)
    return text if len(text) <= QUOTED_LENGTH else f"{text[:QUOTED_LENGTH]}..."


def suggestion(name: str, known: Iterable[str], *, most: int = 3) -> str:
    """Return a sentence that suggests up to *most* of the *known* names close to *name*, or an empty string.

    The sentence starts with a space, so that it can be appended to a message. Long names are neither compared nor
    suggested. A mapping of names may explain a name itself, see `schema.lost_names`.
    """
    explanation = known.explain(name) if hasattr(known, "explain") else ""
    if explanation:
        return str(explanation)
    if len(name) > _LONGEST_SUGGESTION:
        return ""
    known = [candidate for candidate in known if len(candidate) <= _LONGEST_SUGGESTION]
    # Imported here, because every module imports this one and errors are rare.
    import difflib

    close = difflib.get_close_matches(name, known, n=most, cutoff=0.6)
    if not close:
        lowered = {candidate.lower(): candidate for candidate in known}
        close = [lowered[match] for match in difflib.get_close_matches(name.lower(), lowered, n=most, cutoff=0.6)]
    if not close:
        return ""
    return " Did you mean " + " or ".join(repr(match) for match in close) + "?"


# -- the calling code -------------------------------------------------------------------------------------------------


class UsageError(FtrackError):
    """The calling code asked for something that cannot work.

    Attributes: `entity_type` and `attribute` that the error is about, or None.
    """

    entity_type: str | None = None
    attribute: str | None = None


class SettingsError(UsageError, ValueError):
    """A setting is missing or does not fit; the message names the argument and the environment variable.

    Attributes: `setting` (the name of the setting that does not fit, or None), `missing` (names of missing settings).
    """

    setting: str | None = None
    missing: tuple[str, ...] = ()


class UnknownEntityType(UsageError, AttributeError, KeyError):
    """The server's schema has no entity type of that name.

    Attributes: `position`, the index of the name in a text, or None.
    """

    position: int | None = None


class UnknownAttribute(UsageError, AttributeError, KeyError):
    """The entity type has no attribute of that name.

    Attributes: `position`, the index of the name in a text, or None.
    """

    position: int | None = None


class UnknownName(UsageError, KeyError):
    """A project has no status, type, object type or priority of that name."""


class InvalidValue(UsageError, ValueError, TypeError):
    """A value does not fit the attribute or argument; nothing was changed."""


class ValidationFailed(UsageError, ValueError):
    """Rules of the session or validators of behaviours have refused the commit; nothing was sent.

    All changes stay recorded. Attributes: `failures`, a tuple of pairs: the reference of an entity, None for a failure
    of none in particular, and the reason.
    """

    failures: tuple[tuple[Any, str], ...] = ()


class RequiredValueMissing(ValidationFailed):
    """Entities of a commit lack values that the server needs and does not fill in; nothing was sent.

    All changes stay recorded. Attributes: `failures` as for `ValidationFailed`; `entity` and `attribute` of the first.
    """

    entity: Any = None


class ReadOnlyAttribute(UsageError, AttributeError):
    """The attribute cannot be set: the server computes it, or it can be set on creation only."""


class QueryError(UsageError, ValueError):
    """A query cannot be built or parsed. For text, `position` is the index of the character that does not fit."""

    position: int | None = None


class ExpressionError(UsageError, ValueError):
    """An event expression cannot be parsed. `position` is the index of the character that does not fit."""

    position: int | None = None


class DuplicateSubscriber(UsageError, ValueError):
    """An event subscriber with the same id exists. Subscribers are removed by their ids."""


class NotFetched(UsageError, AttributeError):
    """The value is not loaded, and the fetch mode `never` forbids a request for it."""


class LazyLoadError(UsageError):
    """A line of the calling code loads an attribute for one entity after the other; `file` and `line` locate it."""

    file: str = ""
    line: int = 0


class NoResult(UsageError, IndexError):
    """`one()` found no entity, or there is no result at a position."""


class MultipleResults(UsageError, LookupError):
    """`one()` or `one_or_none()` found more than one entity."""


class EntityDeleted(UsageError, LookupError):
    """The entity was deleted on the server. Loaded values can be read; nothing can be loaded or changed."""


class SessionClosed(UsageError):
    """The session was closed. Its entities keep their loaded values; nothing can be loaded or changed."""


class LazyLoadWarning(UserWarning):
    """The warning about the problem of `LazyLoadError`, issued by a session with `n_plus_one="warn"`."""

    documentation: ClassVar[str] = f"{FtrackError.documentation}#lazyloadwarning"


class SchemaDriftWarning(UserWarning):
    """The schema of the server differs from the one that the package of the session's types was written for.

    Attributes: `differences` between the two, which `print` shows.
    """

    documentation: ClassVar[str] = f"{FtrackError.documentation}#schemadriftwarning"

    differences: Any = None


# -- refusals of the server -------------------------------------------------------------------------------------------


class ServerError(FtrackError):
    """The server refused the request.

    Attributes: `exception` (the server's name for the error), `content` (its message), `error_code` (or None),
    `operations` (the operations of the request as plain data, if known).

    As far as the server's text says, `operation` is the refused one of them, `entity_type` and `attribute` are its
    type and the attribute at fault, and `item` is the key if that attribute is a mapping. `entity` is the entity of the
    session that was to be written, or its reference if the session has no object for it. They are None otherwise.
    """

    exception: str = ""
    content: str = ""
    error_code: str | None = None
    operations: Any = None
    operation: Any = None
    entity: Any = None
    entity_type: str | None = None
    attribute: str | None = None
    item: str | None = None


class AuthenticationError(ServerError):
    """The server does not accept the API user or the API key."""


class PermissionDenied(ServerError, PermissionError):
    """The user does not have the permission."""


class ServerValidationError(ServerError, ValueError):
    """The server considers a value invalid."""


class IntegrityError(ServerError):
    """A foreign key, a uniqueness rule or a required attribute was violated; the server changed nothing."""


class DuplicateEntryError(IntegrityError):
    """An entity with the same unique values exists."""


class ServerParseError(ServerError, ValueError):
    """The server could not parse a query expression."""


class EntityNotFound(ServerError, LookupError):
    """The server has no entity with that key."""


class ServerCompatibilityError(ServerError):
    """The server does not know the action, or is too old for this library."""


# -- the connection ---------------------------------------------------------------------------------------------------


class TransportError(FtrackError, ConnectionError):
    """The connection to the server failed.

    Attributes: `safe_to_retry` (False when the server may have carried out the request), `server_url`, and, when a
    response arrived, its HTTP `status`, an `excerpt` of its body, and `retry_after`, the seconds that it asks to wait.
    """

    safe_to_retry: bool = False
    server_url: str | None = None
    status: int | None = None
    excerpt: str = ""
    retry_after: float | None = None


class RequestTimeout(TransportError, TimeoutError):
    """No response arrived in time."""


class RequestCancelled(TransportError):
    """The caller cancelled the request. The server may have carried it out."""


class EventNotSent(TransportError):
    """An event could not be published: too many events wait for a connection to the event server."""


class CommitOutcomeUnknown(TransportError):
    """The response to a commit was lost and its outcome cannot be determined; the changes are kept.

    Attributes: `done` and `total`, numbers of entities, when a bulk change was interrupted; otherwise None.
    """

    done: int | None = None
    total: int | None = None


# -- other users ------------------------------------------------------------------------------------------------------


class CommitConflict(FtrackError):
    """Another user changed a value that the commit would overwrite; nothing was sent, and the changes are kept.

    The attributes describe the first conflict: `entity_type`, `key`, `attribute` (None when the entity was deleted),
    `item` (the key, if the attribute is a mapping), `read` (the value this session believed the server held), `present`
    (the value the server holds), `changed_by` (the name of a user) and `changed_at`. The last two are None where the
    server keeps no record of the change. `conflicts` has one sentence per conflict.
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


# -- the protocol, storage, and the embedded server -------------------------------------------------------------------


class ProtocolError(FtrackError):
    """The response does not follow the protocol: it is not JSON, incomplete, or of another shape.

    Attributes: `status` (HTTP status code, or None), `excerpt` (the first part of the body), `location` (the target of
    a redirect, or None), `safe_to_retry` (False when the server may have carried out the request), `entity_type` and
    `attribute` whose value is wrong (or None).
    """

    safe_to_retry: bool = False
    status: int | None = None
    excerpt: str = ""
    location: str | None = None
    entity_type: str | None = None
    attribute: str | None = None


class StorageError(FtrackError):
    """The data of a component could not be read, written or moved.

    Attributes: `resource_identifier` and `path` of the data, or None where they are not known.
    """

    resource_identifier: str | None = None
    path: str | None = None


class ResourceNotFound(StorageError, FileNotFoundError):
    """Nothing is stored under that resource identifier or path."""


class ResourceExists(StorageError, FileExistsError):
    """Something is stored under that resource identifier or path already; it was not overwritten."""


class ResourceInvalid(StorageError, ValueError):
    """The resource identifier or path cannot be used, or leads to a container instead of a file or the reverse."""


class ResourceAccessDenied(StorageError, PermissionError):
    """The storage does not permit the operation to this user."""


class StorageUnsupported(StorageError, NotImplementedError):
    """The accessor does not support the operation: a bucket, for example, has no paths."""


class StructureError(StorageError):
    """A structure cannot form a resource identifier of the component, or cannot read one back."""


class ComponentInLocation(StorageError):
    """A location has components already that were to be added to it. Nothing was changed.

    Attributes: `component_ids` of these components, and `location_id`.
    """

    component_ids: list[str]
    location_id: str


class ComponentNotInLocation(StorageError, LookupError):
    """A location does not have components that were looked for in it.

    Attributes: `component_ids` of these components, and `location_id`.
    """

    component_ids: list[str]
    location_id: str


class SandboxUnsupported(FtrackError):
    """The embedded server does not support the request; it never carries out a part of one.

    Attributes: `action`, `entity_type` and `attribute` that are not supported, or None.
    """

    action: str | None = None
    entity_type: str | None = None
    attribute: str | None = None


#: The server's names of errors, and the classes that represent them (PROTOCOL facts: names seen in public clients).
SERVER_ERRORS: dict[str, type[ServerError]] = {
    "InvalidCredentialsError": AuthenticationError,
    "FTAuthenticationError": AuthenticationError,
    "PermissionError": PermissionDenied,
    "ValidationError": ServerValidationError,
    "IntegrityError": IntegrityError,
    "DuplicateEntryError": DuplicateEntryError,
    "ParseError": ServerParseError,
}


if not TYPE_CHECKING:  # Checkers would take any name for an error otherwise, misspelt ones included.
    #: Makes `from ftrack_orm.errors import ...` ask the finder of the package, whose advice Python does not drop.
    __path__ = []

    def __getattr__(name: str) -> Any:
        from .official_errors import advice_for_error

        known = [each for each, value in globals().items() if isinstance(value, type) and value.__module__ == __name__]
        hint = advice_for_error(name) or suggestion(name, known)
        raise UnknownAttribute(f"The module {__name__!r} has no attribute {quoted(name)}.{hint}", attribute=name)
