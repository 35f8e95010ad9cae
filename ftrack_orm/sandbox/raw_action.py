"""Pure: the interface of actions without an operation class, which arrive as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .writing.store import Store


class RawAction(Protocol):
    """Executes an action in the transaction of its request."""

    def __call__(self, store: Store, body: Mapping[str, Any], /) -> Any:
        """Execute the operation *body* and return its element of the response; raises the server's errors."""
