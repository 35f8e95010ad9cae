"""Pure: the attributes that deleted entities can be created with again, and the entities that cannot be."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.entities.reading.projections import stored_scalars
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.derived_attributes import derived_names
from ftrack_orm.schema.facts import (
    CONFIGURATION_ID,
    CUSTOM_ATTRIBUTE_LINK,
    CUSTOM_ATTRIBUTE_LINK_FROM,
    CUSTOM_ATTRIBUTE_VALUE,
    EVENT,
    STATUS_CHANGE,
)
from ftrack_orm.schema.relations import referring_keys
from ftrack_orm.values import Reference
from ftrack_orm.wire.codec import ENTITY_TYPE

if TYPE_CHECKING:
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.schema.model import EntityType, Schema

    from .planning import Target

#: Families whose entities the server writes by itself, as records of changes. Clients do not create them.
RECORDS: Final = frozenset({EVENT, "Feed", STATUS_CHANGE})

#: References whose keys are no attributes (PROTOCOL 5.3).
_HIDDEN_REFERENCES: Final = frozenset({("Status", "state")})

#: Values that follow from other entities in general, but which are stored with the entity and can be set with it
#: (PROTOCOL 8.1: the category of a note; the others are columns of the entity).
_STORED_ALL_THE_SAME: Final = frozenset({"category_id", "thread_activity", "thumbnail_id"})


@functools.lru_cache(maxsize=1024)
def restorable_scalars(entity_type: EntityType) -> tuple[str, ...]:
    """Return the scalars that a new entity of a type can be created with, its primary key included."""
    left_out = {*(_derived(entity_type) - _STORED_ALL_THE_SAME), *entity_type.classifiers, "context_type"}
    left_out -= {*entity_type.primary_key}
    return tuple(
        name for name in dict.fromkeys((*entity_type.primary_key, *stored_scalars(entity_type))) if name not in left_out
    )


def _derived(entity_type: EntityType) -> frozenset[str]:
    """Return the attributes of a type that the server derives; the key of a custom attribute is that of its values."""
    names = derived_names(entity_type.family)
    return names if CONFIGURATION_ID in entity_type.primary_key else names - {"key"}


def restorable_relations(schema: Schema, entity_type: EntityType) -> tuple[str, ...]:
    """Return the relations that an entity of a type is created with: those that no scalar and no other row stores."""
    return tuple(
        attribute.name
        for attribute in entity_type.attributes.values()
        if (entity_type.name, attribute.name) in _HIDDEN_REFERENCES or is_stored_as_list(schema, entity_type, attribute)
    )


def is_stored_as_list(schema: Schema, entity_type: EntityType, attribute: Attribute) -> bool:
    """Whether an attribute is a collection that is stored with its owner, and in no rows of a type of their own."""
    return (
        attribute.kind is Kind.COLLECTION
        and not attribute.computed
        and not attribute.restricted
        and str(attribute.target) in schema.types
        and len(schema.types[str(attribute.target)].primary_key) == 1
        and attribute.name not in _derived(entity_type)
        and schema.membership(entity_type.name, attribute.name) is None
        and not referring_keys(schema, entity_type, attribute)
    )


def lists_of(schema: Schema, family: str) -> Iterator[tuple[EntityType, str]]:
    """Yield the collections stored with their owners that may contain entities of *family*, with their first owner."""
    for entity_type in schema.types.values():
        for attribute in entity_type.attributes.values():
            target = schema.types.get(str(attribute.target))
            if target is None or target.family != family or not is_stored_as_list(schema, entity_type, attribute):
                continue
            if not any(attribute.name in schema.types[base].attributes for base in entity_type.bases):
                yield entity_type, attribute.name


@functools.lru_cache(maxsize=1024)
def comparable_scalars(entity_type: EntityType) -> tuple[str, ...]:
    """Return the scalars of an entity that change only when a client sets them."""
    derived = _derived(entity_type)
    return tuple(name for name in restorable_scalars(entity_type) if name not in derived)


def identity_of(schema: Schema, entity_type: str, key: tuple[str, ...]) -> Target:
    """Return what identifies a row: the family and the primary key, with one family for all views of the same rows."""
    if entity_type.endswith(CUSTOM_ATTRIBUTE_VALUE):
        return CUSTOM_ATTRIBUTE_VALUE, key
    family = schema.type(entity_type).family
    return CUSTOM_ATTRIBUTE_LINK if family == CUSTOM_ATTRIBUTE_LINK_FROM else family, key


def as_sent(schema: Schema, value: Any) -> Any:
    """Return a value that was read in the form in which it is sent: rows of entities as references."""
    if isinstance(value, Mapping) and value.get(ENTITY_TYPE) in schema.types:
        kind = schema.types[value[ENTITY_TYPE]]
        return Reference(kind.name, tuple((name, str(value.get(name))) for name in kind.primary_key))
    return [as_sent(schema, item) for item in value] if isinstance(value, list) else value
