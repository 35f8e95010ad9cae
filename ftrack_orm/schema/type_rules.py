"""Pure: the data that the invalidation rules need of one entity type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from .attribute import Kind
from .derived_attributes import DERIVATIONS, Derivation, Reach
from .foreign_keys import is_key
from .model import EntityType
from .relations import Inverse
from .views import views_of

if TYPE_CHECKING:
    from .attribute import Attribute
    from .model import Schema


@attrs.frozen
class TypeRules:
    """The data that the rules need of one entity type.

    *keys* holds the foreign keys with the families of their targets, None for a key to entities of any type.
    *conditions* are the attributes that decide, besides a key, about the membership in a collection (`assignments`).
    """

    entity_type: EntityType
    family: str
    keys: Mapping[str, str | None]
    conditions: frozenset[str]
    derivations: tuple[Derivation, ...]
    views: tuple[str, ...]

    @classmethod
    def of(cls, schema: Schema, entity_type: EntityType) -> TypeRules:
        lineage = {"", entity_type.name, *entity_type.bases, *schema.subtypes[entity_type.name]}
        return cls(
            entity_type,
            entity_type.family,
            {
                attribute.name: _target_family(schema, attribute)
                for attribute in entity_type.attributes.values()
                if is_key(entity_type, attribute)
            },
            _conditions(schema, entity_type),
            tuple(
                each for each in DERIVATIONS if each.source in lineage and (each.family or _applies(each, entity_type))
            ),
            views_of(schema, entity_type.name),
        )


def _target_family(schema: Schema, attribute: Attribute) -> str | None:
    target = (attribute.foreign_key or "").split(".")[0]
    return schema.types[target].family if target in schema.types else None


def _applies(derivation: Derivation, entity_type: EntityType) -> bool:
    return derivation.reach is not Reach.ITSELF or not derivation.names.isdisjoint(entity_type.attributes)


def _conditions(schema: Schema, entity_type: EntityType) -> frozenset[str]:
    names: set[str] = set()
    for owner in schema.types.values():
        for attribute in owner.attributes.values():
            if attribute.kind is Kind.COLLECTION and attribute.target in (entity_type.name, *entity_type.bases):
                stored = schema.membership(owner.name, attribute.name)
                if isinstance(stored, Inverse):
                    names.update(name for name, _ in stored.only)
    return frozenset(names)
