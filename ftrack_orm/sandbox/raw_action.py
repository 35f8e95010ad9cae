"""Pure: the interface of actions without an operation class, which arrive as JSON, and their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from . import server_errors

if TYPE_CHECKING:
    from .writing.store import Store


class RawAction(Protocol):
    """Executes an action in the transaction of its request."""

    def __call__(self, store: Store, body: Mapping[str, Any], /) -> Any:
        """Execute the operation *body* and return its element of the response; raises the server's errors."""


def text_argument(body: Mapping[str, Any], name: str) -> str:
    """Return an argument of an operation that must be text and not empty; raises the server's validation error."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise server_errors.validation_error(
            f"The action {body['action']!r} needs {name!r} as text, not {value!r:.200}."
        )
    return value
