"""Pure: the structure for files that stay where they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm.errors import StructureError

from .base import Structure


class OriginStructure(Structure):
    """Keeps the resource identifier that the data has where it comes from, as the origin location does."""

    def get_resource_identifier(self, component: Any, context: Mapping[str, Any] | None = None) -> str:
        """Return `source_resource_identifier` of *context*; raise `StructureError` without one."""
        identifier = (context or {}).get("source_resource_identifier")
        if not isinstance(identifier, str):
            raise StructureError(
                f"{component!r} has no resource identifier here, because the structure keeps the one of its source and"
                " the context has none. Pass context={'source_resource_identifier': ...}."
            )
        return identifier
