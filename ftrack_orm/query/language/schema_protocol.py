"""Pure: what queries ask of a schema, so that they can be checked without depending on how a schema is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import enum


class AttributeInfo(Protocol):
    """One attribute: whether it leads to other entities, to which, or which values it holds."""

    @property
    def name(self) -> str:
        """The attribute's name."""

    @property
    def is_relation(self) -> bool:
        """Whether it leads to other entities."""

    @property
    def is_plural(self) -> bool:
        """Whether it leads to any number of entities."""

    @property
    def target(self) -> str | None:
        """The entity type it leads to."""

    @property
    def value_type(self) -> enum.Enum | None:
        """Of a scalar: an enumeration member valued text, boolean, integer, number, datetime, object or any."""

    @property
    def key_name(self) -> str | None:
        """Of a mapped collection: the target's attribute that is the key."""

    @property
    def value_name(self) -> str | None:
        """Of a mapped collection: the target's attribute that is the value."""

    @property
    def restricted(self) -> bool:
        """Whether it may be used in criteria only, never selected."""


class TypeInfo(Protocol):
    """One entity type with its attributes by name."""

    @property
    def name(self) -> str:
        """The entity type's name."""

    @property
    def attributes(self) -> Mapping[str, AttributeInfo]:
        """The attributes the type has, its bases' included."""

    def attribute(self, name: str) -> AttributeInfo:
        """Return the attribute called *name*, or raise `UnknownAttribute` with near names."""


class SchemaInfo(Protocol):
    """All entity types that queries can speak of."""

    def type(self, name: str) -> TypeInfo:
        """Return the entity type called *name*, or raise `UnknownEntityType` with near names."""

    def is_a(self, name: str, base: str) -> bool:
        """Whether the type *name* is *base* or stands below it in its family."""

    def related(self, name: str, base: str) -> bool:
        """Whether one of the two types is the other or stands below it."""

    def concrete(self, name: str) -> tuple[str, ...]:
        """Return *name* and every type below it."""
