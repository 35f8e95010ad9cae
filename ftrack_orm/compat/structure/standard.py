"""Pure: the structure by project, contexts, asset and version, with the paths of the official client."""

from __future__ import annotations

import re
import unicodedata

from ftrack_orm.storage.structures.standard import StandardStructure as NativeStandardStructure

from .base import StructureOverNative


class _NativeStructure(NativeStandardStructure):
    """Takes the names in paths from a structure of the official client's kind, whose method may be defined anew."""

    def __init__(self, owner: StandardStructure) -> None:
        super().__init__(owner.project_versions_prefix, owner.illegal_character_substitute)
        self._owner = owner

    def sanitise_for_filesystem(self, value: str) -> str:
        return str(self._owner.sanitise_for_filesystem(value))


class StandardStructure(StructureOverNative):
    """Places components by project, contexts, asset and version.

    The paths are those of the official client: letters of other languages become the ASCII letters in them, so that
    files which were published before are found.
    """

    def __init__(
        self, project_versions_prefix: str | None = None, illegal_character_substitute: str | None = "_"
    ) -> None:
        self.project_versions_prefix = project_versions_prefix
        self.illegal_character_substitute = illegal_character_substitute
        super().__init__(_NativeStructure(self))

    def sanitise_for_filesystem(self, value: str) -> str:
        """Return *value* as a name of lower-case ASCII letters, digits, `_`, `.` and `-`."""
        if self.illegal_character_substitute is None:
            return value
        plain = unicodedata.normalize("NFKD", str(value)).encode("ascii", "ignore").decode("ascii")
        return re.sub(r"[^\w.-]", self.illegal_character_substitute, plain).strip().lower()
