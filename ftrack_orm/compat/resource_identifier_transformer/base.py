"""Pure: the base of resource identifier transformers of the official client's kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ResourceIdentifierTransformer:
    """Turns resource identifiers into the form that is stored on the server, and back. This class changes nothing."""

    def __init__(self, session: Any) -> None:
        self.session = session
        super().__init__()

    def encode(self, resource_identifier: str, context: Mapping[str, Any] | None = None) -> str:
        """Return the identifier to store on the server. *context* may have `component`."""
        return resource_identifier

    def decode(self, resource_identifier: str, context: Mapping[str, Any] | None = None) -> str:
        """Return the identifier to use here for one that the server stores."""
        return resource_identifier
