"""Pure: the structure that keeps the resource identifier of the source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm.storage.structures.origin import OriginStructure as NativeOriginStructure

from .base import StructureOverNative


class OriginStructure(StructureOverNative):
    """Keeps the resource identifier that the data has where it comes from."""

    def __init__(self, prefix: str = "") -> None:
        super().__init__(NativeOriginStructure(), prefix)

    def get_resource_identifier(self, entity: Any, context: Mapping[str, Any] | None = None) -> str:
        """Return `source_resource_identifier` of *context*. Raises `ValueError` without one."""
        if not (context or {}).get("source_resource_identifier"):
            raise ValueError("The context has no source_resource_identifier, which is the resource identifier here.")
        return super().get_resource_identifier(entity, context)
