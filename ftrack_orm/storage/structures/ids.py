"""Pure: structures by ids, which need no names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm.storage.identifiers import legal_name

from .base import Structure, component_projections, sequence_expression_of
from .identifier_parts import ComponentStructure, IdentifierParts

#: The first characters of an id that name a folder each, so that no folder has millions of entries.
_FOLDERS = 4


class IdStructure(ComponentStructure):
    """Places components by their ids: `1/2/3/4/56789.exr`, below a *prefix*, as the official client does.

    Files of a sequence are named by their number, `1/2/3/4/56789/file.0001.exr`, and members of a container by their
    ids.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix.strip("/")

    def projections(self, entity_type: str) -> str:
        return ", ".join(component_projections(entity_type))

    def parts_of(self, component: Any, entity_type: str) -> IdentifierParts:
        first, rest = component.id[:_FOLDERS], component.id[_FOLDERS:]
        return _named("/".join(filter(None, (self.prefix, *first, rest))), component, entity_type)

    def parts_in(self, container: IdentifierParts, component: Any, entity_type: str) -> IdentifierParts:
        return _named(f"{container.identifier}/{component.id}", component, entity_type)


def _named(stem: str, component: Any, entity_type: str) -> IdentifierParts:
    if entity_type == "ContainerComponent":
        return IdentifierParts(stem)
    file_type = _legal_file_type(component)
    if entity_type == "SequenceComponent":
        return IdentifierParts(f"{stem}/file", f".{sequence_expression_of(component)}", file_type)
    return IdentifierParts(stem, file_type=file_type)


def _legal_file_type(component: Any) -> str:
    return legal_name(component.file_type) if component.file_type else ""


class EntityIdStructure(Structure):
    """Uses the id of the entity, as the server's storage does."""

    def projections(self, entity_type: str) -> str:
        return "id"

    def get_resource_identifier(self, component: Any, context: Mapping[str, Any] | None = None) -> str:
        return str(component.id)
