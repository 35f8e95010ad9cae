"""Pure: the exceptions of the official client.

Errors of this library that reach a script through `ftrack_orm.compat` are of both kinds: they derive from one of these
classes and keep their own class, see `error_translation`.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any, ClassVar

from ftrack_orm.errors import DOCUMENTATION


class Error(Exception):
    """The base of all exceptions. *details* are formatted into the message."""

    #: The address of the page with the cause and the cure, as each error of this library has one.
    documentation: ClassVar[str] = f"{DOCUMENTATION}/reference/errors.md#errors-of-the-official-client"
    default_message: ClassVar[str] = "An error occurred."

    def __init__(self, message: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, details)
        self.message = self.default_message if message is None else message
        self.details: dict[str, Any] = dict(details or {})
        self.traceback = traceback.format_exc()

    def __str__(self) -> str:
        return self.message.format(**self.details) if self.details else self.message


class AuthenticationError(Error):
    """The server refused user and key."""

    default_message = "The server refused the credentials."


class ServerError(Error):
    """The server refused a request."""

    default_message = "The server refused the request."


class ServerCompatibilityError(ServerError):
    """The server does not support a function."""

    default_message = "The server does not support this."


class NotFoundError(Error):
    """Something that was asked for does not exist."""

    default_message = "Not found."


class NotUniqueError(Error):
    """A value exists already."""

    default_message = "The value exists already."


class IncorrectResultError(Error):
    """A query has not the number of results that was expected."""

    default_message = "The query has another number of results."


class NoResultFoundError(IncorrectResultError):
    """A query has no result."""

    default_message = "The query has no result."


class MultipleResultsFoundError(IncorrectResultError):
    """A query has several results."""

    default_message = "The query has several results."


class EntityTypeError(Error):
    """An entity type does not fit."""

    default_message = "The entity type does not fit."


class UnrecognisedEntityTypeError(EntityTypeError):
    """The server has no such entity type."""

    default_message = "The server has no entity type {entity_type!r}."

    def __init__(self, entity_type: str, message: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, {**(details or {}), "entity_type": entity_type})


class OperationError(Error):
    """An operation failed."""

    default_message = "The operation failed."


class InvalidStateError(Error):
    """The state of an object does not allow something."""

    default_message = "The state does not allow this."


class InvalidStateTransitionError(InvalidStateError):
    """An entity cannot change from one state to another."""

    default_message = "{entity!r} cannot change from {current_state!r} to {target_state!r}."

    def __init__(self, current_state: Any, target_state: Any, entity: Any, **keywords: Any) -> None:
        details = {"current_state": current_state, "target_state": target_state, "entity": entity}
        super().__init__(**_with_details(keywords, details))


class AttributeError(Error):
    """An attribute cannot be used so."""

    default_message = "The attribute cannot be used so."


class ImmutableAttributeError(AttributeError):
    """An attribute cannot be changed."""

    default_message = "{attribute.name} cannot be changed."

    def __init__(self, attribute: Any, **keywords: Any) -> None:
        super().__init__(**_with_details(keywords, {"attribute": attribute}))


class CollectionError(Error):
    """A collection cannot be used so."""

    default_message = "The collection cannot be used so."

    def __init__(self, collection: Any, **keywords: Any) -> None:
        super().__init__(**_with_details(keywords, {"collection": collection}))


class ImmutableCollectionError(CollectionError):
    """A collection cannot be changed."""

    default_message = "{collection!r} cannot be changed."


class DuplicateItemInCollectionError(CollectionError):
    """An entity is in a collection already."""

    default_message = "{item!r} is in {collection!r} already."

    def __init__(self, item: Any, collection: Any, **keywords: Any) -> None:
        super().__init__(collection, **_with_details(keywords, {"item": item}))


class ParseError(Error):
    """A text cannot be parsed."""

    default_message = "The text cannot be parsed."


class EventHubError(Error):
    """The event hub failed."""

    default_message = "The event hub failed."


class EventHubConnectionError(EventHubError):
    """The event hub is not connected."""

    default_message = "The event hub is not connected."


class EventHubPacketError(EventHubError):
    """A packet of the event server cannot be read."""

    default_message = "The packet cannot be read."


class PermissionDeniedError(Error):
    """The user lacks a permission."""

    default_message = "The permission is missing."


class LocationError(Error):
    """A location failed."""

    default_message = "The location failed."


class ComponentNotInAnyLocationError(LocationError):
    """A component is in no location."""

    default_message = "The component is in no location."


class _ComponentsError(LocationError):
    """An error about components of a location: `details["components"]` and `details["location"]`."""

    def __init__(self, components: Any, location: Any, **keywords: Any) -> None:
        listed = list(components) if isinstance(components, (list, tuple)) else [components]
        details = {
            "components": listed,
            "formatted_components": ", ".join(map(str, listed)),
            "location": location,
        }
        super().__init__(**_with_details(keywords, details))


class ComponentNotInLocationError(_ComponentsError):
    """Components are not in a location."""

    default_message = "{formatted_components} is not in the location {location}."


class ComponentInLocationError(_ComponentsError):
    """Components are in a location already."""

    default_message = "{formatted_components} is in the location {location} already."


class AccessorError(Error):
    """An accessor failed."""

    default_message = "The accessor failed."


class AccessorOperationFailedError(AccessorError):
    """An operation of an accessor failed."""

    default_message = "{operation} failed: {error}"

    def __init__(
        self, operation: str = "", resource_identifier: Any = None, error: Any = None, **keywords: Any
    ) -> None:
        details = {"operation": operation, "resource_identifier": resource_identifier, "error": error}
        super().__init__(**_with_details(keywords, details))


class AccessorUnsupportedOperationError(AccessorOperationFailedError):
    """An accessor does not support an operation."""

    default_message = "The accessor does not support {operation}."


class AccessorPermissionDeniedError(AccessorOperationFailedError):
    """An accessor lacks a permission."""

    default_message = "{operation} of {resource_identifier} is not permitted."


class AccessorResourceIdentifierError(AccessorError):
    """A resource identifier is not valid."""

    default_message = "The resource identifier {resource_identifier!r} is not valid."

    def __init__(self, resource_identifier: Any, **keywords: Any) -> None:
        super().__init__(**_with_details(keywords, {"resource_identifier": resource_identifier}))


class AccessorFilesystemPathError(AccessorResourceIdentifierError):
    """A resource identifier has no path."""

    default_message = "The resource identifier {resource_identifier!r} has no path."


class AccessorResourceError(AccessorError):
    """A resource cannot be used so."""

    default_message = "{resource_identifier!r} cannot be used so."

    def __init__(
        self, operation: str = "", resource_identifier: Any = None, error: Any = None, **keywords: Any
    ) -> None:
        details = {"operation": operation, "resource_identifier": resource_identifier, "error": error}
        super().__init__(**_with_details(keywords, details))


class AccessorResourceNotFoundError(AccessorResourceError):
    """A resource does not exist."""

    default_message = "{resource_identifier!r} does not exist."


class AccessorParentResourceNotFoundError(AccessorResourceError):
    """The container of a resource does not exist."""

    default_message = "The container of {resource_identifier!r} does not exist."


class AccessorResourceInvalidError(AccessorResourceError):
    """A resource is of another kind."""

    default_message = "{resource_identifier!r} is of another kind."


class AccessorContainerNotEmptyError(AccessorResourceError):
    """A container has content."""

    default_message = "The container {resource_identifier!r} has content."


class StructureError(Error):
    """A structure failed."""

    default_message = "The structure failed."


class ConnectionClosedError(Error):
    """The session is closed."""

    default_message = "The session is closed."


def _with_details(keywords: Mapping[str, Any], details: Mapping[str, Any]) -> dict[str, Any]:
    return {**keywords, "details": {**(keywords.get("details") or {}), **details}}
