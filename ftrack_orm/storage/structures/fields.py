"""Pure: the text and the fields of a template."""

from __future__ import annotations

import string
from collections.abc import Collection
from typing import ClassVar, TypeAlias, Union

import attrs

from ftrack_orm.errors import InvalidValue, quoted, suggestion
from ftrack_orm.storage.identifiers import legal_name

#: Attributes of the component itself; all other fields begin at its version.
_OWN = ("name", "file_type", "id")


@attrs.frozen
class TemplateField:
    """A field of a template: the path of attributes, and a format as Python has it."""

    path: tuple[str, ...]
    format: str = ""

    FILE_TYPE: ClassVar[TemplateField]

    @property
    def name(self) -> str:
        """The path as it stands in the template."""
        return ".".join(self.path)

    @property
    def is_about_version(self) -> bool:
        """Whether the value is one of the version, or of entities that are reached over it."""
        return self.path[0] not in _OWN

    @property
    def is_number(self) -> bool:
        """Whether the value is a whole number."""
        return self.format.endswith("d") or self.path == ("version",)


TemplateField.FILE_TYPE = TemplateField(("file_type",))

#: The parts of a template: literal text, and fields.
Part: TypeAlias = Union[str, TemplateField]


def parse_template(template: str, words: Collection[str], entities: Collection[str]) -> list[Part]:
    """Return the parts of *template*, whose fields are one of *words*, or begin with one of *entities*.

    Raises `InvalidValue` that says what is wrong with it.
    """
    try:
        parsed = list(string.Formatter().parse(template))
    except (ValueError, TypeError) as error:
        raise _invalid(template, str(error)) from error
    parts: list[Part] = []
    for literal, name, format_, conversion in parsed:
        if literal:
            _check_literal(template, literal)
            parts.append(literal)
        if name is None:
            continue
        path = tuple(name.split("."))
        if path[0] not in (*words, *entities):
            known = suggestion(path[0], (*words, *entities))
            raise _invalid(template, f"it has the unknown field {{{name}}}.{known}")
        if len(path) == 1 and path[0] not in words:
            raise _invalid(template, f"the field {{{name}}} is an entity. Name an attribute, as {{{name}.name}}")
        if conversion or not all(each.isidentifier() for each in path):
            raise _invalid(template, f"the field {{{name}}} is no path of attributes")
        parts.append(TemplateField(path, format_ or ""))
    _check_parts(template, parts)
    return parts


def _check_literal(template: str, literal: str) -> None:
    for name in literal.split("/"):
        if name != legal_name(f"a{name}a")[1:-1]:
            raise _invalid(template, f"the text {literal!r} has characters that some file systems refuse in names")


def _check_parts(template: str, parts: list[Part]) -> None:
    text = "".join(part if isinstance(part, str) else "x" for part in parts)
    if not text or text.startswith("/") or any(each in ("", ".", "..") for each in text.split("/")):
        raise _invalid(template, "it has to be a relative path without '.', '..' and empty names")
    if TemplateField.FILE_TYPE in parts[:-1] or any(
        each != TemplateField.FILE_TYPE for each in parts if _is_file_type(each)
    ):
        raise _invalid(template, "{file_type} may stand at the end only, and without a format")
    fields = {part for part in parts if isinstance(part, TemplateField)}
    if twice := [
        field.name for field in fields if len({each.format for each in fields if each.path == field.path}) > 1
    ]:
        raise _invalid(template, f"the field {{{twice[0]}}} stands in it with different formats")
    for index, part in enumerate(parts):
        if isinstance(part, TemplateField) and part.path[0] == "parents":
            before, after = "".join(map(_shape, parts[:index])), "".join(map(_shape, parts[index + 1 :]))
            if part != TemplateField(("parents",)) or (before and before[-1] != "/") or not after.startswith("/"):
                raise _invalid(template, "{parents} has to stand between two '/', and without a format")


def _shape(part: Part) -> str:
    return part if isinstance(part, str) else "x"


def _is_file_type(part: Part) -> bool:
    return isinstance(part, TemplateField) and part.path[0] == "file_type"


def _invalid(template: str, reason: str) -> InvalidValue:
    end = "" if reason.endswith(("?", ".")) else "."
    return InvalidValue(f"The template {quoted(template)} cannot be used: {reason}{end}")
