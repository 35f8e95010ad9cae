"""Pure: reads loaded values of entities, references and mappings, without loading anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ftrack_orm.query.language.literals import as_reference
from ftrack_orm.values import NOT_LOADED, Absence, Reference

#: The key of the entity type in a mapping that represents an entity (protocol fact).
_ENTITY_TYPE = "__entity_type__"


def read_loaded(holder: Any, name: str) -> Any:
    """Return the value of an attribute if it is loaded, otherwise `NOT_LOADED`.

    *holder* is an entity, a reference, which has the values of its primary key only, or a mapping.
    """
    if isinstance(holder, Mapping):
        return holder.get(name, NOT_LOADED)
    reference = as_reference(holder)
    if reference is None:
        return NOT_LOADED
    values = {} if isinstance(holder, Reference) else holder.__dict__
    value = values.get(name, NOT_LOADED)
    # The primary key of an entity is known before any attribute is loaded.
    return dict(reference.key).get(name, NOT_LOADED) if isinstance(value, Absence) else value


def entity_type_of(holder: Any) -> str | None:
    """Return the entity type of an entity, a reference or a mapping; None for a mapping that does not contain it."""
    if isinstance(holder, Mapping):
        entity_type = holder.get(_ENTITY_TYPE)
        return entity_type if isinstance(entity_type, str) else None
    reference = as_reference(holder)
    return None if reference is None else reference.entity_type


def identifier(value: Any) -> Any:
    """Return the id of an entity or of a mapping with an `id`, by which relations are compared; otherwise *value*."""
    reference = as_reference(value)
    if reference is not None:
        return reference.id
    return value.get("id", NOT_LOADED) if isinstance(value, Mapping) else value


def is_sequence(value: Any) -> bool:
    """Return whether *value* is a collection of items rather than a text, a mapping or an entity."""
    if isinstance(value, (str, bytes, Mapping)) or hasattr(type(value), "__reference__"):
        return False
    return isinstance(value, Iterable)


def items_of(collection: Any, key_name: str | None, value_name: str | None) -> list[Any]:
    """Return the items of a collection; for a mapping, dicts of its keys and values by *key_name* and *value_name*."""
    if isinstance(collection, Mapping):
        names = key_name or "key", value_name or "value"
        return [dict(zip(names, pair, strict=True)) for pair in collection.items()]
    return list(collection)
