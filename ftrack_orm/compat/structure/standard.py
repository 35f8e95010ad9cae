"""Pure: the structure by project, contexts, asset and version."""

from __future__ import annotations

from ftrack_orm.compat.error_translation import translated
from ftrack_orm.storage.structures.standard import StandardStructure as NativeStandardStructure

from .base import StructureOverNative


class StandardStructure(StructureOverNative):
    """Places components by project, contexts, asset and version."""

    def __init__(
        self, project_versions_prefix: str | None = None, illegal_character_substitute: str | None = "_"
    ) -> None:
        super().__init__(NativeStandardStructure(project_versions_prefix, illegal_character_substitute))
        self.project_versions_prefix = project_versions_prefix
        self.illegal_character_substitute = illegal_character_substitute

    @translated
    def sanitise_for_filesystem(self, value: str) -> str:
        """Return *value* as a name that file systems accept."""
        return str(self._native.sanitise_for_filesystem(value))
