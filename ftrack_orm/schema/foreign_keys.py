"""Pure: the attributes whose values are ids of other entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .facts import POLYMORPHIC_KEYS

if TYPE_CHECKING:
    from .attribute import Attribute
    from .model import EntityType


def is_key(entity_type: EntityType, attribute: Attribute) -> bool:
    """Whether the values of an attribute are ids of other entities."""
    if attribute.is_relation:
        return False
    if attribute.foreign_key is not None:
        return (attribute.name,) != entity_type.primary_key
    return attribute.name in POLYMORPHIC_KEYS
