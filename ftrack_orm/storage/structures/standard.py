"""Pure: the structure by project, contexts, asset and version, for people to find files in."""

from __future__ import annotations

import unicodedata
from typing import Any

from ftrack_orm.errors import StructureError, quoted
from ftrack_orm.storage.identifiers import legal_name, problem_of_name

from .base import component_projections, sequence_expression_of
from .identifier_parts import ComponentStructure, IdentifierParts
from .publishing import publication_of, version_projections


class StandardStructure(ComponentStructure):
    """Places components by project, contexts, asset and version: `demo/sq010/sh010/plate/v003/main.exr`.

    Sequences are named `main.%04d.exr` and their files `main.0001.exr`; members of a container lie in a folder with its
    name. These are the paths of the official client's `StandardStructure`, except that letters of all languages are
    kept.

    Names are in lower case. Characters other than letters, digits, `_`, `.` and `-` become
    *illegal_character_substitute*; with None, names stay as they are, and one that some file system would refuse is a
    `StructureError`. *project_versions_prefix* is a folder for what is published directly under the project.
    """

    def __init__(
        self, project_versions_prefix: str | None = None, illegal_character_substitute: str | None = "_"
    ) -> None:
        self.project_versions_prefix = project_versions_prefix
        self.illegal_character_substitute = illegal_character_substitute

    def projections(self, entity_type: str) -> str:
        return ", ".join([*component_projections(entity_type), *version_projections()])

    def parts_of(self, component: Any, entity_type: str) -> IdentifierParts:
        publication = publication_of(component)
        parents = list(publication.parents)
        if not parents and self.project_versions_prefix:
            parents = [self.project_versions_prefix]
        names = [publication.project.name, *parents, publication.asset.name, f"v{publication.version.version:03d}"]
        return self._named("/".join(map(self.sanitise_for_filesystem, names)), component, entity_type)

    def parts_in(self, container: IdentifierParts, component: Any, entity_type: str) -> IdentifierParts:
        return self._named(container.identifier, component, entity_type)

    def frame_number(self, component: Any) -> str:
        return self.sanitise_for_filesystem(component.name)

    def _named(self, folder: str, component: Any, entity_type: str) -> IdentifierParts:
        stem = f"{folder}/{self.sanitise_for_filesystem(component.name)}"
        if entity_type == "ContainerComponent":
            return IdentifierParts(stem)
        file_type = self.sanitise_for_filesystem(component.file_type) if component.file_type else ""
        if entity_type == "SequenceComponent":
            return IdentifierParts(stem, f".{sequence_expression_of(component)}", file_type)
        return IdentifierParts(stem, file_type=file_type)

    def sanitise_for_filesystem(self, value: str) -> str:
        """Return *value* as a name that every file system accepts, as the class describes it."""
        substitute = self.illegal_character_substitute
        if substitute is None:
            if problem := problem_of_name(value):
                raise StructureError(
                    f"The name {quoted(value)} cannot be used in a path: {problem}. Rename the entity, or give the"
                    " structure an illegal_character_substitute."
                )
            return value
        text = unicodedata.normalize("NFC", value).lower().strip()
        kept = "".join(each if _is_plain(each) else substitute for each in text)
        return legal_name(kept, substitute)


def _is_plain(character: str) -> bool:
    """Return whether *character* is a letter, a mark on one, a digit, or one of `_.-`."""
    return character in "_.-" or unicodedata.category(character)[0] in "LMN"
