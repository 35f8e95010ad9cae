"""Pure: the protocol of a schema, by which queries are checked without importing the schema package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import enum

    from ftrack_orm.values import Reference


class AttributeInfo(Protocol):
    """One attribute of an entity type: a relation to other entities, or a value."""

    @property
    def is_relation(self) -> bool:
        """Whether the attribute is a relation to other entities."""

    @property
    def is_plural(self) -> bool:
        """Whether the attribute is a collection of entities."""

    @property
    def target(self) -> str | None:
        """The entity type of the related entities, None for a value."""

    @property
    def value_type(self) -> enum.Enum | None:
        """The type of a value: a member whose value is text, boolean, integer, number, datetime, object or any."""

    @property
    def key_name(self) -> str | None:
        """The attribute of the related entities that is the key of a mapped collection, None for other attributes."""

    @property
    def value_name(self) -> str | None:
        """The attribute of the related entities that is the value of a mapped collection, None for other attributes."""

    @property
    def restricted(self) -> bool:
        """Whether the server allows the attribute in criteria only, not in projections."""


class Referable(Protocol):
    """An entity, a snapshot, or anything else that stands for an entity."""

    def __reference__(self) -> Reference:
        """Return the type and the primary key of the entity."""


class TypeInfo(Protocol):
    """One entity type and its attributes by name."""

    @property
    def name(self) -> str:
        """The name of the entity type."""

    @property
    def attributes(self) -> Mapping[str, AttributeInfo]:
        """The attributes of the type and its bases, by name."""


class SchemaInfo(Protocol):
    """The entity types that queries may name, and their inheritance."""

    def type(self, name: str) -> TypeInfo:
        """Return the entity type called *name*, or raise `UnknownEntityType` with near names."""

    def is_a(self, name: str, base: str) -> bool:
        """Return whether the type *name* is *base* or inherits from it."""

    def related(self, name: str, base: str) -> bool:
        """Return whether the two types are the same or one inherits from the other."""

    def concrete(self, name: str) -> tuple[str, ...]:
        """Return *name* and every type that inherits from it."""
