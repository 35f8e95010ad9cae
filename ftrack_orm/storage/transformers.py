"""Pure: resource identifier transformers: the stored form of identifiers, and the form used on this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from ftrack_orm.errors import InvalidValue, ResourceInvalid, quoted

_STORED = re.compile(r"\{(?P<root>[^{}/]*)\}(?:/(?P<rest>.*))?\Z", re.DOTALL)


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


class RootTransformer(ResourceIdentifierTransformer):
    """Stores paths relative to named folders, which each machine has at its own place.

    With the *roots* `{"projects": "/mnt/projects"}` on one machine and `{"projects": "P:/"}` on another, the server
    stores `{projects}/demo/plate.exr` for `/mnt/projects/demo/plate.exr`, and the other machine reads
    `P:/demo/plate.exr`. Paths below no root are stored as they are; of roots in each other, the innermost counts.
    """

    def __init__(self, roots: Mapping[str, str]) -> None:
        self._roots = {name: root.replace("\\", "/").rstrip("/") for name, root in roots.items()}
        for name, root in self._roots.items():
            if not name or not root or re.search(r"[{}/]", name):
                raise InvalidValue(
                    f"The root {quoted(name)}: {quoted(roots[name])} cannot be used. It needs a name without '/', '{{'"
                    " and '}', and a folder."
                )

    def encode(self, resource_identifier: str, context: Mapping[str, Any] | None = None) -> str:
        path = resource_identifier.replace("\\", "/") if "\\" in resource_identifier else resource_identifier
        for name, root in sorted(self._roots.items(), key=lambda each: -len(each[1])):
            if path == root or path.startswith(f"{root}/"):
                return f"{{{name}}}{path[len(root) :]}"
        return resource_identifier

    def decode(self, resource_identifier: str, context: Mapping[str, Any] | None = None) -> str:
        match = _STORED.match(resource_identifier)
        if match is None:
            return resource_identifier
        root = self._roots.get(match["root"])
        if root is None:
            raise ResourceInvalid(
                f"{quoted(resource_identifier)} lies below the root {quoted(match['root'])}, which is not configured on"
                f" this machine. Configured are {', '.join(map(repr, self._roots)) or 'no roots'}.",
                resource_identifier=resource_identifier,
            )
        return root if match["rest"] is None else f"{root}/{match['rest']}"
