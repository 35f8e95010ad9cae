"""Pure: the refusals of the embedded server, as the errors a real one answers with.

A client matches the server's name of an error and parts of its text, so both are those seen from real servers where one
was recorded (protocol facts); the rest say what happened, to which entity and attribute, and what to do.
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


def credentials() -> AuthenticationError:
    """Return the refusal of an unknown user or a wrong key, in the server's documented words."""
    content = (
        "The supplied API key is not valid. API keys are created from Settings under the page API keys. "
        'The api key should be passed in the request header "ftrack-api-key".'
    )
    return AuthenticationError(content, exception="InvalidCredentialsError", content=content)


def validation(content: str) -> ServerValidationError:
    """Return the refusal of a value or of a shape of request."""
    return ServerValidationError(content, exception="ValidationError", content=content)


def integrity(content: str) -> IntegrityError:
    """Return the refusal of a change that would break a reference or leave a needed attribute empty."""
    return IntegrityError(content, exception="IntegrityError", content=content)


def duplicate(entity_type: str, attributes: Sequence[str], values: Sequence[object], *, named: bool) -> IntegrityError:
    """Return the refusal of a second entity with the same unique values, in the words of the server's database.

    With *named* the text holds `DuplicateEntryError`, which clients look for when a timer is running already.
    """
    shown = "-".join(str(value) for value in values)
    content = f"Duplicate entry '{shown}' for key '{entity_type}.{'_'.join(attributes)}'"
    if named:
        content = f"DuplicateEntryError: {content}"
        return DuplicateEntryError(content, exception="IntegrityError", content=content)
    return IntegrityError(content, exception="IntegrityError", content=content)


def missing(entity_type: str, key: Sequence[str]) -> EntityNotFound:
    """Return the refusal to change an entity that is not there, in the server's words."""
    shown = ", ".join(f"u'{value}'" for value in key)
    content = f"Could not find entity {entity_type} with entity_key [{shown}]."
    return EntityNotFound(content, exception="ValueError", content=content)


def parse(expression: str, message: str) -> ServerParseError:
    """Return the refusal of a query expression that cannot be read, in the server's words."""
    content = f"Failed to parse: {expression}. {message}"
    return ServerParseError(content, exception="ParseError", content=content)


def action(name: str) -> ServerCompatibilityError:
    """Return the refusal of an action no ftrack server has; clients look for this very text."""
    content = f"Invalid action u'{name}'"
    return ServerCompatibilityError(content, exception="ValueError", content=content)
