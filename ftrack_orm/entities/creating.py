"""Pure: what a new entity has before the server has seen it: its key and the schema's defaults."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidValue, ReadOnlyAttribute
from ..schema.model import EntityType
from .entity import Entity


def key_of_new(schema: EntityType, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the primary key a new entity will have, from its values or those of the references that hold it."""
    key = []
    for name in schema.primary_key:
        value = values.get(name)
        if value is None:
            for reference in schema.keyed_references.get(name, ()):
                if isinstance(related := values.get(reference), Entity):
                    value = related._ftrack_state.key[0]
        if value is None and len(schema.primary_key) == 1:
            raise ReadOnlyAttribute(
                f"{schema.name} entities cannot be created: the server makes their {name} itself.",
                entity_type=schema.name,
                attribute=name,
            )
        if value is None:
            raise InvalidValue(
                f"A new {schema.name} needs {name}, which is part of its key.",
                entity_type=schema.name,
                attribute=name,
            )
        key.append(str(value))
    return tuple(key)


def defaults(schema: EntityType, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema's defaults for what was not given, except where a given reference decides (protocol fact)."""
    found: dict[str, Any] = {}
    for attribute in schema.attributes.values():
        if attribute.default is None or attribute.name in given or attribute.computed:
            continue
        if any(reference in given for reference in schema.keyed_references.get(attribute.name, ())):
            continue
        found[attribute.name] = str(uuid.uuid4()) if attribute.has_generated_default else attribute.default
    return found
