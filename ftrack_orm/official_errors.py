"""Pure: the exceptions of the official client, and the errors of this library in their place, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Exception of the official client -> the text that completes "Write ftrack_orm.errors.".
OFFICIAL_ERRORS: Final[Mapping[str, str]] = {
    "Error": "FtrackError",
    "AuthenticationError": "AuthenticationError",
    "ServerError": (
        "FtrackError for all errors, ServerError for those that the server reports, or QueryError for a mistake in a "
        "query, which is found before the request"
    ),
    "ServerCompatibilityError": "ServerCompatibilityError",
    "NotFoundError": "EntityNotFound",
    "NotUniqueError": "DuplicateEntryError, or DuplicateSubscriber for the id of a subscriber",
    "IncorrectResultError": "NoResult and errors.MultipleResults, as a tuple",
    "NoResultFoundError": "NoResult",
    "MultipleResultsFoundError": "MultipleResults",
    "EntityTypeError": "UnknownEntityType",
    "UnrecognisedEntityTypeError": "UnknownEntityType",
    "OperationError": "ServerError",
    "InvalidStateError": "EntityDeleted",
    "InvalidStateTransitionError": "EntityDeleted",
    "AttributeError": "UnknownAttribute",
    "ImmutableAttributeError": "ReadOnlyAttribute",
    "CollectionError": "InvalidValue",
    "ImmutableCollectionError": "ReadOnlyAttribute",
    "DuplicateItemInCollectionError": "InvalidValue; adding a member twice changes nothing and raises no error",
    "ParseError": "ExpressionError",
    "EventHubError": "TransportError",
    "EventHubConnectionError": "EventNotSent for an event that is not sent, TransportError for a connection",
    "EventHubPacketError": "TransportError; a malformed packet is logged, and raises no error",
    "PermissionDeniedError": "PermissionDenied",
    "LocationError": "StorageError",
    "ComponentNotInAnyLocationError": "ComponentNotInLocation",
    "ComponentNotInLocationError": "ComponentNotInLocation",
    "ComponentInLocationError": "ComponentInLocation",
    "AccessorError": "StorageError",
    "AccessorOperationFailedError": "StorageError",
    "AccessorUnsupportedOperationError": "StorageUnsupported",
    "AccessorPermissionDeniedError": "ResourceAccessDenied",
    "AccessorResourceIdentifierError": "ResourceInvalid",
    "AccessorFilesystemPathError": "ResourceInvalid",
    "AccessorResourceError": "StorageError",
    "AccessorResourceNotFoundError": "ResourceNotFound",
    "AccessorParentResourceNotFoundError": "ResourceNotFound",
    "AccessorResourceInvalidError": "ResourceInvalid",
    "AccessorContainerNotEmptyError": "ResourceExists",
    "StructureError": "StructureError",
    "ConnectionClosedError": "SessionClosed",
}


def advice_for_error(name: str) -> str:
    """Return a sentence on the error to name in place of *name* of the official client, or an empty text.

    The sentence starts with a space, so that it can be appended to a message.
    """
    text = OFFICIAL_ERRORS.get(name)
    return "" if text is None else f" Write ftrack_orm.errors.{text}."
