"""Pure: the content of a studio package's `schema.json`, from which its annotations and its classes are derived.

The same content gives the same text, in whatever order a server has sent it: types are sorted by name, names
alphabetically, and configurations by their keys. The hash is that of all else in the file.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from ftrack_orm.entities.custom_attributes.configuration import Configuration
from ftrack_orm.errors import ProtocolError, quoted
from ftrack_orm.schema.model import Schema
from ftrack_orm.schema.response_checks import check_schema_response

#: The version of the file's format.
FORMAT = 1

#: The lists in the description of a type whose order means nothing.
_UNORDERED = ("computed", "default_projections", "immutable", "required", "system_projections")

_CONFIGURATION_FIELDS = tuple(field.name for field in attrs.fields(Configuration) if field.name != "default")


@attrs.frozen
class ProjectSchemaNames:
    """The names that one project schema allows, by entity type: `statuses["Task"]`, `types["Task"]`."""

    statuses: Mapping[str, Sequence[str]] = attrs.field(factory=dict)
    types: Mapping[str, Sequence[str]] = attrs.field(factory=dict)


@attrs.frozen
class Names:
    """The names that entities of a server have: those that all projects share, and by the name of project schemas."""

    statuses: Sequence[str] = ()
    types: Sequence[str] = ()
    priorities: Sequence[str] = ()
    object_types: Sequence[str] = ()
    project_schemas: Mapping[str, ProjectSchemaNames] = attrs.field(factory=dict)


@attrs.frozen(eq=False, slots=False)  # for the cached properties
class SchemaContent:
    """The entity types of a server, the configurations of its custom attributes, and its names.

    *answer* has the descriptions of the types as the server sends them, sorted by their names. A package that was
    written from a file with types alone has neither configurations nor names.
    """

    answer: list[dict[str, Any]]
    configurations: Sequence[Configuration] = ()
    names: Names = attrs.field(factory=Names)

    @classmethod
    def of(
        cls,
        answer: Iterable[Mapping[str, Any]],
        configurations: Iterable[Configuration] = (),
        names: Names | None = None,
    ) -> SchemaContent:
        """Return the content in its one order. Raises `ProtocolError` when *answer* is not of the known shape."""
        known = names or Names()
        return cls(
            in_order(answer),
            sorted(configurations, key=lambda each: (each.key, each.entity_type, each.id)),
            Names(
                _sorted(known.statuses),
                _sorted(known.types),
                _sorted(known.priorities),
                _sorted(known.object_types),
                {
                    name: ProjectSchemaNames(_by_type(each.statuses), _by_type(each.types))
                    for name, each in sorted(known.project_schemas.items())
                },
            ),
        )

    @functools.cached_property
    def schema(self) -> Schema:
        """The entity types as values."""
        return Schema.from_response(self.answer)

    @functools.cached_property
    def hash(self) -> str:
        """The SHA-256 of the content as JSON, which the file states and the annotations quote."""
        return hashlib.sha256(json.dumps(self._as_json(), sort_keys=True).encode("ascii")).hexdigest()

    def to_text(self) -> str:
        """Return the text of the file, which ends with a line feed."""
        return json.dumps({"format": FORMAT, "hash": self.hash, **self._as_json()}, sort_keys=True, indent=1) + "\n"

    @classmethod
    def from_json(cls, document: Any) -> SchemaContent:
        """Return the content of a file's JSON: that of `to_text`, or a list of types as `query_schemas` answers it.

        Raises `ProtocolError` for JSON of another shape.
        """
        if isinstance(document, list):
            return cls.of(document)
        try:
            if document["format"] != FORMAT:
                raise ProtocolError(
                    f"The file has the format {quoted(document['format'])}; this version of ftrack_orm reads {FORMAT}. "
                    "Write it again with ftrack-orm stubs."
                )
            return cls.of(
                document["schemas"],
                [_read_configuration(each) for each in document.get("configurations", ())],
                _read_names(document.get("names", {})),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            message = f"The file does not describe a schema: {type(error).__name__} {quoted(str(error))}."
            raise ProtocolError(message, excerpt=quoted(document)) from error

    def _as_json(self) -> dict[str, Any]:
        return {
            "schemas": self.answer,
            "configurations": [
                {name: getattr(each, name) for name in _CONFIGURATION_FIELDS} for each in self.configurations
            ],
            "names": attrs.asdict(self.names),
        }


def in_order(answer: Any) -> list[dict[str, Any]]:
    """Return the answer of `query_schemas` with types and sets of names sorted: equal for equal schemas.

    Raises `ProtocolError` for an answer of another shape.
    """
    check_schema_response(answer)
    return [
        {**each, **{name: sorted(each[name]) for name in _UNORDERED if each.get(name)}}
        for each in sorted(answer, key=lambda each: str(each["id"]))
    ]


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(set(names))


def _by_type(names: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {entity_type: _sorted(each) for entity_type, each in sorted(names.items())}


def _read_configuration(row: Mapping[str, Any]) -> Configuration:
    return Configuration(**{**{name: row[name] for name in _CONFIGURATION_FIELDS}, "options": tuple(row["options"])})


def _read_names(document: Mapping[str, Any]) -> Names:
    project_schemas = document.get("project_schemas", {})
    lists: dict[str, Any] = {name: names for name, names in document.items() if name != "project_schemas"}
    for each in (lists, *project_schemas.values()):
        _check_names(each)
    return Names(**lists, project_schemas={name: ProjectSchemaNames(**each) for name, each in project_schemas.items()})


def _check_names(lists: Any) -> None:
    """Raise `TypeError` unless *lists*, at any depth, ends in lists of text."""
    for names in lists.values():
        if isinstance(names, Mapping):
            _check_names(names)
        elif not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"a list of names was expected, not {quoted(names)}")
