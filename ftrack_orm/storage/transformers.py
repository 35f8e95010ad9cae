"""Pure: resource identifier transformers: the stored form of identifiers, and the form used on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class ResourceIdentifierTransformer(Protocol):
    """Turns the resource identifier used here into the one stored on the server, and back.

    This class changes nothing. A studio's own transformer derives from it and defines both methods, so that
    `decode(encode(identifier)) == identifier`.
    """

    def encode(self, resource_identifier: str, context: Mapping[str, Any] | None = None) -> str:
        """Return the identifier to store on the server. *context* may have `component`, which it belongs to."""
        return resource_identifier

    def decode(self, resource_identifier: str, context: Mapping[str, Any] | None = None) -> str:
        """Return the identifier to use here for one that the server stores. *context* may have `component`."""
        return resource_identifier
