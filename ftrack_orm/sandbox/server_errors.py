"""Pure: the errors of the embedded server, as a real server would answer with them.

Clients match the server's name of an error and parts of its text. Both are those of real servers where one was recorded
(protocol facts). Other messages name the entity, the attribute and the remedy.
"""

from __future__ import annotations

from collections.abc import Sequence

from ftrack_orm.errors import (
    AuthenticationError,
    DuplicateEntryError,
    EntityNotFound,
    IntegrityError,
    ServerCompatibilityError,
    ServerParseError,
    ServerValidationError,
)


def invalid_credentials() -> AuthenticationError:
    """Return the error for an unknown user or a wrong key, with the server's documented text."""
    content = (
        "The supplied API key is not valid. API keys are created from Settings under the page API keys. "
        'The api key should be passed in the request header "ftrack-api-key".'
    )
    return AuthenticationError(content, exception="InvalidCredentialsError", content=content)


def validation_error(content: str) -> ServerValidationError:
    """Return the error for an invalid value or a malformed request."""
    return ServerValidationError(content, exception="ValidationError", content=content)


def integrity_error(content: str) -> IntegrityError:
    """Return the error for a change that would break a reference or leave a required attribute empty."""
    return IntegrityError(content, exception="IntegrityError", content=content)


def duplicate_entry(
    entity_type: str, attributes: Sequence[str], values: Sequence[object], *, names_error: bool
) -> IntegrityError:
    """Return the error for a second entity with the same unique values, with the text of the server's database.

    With *names_error* the text holds `DuplicateEntryError`, which clients look for when a timer is running already.
    """
    joined = "-".join(str(value) for value in values)
    content = f"Duplicate entry '{joined}' for key '{entity_type}.{'_'.join(attributes)}'"
    if names_error:
        content = f"DuplicateEntryError: {content}"
        return DuplicateEntryError(content, exception="IntegrityError", content=content)
    return IntegrityError(content, exception="IntegrityError", content=content)


def entity_not_found(entity_type: str, key: Sequence[str]) -> EntityNotFound:
    """Return the error for changing an entity that does not exist, with the server's text."""
    joined = ", ".join(f"u'{value}'" for value in key)
    content = f"Could not find entity {entity_type} with entity_key [{joined}]."
    return EntityNotFound(content, exception="ValueError", content=content)


def parse_error(expression: str, message: str) -> ServerParseError:
    """Return the error for a query expression that cannot be parsed, with the server's text."""
    content = f"Failed to parse: {expression}. {message}"
    return ServerParseError(content, exception="ParseError", content=content)


def invalid_action(name: str) -> ServerCompatibilityError:
    """Return the error for an action that no ftrack server has; clients look for this exact text."""
    content = f"Invalid action u'{name}'"
    return ServerCompatibilityError(content, exception="ValueError", content=content)
