"""Pure: the structure by the ids of components."""

from __future__ import annotations

from ftrack_orm.storage.structures.ids import IdStructure as NativeIdStructure

from .base import StructureOverNative


class IdStructure(StructureOverNative):
    """Places components by their ids, in folders by the first characters."""

    def __init__(self, prefix: str = "") -> None:
        super().__init__(NativeIdStructure(), prefix)
