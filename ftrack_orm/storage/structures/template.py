"""Pure: the structure by a template, which also reads resource identifiers back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm.errors import StructureError, quoted
from ftrack_orm.storage.identifiers import legal_name

from .base import component_projections, sequence_expression_of
from .fields import TemplateField, parse_template
from .identifier_parts import ComponentStructure, IdentifierParts
from .publishing import PublicationContext, publication_of, version_projections
from .reading import TemplateReader

#: The words that a field may begin with, and the paths from the version to what they stand for.
_ENTITIES: dict[str, str] = {
    "project": "asset.parent[TypedContext].project",
    "parent": "asset.parent",
    "asset": "asset",
    "version": "",
    "task": "task",
    "user": "user",
}


class TemplateStructure(ComponentStructure):
    """Places components by a template with fields, and reads what an identifier names.

        TemplateStructure("{project.name}/{parents}/{asset.name}/v{version:03d}/{name}{file_type}")

    A field is a path of attributes that begins with `project`, `parent` (the context of the asset), `asset`,
    `version`, `task` or `user`, or an attribute of the component: `name`, `file_type`, `id`. `{version}` alone is the
    number of the version, and `{parents}` the names of all contexts between project and asset, each of them a folder.
    Numbers and dates take a format, as Python has it. `{file_type}`, with its dot, may stand at the end only.

    Values become names that every file system accepts: `/` and others that some refuse become
    *illegal_character_substitute*, letters of all languages stay. The number of a frame, or `%04d` for a sequence, is
    inserted before the file type, and members of a container lie in a folder with its name.

    Raises `InvalidValue` for a template that cannot be read.
    """

    def __init__(self, template: str, *, illegal_character_substitute: str = "_") -> None:
        self.template = template
        self.illegal_character_substitute = illegal_character_substitute
        self._parts = parse_template(template, ("version", "parents", "name", "file_type", "id"), _ENTITIES)
        self._fields = [part for part in self._parts if isinstance(part, TemplateField)]
        self._reader = TemplateReader(template, self._parts)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.template!r})"

    def projections(self, entity_type: str) -> str:
        paths = [
            ".".join(filter(None, (_ENTITIES[field.path[0]], *_path_below(field))))
            for field in self._fields
            if field.path[0] in _ENTITIES
        ]
        return ", ".join([*component_projections(entity_type), *version_projections(filter(None, paths))])

    def parts_of(self, component: Any, entity_type: str) -> IdentifierParts:
        publication = publication_of(component) if any(each.is_about_version for each in self._fields) else None
        texts = [
            part if isinstance(part, str) else self._text(part, component, publication)
            for part in self._parts
            if part != TemplateField.FILE_TYPE
        ]
        stem = "/".join(map(self._legal, filter(None, "".join(texts).split("/"))))
        has_file_type = TemplateField.FILE_TYPE in self._parts and entity_type != "ContainerComponent"
        return self._named(stem, component, entity_type, has_file_type)

    def parts_in(self, container: IdentifierParts, component: Any, entity_type: str) -> IdentifierParts:
        return self._named(f"{container.identifier}/{self._legal(component.name)}", component, entity_type, True)

    def frame_number(self, component: Any) -> str:
        return self._legal(component.name)

    def _named(self, stem: str, component: Any, entity_type: str, has_file_type: bool) -> IdentifierParts:
        if entity_type == "ContainerComponent":
            return IdentifierParts(stem)
        file_type = self._legal(component.file_type) if has_file_type and component.file_type else ""
        if entity_type == "SequenceComponent":
            return IdentifierParts(stem, f".{sequence_expression_of(component)}", file_type)
        return IdentifierParts(stem, file_type=file_type)

    def _text(self, field: TemplateField, component: Any, publication: PublicationContext | None) -> str:
        if field.path == ("parents",) and publication is not None:
            return "/".join(map(self._legal, publication.parents))
        value = component if publication is None or not field.is_about_version else publication
        names = ("version", "version") if field.path == ("version",) else field.path
        if isinstance(value, PublicationContext) and names[0] in ("task", "user"):
            value = value.version
        for name in names:
            value = value.get(name) if isinstance(value, Mapping) else getattr(value, name)
            if value is None:
                raise StructureError(
                    f"{component!r} has no value for {{{field.name}}} in the template {quoted(self.template)}. Set"
                    f" {field.name}, or leave the field out."
                )
        try:
            return self._legal(format(value, field.format))
        except (TypeError, ValueError) as error:
            raise StructureError(
                f"The value {quoted(value)} of {field.name} does not fit the format {field.format!r} in the template"
                f" {quoted(self.template)}: {error}."
            ) from error

    def _legal(self, text: str) -> str:
        return legal_name(text, self.illegal_character_substitute)

    def parse(self, resource_identifier: str, *, is_member: bool = False) -> dict[str, Any]:
        """Return what the identifier names, by the fields of the template: `{"project.name": "demo", "version": 3}`.

        Numbers are `int`, everything else is the text in the identifier. `frame` is the expression of a sequence,
        `%04d`, or with *is_member* the number of a file in one. Raises `StructureError` when the identifier does not
        have the form of the template, or could be read in more than one way.
        """
        return self._reader.read(resource_identifier, is_member=is_member)


def _path_below(field: TemplateField) -> tuple[str, ...]:
    """Return the path to load below the entity of a field; mappings are loaded as a whole."""
    if field.path == ("version",):
        return field.path
    names = field.path[1:]
    ends = [index + 1 for index, name in enumerate(names) if name in ("custom_attributes", "metadata")]
    return names[: ends[0]] if ends else names
