"""Pure: reading what is already known of entities, references and plain mappings, without ever asking for more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ftrack_orm.query.language.literals import reference
from ftrack_orm.values import NOT_LOADED, Absence, Reference

#: How plain data names the type of an entity (protocol fact).
_ENTITY_TYPE = "__entity_type__"


def read_loaded(holder: Any, name: str) -> Any:
    """Return the value of an attribute as far as it is known, else `NOT_LOADED`.

    *holder* is an entity, of which nothing is loaded for this, a reference, which knows its key, or a mapping.
    """
    if isinstance(holder, Mapping):
        return holder.get(name, NOT_LOADED)
    pointer = reference(holder)
    if pointer is None:
        return NOT_LOADED
    values = {} if isinstance(holder, Reference) else holder.__dict__
    value = values.get(name, NOT_LOADED)
    # An entity's key is known before anything is loaded.
    return dict(pointer.key).get(name, NOT_LOADED) if isinstance(value, Absence) else value


def entity_type_of(holder: Any) -> str | None:
    """Return the name of the type of an entity, a reference or a mapping that says it, None where nothing says it."""
    if isinstance(holder, Mapping):
        found = holder.get(_ENTITY_TYPE)
        return found if isinstance(found, str) else None
    pointer = reference(holder)
    return None if pointer is None else pointer.entity_type


def identifier(value: Any) -> Any:
    """Return the id that a relation is compared by: that of an entity or of a mapping with an `id`; else *value*."""
    pointer = reference(value)
    if pointer is not None:
        return pointer.id
    return value.get("id", NOT_LOADED) if isinstance(value, Mapping) else value


def is_several(value: Any) -> bool:
    """Whether *value* is a collection of things rather than one thing."""
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def items_of(collection: Any, key_name: str | None, value_name: str | None) -> list[Any]:
    """Return the items of a collection; those of a mapping are its pairs, under the names that keys and values have."""
    if isinstance(collection, Mapping):
        names = key_name or "key", value_name or "value"
        return [dict(zip(names, pair, strict=True)) for pair in collection.items()]
    return list(collection)
