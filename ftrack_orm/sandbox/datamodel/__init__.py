"""Edge: loads the embedded server's own description of ftrack's data model from the `.model` files of this package.

`notation` parses the texts, `assembly` combines their sections into entity types, `schema_json` describes those as a
server does.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources
from typing import Any

import attrs

from ftrack_orm.schema.relations import RelationKeys

from .assembly import TypeDescription, assemble
from .notation import NotationError, Section, parse
from .schema_json import describe_types

__all__ = ["DataModel", "NotationError", "TypeDescription", "load", "read", "texts"]


@attrs.frozen
class DataModel:
    """The entity types of an ftrack server, their description in JSON, and the keys of their relations."""

    types: Mapping[str, TypeDescription]
    schemas: list[dict[str, Any]]  # the reply to `query_schemas`; shared by all callers, so it must not be changed
    relations: RelationKeys


def read(texts: Mapping[str, str]) -> DataModel:
    """Parse a data model from texts in the notation; the names of the texts appear in errors.

    Raises `NotationError`, which names the text and the line.
    """
    sections: list[Section] = []
    for source, text in texts.items():
        sections += parse(text, source)
    types = assemble(sections)
    relations = {
        (name, attribute): key for name, described in types.items() for attribute, key in described.relations.items()
    }
    return DataModel(types, describe_types(types), relations)


def texts() -> dict[str, str]:
    """Return the project's description of ftrack's data model as text by file name.

    A data model with more types is `read(texts() | {"mine": "type Prop is TypedContext ..."})`.
    """
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith(".model"))
    return {file.name: file.read_text("utf-8") for file in sorted(files, key=lambda file: file.name)}


@functools.cache
def load() -> DataModel:
    """Return ftrack's data model: all entity types of a fresh ftrack server. It is parsed once a process."""
    return read(texts())
