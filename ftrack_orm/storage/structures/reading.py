"""Pure: reads resource identifiers back into the values of a template's fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ftrack_orm.errors import StructureError, quoted

from .fields import Part, TemplateField

#: No template forms longer identifiers.
_MAX_CHARACTERS: Final = 4096
_PADDED: Final = re.compile(r"0([0-9]+)d")
#: The ends of names: an expression or a number of frames, and the file type, which has not only digits.
_FILE_TYPE: Final = r"(?P<file_type>(?:\.(?![0-9]+\Z)[^./]+)?)\Z"
_SEQUENCE_END: Final = re.compile(rf"\.(?P<frame>%(?:0[0-9]{{1,2}})?d){_FILE_TYPE}")
_FRAME_END: Final = re.compile(rf"\.(?P<frame>[0-9]{{1,18}}){_FILE_TYPE}")
_FILE_END: Final = re.compile(r"(?<=[^/])(?P<file_type>\.[^./]+)\Z")


class TemplateReader:
    """Reads identifiers that a template has formed.

    Two expressions stand for each template: one whose fields are as short as possible from left to right, one whose
    fields are as long as possible. When both read the same values, there is no other way to read the identifier.
    """

    def __init__(self, template: str, parts: Sequence[Part]) -> None:
        self._template = template
        self._has_file_type = TemplateField.FILE_TYPE in parts
        self._parts = [part for part in parts if part != TemplateField.FILE_TYPE]
        self._fields = list(dict.fromkeys(part for part in self._parts if isinstance(part, TemplateField)))
        self._expressions = [re.compile(self._expression(lazy), re.DOTALL) for lazy in (True, False)]

    def _expression(self, lazy: bool) -> str:
        texts: list[str] = []
        seen: set[TemplateField] = set()
        is_after_parents = False
        for part in self._parts:
            if isinstance(part, str):
                texts.append(re.escape(part.removeprefix("/") if is_after_parents else part))
            elif part in seen:
                texts.append(f"(?P={self._group(part)})")
            else:
                seen.add(part)
                texts.append(self._expression_of(part, self._group(part), lazy))
            is_after_parents = part == TemplateField(("parents",))
        return "".join(texts) + r"\Z"

    def _group(self, field: TemplateField) -> str:
        return f"f{self._fields.index(field)}"

    def _expression_of(self, field: TemplateField, group: str, lazy: bool) -> str:
        more = "?" if lazy else ""
        if field.path == ("parents",):
            return rf"(?:(?P<{group}>[^/]+{more}(?:/[^/]+{more})*{more})/)?{more}"
        padded = _PADDED.fullmatch(field.format)
        if padded or (field.is_number and field.format in ("", "d")):
            width = int(padded[1]) if padded else 1
            choices = [rf"[0-9]{{{width}}}", rf"[1-9][0-9]{{{width},}}{more}"]
            return rf"(?P<{group}>{'|'.join(choices if lazy else reversed(choices))})"
        return rf"(?P<{group}>[^/]+{more})"

    def read(self, resource_identifier: str, *, is_member: bool) -> dict[str, Any]:
        """Return the values by the names of the fields; see `TemplateStructure.parse`."""
        if len(resource_identifier) <= _MAX_CHARACTERS:
            for text, ending in self._without_endings(resource_identifier, is_member):
                readings = [self._values(match) for each in self._expressions if (match := each.match(text))]
                if not readings or None in readings:
                    continue
                if readings[0] != readings[1]:
                    raise self._ambiguous(resource_identifier, readings)
                return {**(readings[0] or {}), **ending}
        raise StructureError(
            f"{quoted(resource_identifier)} does not have the form of the template {quoted(self._template)}.",
            resource_identifier=resource_identifier,
        )

    def _ambiguous(self, resource_identifier: str, readings: Sequence[Any]) -> StructureError:
        return StructureError(
            f"{quoted(resource_identifier)} can be read in more than one way by the template {quoted(self._template)},"
            f" for example as {quoted(readings[0])} and as {quoted(readings[1])}. Separate the fields of the template"
            " by characters that names do not have.",
            resource_identifier=resource_identifier,
        )

    def _without_endings(self, text: str, is_member: bool) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the identifier without frame and file type, and these, the most likely ending first."""
        frame = (_FRAME_END if is_member else _SEQUENCE_END).search(text)
        if frame is not None and (self._has_file_type or not frame["file_type"]):
            number = int(frame["frame"]) if is_member else frame["frame"]
            yield text[: frame.start()], {**self._file_type(frame["file_type"]), "frame": number}
        if is_member:
            return
        file_type = _FILE_END.search(text)
        if file_type is not None and self._has_file_type:
            yield text[: file_type.start()], self._file_type(file_type["file_type"])
        yield text, self._file_type("")

    def _file_type(self, text: str) -> dict[str, Any]:
        return {"file_type": text} if self._has_file_type else {}

    def _values(self, match: re.Match[str]) -> dict[str, Any] | None:
        """Return the values of a match, or None if it contradicts itself or the formats."""
        values: dict[str, Any] = {}
        for field in self._fields:
            value: Any = match[self._group(field)] or ""
            if field.is_number:
                text = value
                try:
                    value = int(text)
                except ValueError:
                    return None
                if format(value, field.format) != text:
                    return None
            if values.setdefault(field.name, value) != value:
                return None
        return values
