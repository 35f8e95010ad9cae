"""Pure: errors of this library as exceptions of the official client, without losing their own class.

An error that leaves the compatibility layer gets a class that derives from both, so that `except
ftrack_api.exception.ServerError` and `except ftrack_orm.errors.QueryError` catch the same error.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from ftrack_orm import errors

from . import exception

_F = TypeVar("_F", bound=Callable[..., Any])

#: Class of this library -> the classes of the official client, the nearest base class of an error decides.
_OFFICIAL: dict[type[errors.FtrackError], tuple[type[Exception], ...]] = {
    errors.FtrackError: (exception.Error,),
    errors.UsageError: (exception.OperationError,),
    errors.SettingsError: (exception.Error, TypeError),
    # The official client raises a `KeyError`, which these are. In queries the server refuses such names.
    errors.UnknownEntityType: (),
    errors.UnknownAttribute: (),
    errors.UnknownName: (),
    # The official client sends such values, and the server refuses them.
    errors.InvalidValue: (exception.ServerError,),
    errors.ValidationFailed: (exception.ServerError,),
    errors.ReadOnlyAttribute: (exception.ImmutableAttributeError,),
    errors.QueryError: (exception.ServerError,),
    errors.ExpressionError: (exception.ParseError,),
    errors.DuplicateSubscriber: (exception.NotUniqueError,),
    errors.NoResult: (exception.NoResultFoundError,),
    errors.MultipleResults: (exception.MultipleResultsFoundError,),
    errors.EntityDeleted: (exception.NotFoundError, exception.ServerError),
    errors.SessionClosed: (exception.ConnectionClosedError,),
    errors.ServerError: (exception.ServerError,),
    errors.AuthenticationError: (exception.AuthenticationError, exception.ServerError),
    errors.PermissionDenied: (exception.PermissionDeniedError, exception.ServerError),
    errors.DuplicateEntryError: (exception.NotUniqueError, exception.ServerError),
    errors.EntityNotFound: (exception.NotFoundError, exception.ServerError),
    errors.ServerCompatibilityError: (exception.ServerCompatibilityError,),
    errors.TransportError: (exception.ServerError,),
    errors.EventNotSent: (exception.EventHubConnectionError,),
    errors.CommitConflict: (exception.ServerError,),
    errors.ProtocolError: (exception.ServerError,),
    errors.StorageError: (exception.LocationError, exception.AccessorError),
    errors.ResourceNotFound: (exception.AccessorResourceNotFoundError, exception.LocationError),
    errors.ResourceExists: (exception.LocationError, exception.AccessorError),
    errors.ResourceInvalid: (
        exception.AccessorResourceInvalidError,
        exception.AccessorFilesystemPathError,
        exception.LocationError,
    ),
    errors.ResourceAccessDenied: (exception.AccessorPermissionDeniedError, exception.LocationError),
    errors.StorageUnsupported: (exception.AccessorUnsupportedOperationError, exception.LocationError),
    errors.StructureError: (exception.StructureError, exception.LocationError),
    errors.ComponentInLocation: (exception.ComponentInLocationError,),
    errors.ComponentNotInLocation: (exception.ComponentNotInLocationError,),
}


_COMBINED: dict[tuple[type, ...], type[errors.FtrackError]] = {}


def _combined_class(kind: type[errors.FtrackError], official: tuple[type[Exception], ...]) -> type[errors.FtrackError]:
    """Return the class that derives from *official* and from *kind*, with the name of the first."""
    known = _COMBINED.get((kind, *official))
    if known is not None:
        return known
    needed = tuple(base for base in official if not issubclass(kind, base))
    namespace = {
        "__doc__": f"{kind.__name__} of ftrack_orm, as an exception of the official client.",
        "__module__": __name__,
        "__str__": errors.FtrackError.__str__,
        "__reduce__": _reduce,
        "_native_class": kind,
        "documentation": kind.documentation,
        "traceback": "",
    }
    made = cast("type[errors.FtrackError]", type(official[0].__name__, (*needed, kind), namespace))
    return _COMBINED.setdefault((kind, *official), made)


def _reduce(error: Any) -> tuple[Any, ...]:
    # The combined class cannot be found by its name.
    _, (_, *arguments) = errors.FtrackError.__reduce__(error)
    return _rebuild, (error._native_class, *arguments)


def _rebuild(kind: type[errors.FtrackError], message: str, details: dict[str, Any]) -> errors.FtrackError:
    return translate(kind(message, **details))


def translate(error: errors.FtrackError, *official: type[Exception]) -> errors.FtrackError:
    """Give *error* a class of the official client too, one of *official* or else the one that fits it."""
    kind = type(error)
    if not issubclass(kind, exception.Error):
        nearest = official or next(_OFFICIAL[base] for base in kind.__mro__ if base in _OFFICIAL)
        if nearest:
            error.__class__ = _combined_class(kind, nearest)
    return error


@contextmanager
def translating(*official: type[Exception]) -> Iterator[None]:
    """Translate the errors of a `with` block, see `translate`."""
    try:
        yield
    except errors.FtrackError as error:
        translate(error, *official)
        raise


@contextmanager
def refused_by_the_server() -> Iterator[None]:
    """Translate the errors of a query: names that the schema does not have are those that a server refuses."""
    try:
        with translating():
            yield
    except (errors.UnknownAttribute, errors.UnknownEntityType) as error:
        translate(error, exception.ServerError)
        raise


def translated(function: _F) -> _F:
    """Decorate a function whose errors leave the compatibility layer."""

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        try:
            return function(*arguments, **keywords)
        except errors.FtrackError as error:
            translate(error)
            raise

    return cast("_F", call)
