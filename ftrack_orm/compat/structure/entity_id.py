"""Pure: the structure that uses the ids of components as they are."""

from __future__ import annotations

from ftrack_orm.storage.structures.ids import EntityIdStructure as NativeEntityIdStructure

from .base import StructureOverNative


class EntityIdStructure(StructureOverNative):
    """Uses the id of a component as its resource identifier."""

    def __init__(self, prefix: str = "") -> None:
        super().__init__(NativeEntityIdStructure(), prefix)
