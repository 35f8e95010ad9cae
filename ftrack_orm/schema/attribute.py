"""Pure: one attribute of an entity type, read from the schema's JSON description."""

from __future__ import annotations

import enum
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from .facts import PATH_ATTRIBUTES, TREE_COLLECTIONS


class Kind(enum.Enum):
    """The kind of value of an attribute."""

    SCALAR = "scalar"  # text, number, boolean, date, JSON
    REFERENCE = "reference"  # one related entity
    COLLECTION = "collection"  # any number of related entities
    MAPPING = "mapping"  # a collection read as key and value: metadata, custom_attributes


class ValueType(enum.Enum):
    """The type of a scalar attribute's values."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    DATETIME = "datetime"
    OBJECT = "object"  # a JSON object, such as thumbnail_url
    ANY = "any"  # any JSON value, such as that of a custom attribute


# Bound once: before Python 3.12, reading a member from its enumeration is a call, and every criterion needs one.
_SCALAR, _PLURAL = Kind.SCALAR, (Kind.COLLECTION, Kind.MAPPING)

_VALUE_TYPES = {
    "string": ValueType.TEXT,
    "boolean": ValueType.BOOLEAN,
    "integer": ValueType.INTEGER,
    "number": ValueType.NUMBER,
    "object": ValueType.OBJECT,
    "variable": ValueType.ANY,
}

#: The types of values in words.
_WORDS: Mapping[ValueType | None, str] = {
    ValueType.TEXT: "text",
    ValueType.BOOLEAN: "True or False",
    ValueType.INTEGER: "whole number",
    ValueType.NUMBER: "number",
    ValueType.DATETIME: "datetime",
    ValueType.OBJECT: "JSON object",
}

#: The default of an attribute for which the client generates a uuid4 (PROTOCOL 5.1).
GENERATED_ID = "{uid}"


#: The description of a foreign key starts with this and continues with the attribute it refers to (PROTOCOL 5.1).
_FOREIGN_KEY_PREFIX = "Foreign key(s): "


@attrs.frozen(slots=True, repr=False)
class Attribute:
    """One attribute of an entity type, as the schema describes it."""

    name: str
    kind: Kind
    value_type: ValueType | None = None  # of a scalar
    target: str | None = None  # the related entity type, for all kinds but scalars
    default: Any = None
    alias: str | None = None  # the server's internal name, as events and system projections use it
    enumeration: tuple[str, ...] = ()
    key_name: str | None = None  # of a mapping: the attribute of the target with the key
    value_name: str | None = None  # of a mapping: the attribute of the target with the value
    foreign_key: str | None = None  # the attribute that the value refers to, such as "Status.id"
    immutable: bool = False  # settable only while the entity is new
    computed: bool = False  # derived by the server, never settable
    required: bool = False
    restricted: bool = False  # usable in criteria, never projected
    translates_type: bool = False  # stored as a table name, returned as an entity type name

    def __repr__(self) -> str:
        return f"<Attribute {self.name}: {self.value_in_words}>"

    @property
    def value_in_words(self) -> str:
        """The kind of value: `text`, or the target of a relation, as in `-> Status`."""
        if self.kind is _SCALAR:
            return " or ".join(map(repr, self.enumeration)) or _WORDS.get(self.value_type, "JSON value")
        several = "several " if self.kind is Kind.COLLECTION else ""
        return f"-> {several}{self.target}" if self.key_name is None else f"-> {self.target} by {self.key_name}"

    @property
    def settable(self) -> str:
        """When the attribute can be set: `always`, `on creation only` or `never`."""
        return "never" if self.is_derived else "on creation only" if self.immutable else "always"

    @property
    def is_derived(self) -> bool:
        """Whether the server derives the value: the schema says computed, or it is one of the collections of a tree."""
        return self.computed or self.name in TREE_COLLECTIONS

    @property
    def is_relation(self) -> bool:
        """Whether the attribute relates its entity to others."""
        return self.kind is not _SCALAR

    @property
    def is_plural(self) -> bool:
        """Whether the attribute relates its entity to any number of others."""
        return self.kind in _PLURAL

    @property
    def has_generated_default(self) -> bool:
        """Whether the client generates a uuid4 for a new entity."""
        return bool(self.default == GENERATED_ID)


def read_attribute(
    name: str,
    details: Mapping[str, Any],
    *,
    immutable: bool,
    computed: bool,
    required: bool,
    shadowed_classes: Mapping[str, str] = MappingProxyType({}),
) -> Attribute:
    """Return the attribute that one property of a type's JSON description stands for.

    The type lists its *immutable*, *computed* and *required* attributes separately. Targets in *shadowed_classes* are
    replaced (`inheritance.shadowed_classes`). A kind of value that this library does not know is read as
    `ValueType.ANY`.
    """
    kind, value_type, target = _kind(name, details)
    if target is not None:
        target = shadowed_classes.get(target, target)
    key_and_value = details.get("key_value_attributes") or {}
    description = str(details.get("description") or "")
    foreign_key = None
    if description.startswith(_FOREIGN_KEY_PREFIX):
        referred, dot, key = description.removeprefix(_FOREIGN_KEY_PREFIX).partition(".")
        foreign_key = f"{shadowed_classes.get(referred, referred)}{dot}{key}"
    return Attribute(
        # Interned, since entities keep their values under it; names from JSON are not.
        name=sys.intern(name),
        kind=kind,
        value_type=value_type,
        target=target,
        default=details.get("default"),
        alias=details.get("alias_for"),
        enumeration=tuple(details.get("enum") or ()),
        key_name=key_and_value.get("key"),
        value_name=key_and_value.get("value"),
        foreign_key=foreign_key,
        immutable=immutable,
        computed=computed or name in PATH_ATTRIBUTES,
        required=required,
        restricted=bool(details.get("restricted_projection")),
        translates_type="transform" in details,
    )


def _kind(name: str, details: Mapping[str, Any]) -> tuple[Kind, ValueType | None, str | None]:
    declared = details.get("type")
    if declared in ("array", "mapped_array"):
        target = (details.get("items") or {}).get("$ref")
        if target is None:
            return Kind.SCALAR, ValueType.ANY, None  # a list of plain values
        if details.get("key_value_attributes"):
            return Kind.MAPPING, None, target
        return Kind.COLLECTION, None, target
    # A few foreign keys have both a type and a $ref (DashboardResource). They hold ids, so they are scalars.
    if "$ref" in details and declared is None:
        return Kind.REFERENCE, None, details["$ref"]
    if name in PATH_ATTRIBUTES:
        return Kind.SCALAR, ValueType.ANY, None
    if details.get("format") == "date-time":
        return Kind.SCALAR, ValueType.DATETIME, None
    # User.user_type_id is described without a type; like every foreign key it is text.
    known = isinstance(declared, str) or declared is None
    return Kind.SCALAR, _VALUE_TYPES.get(declared or "string", ValueType.ANY) if known else ValueType.ANY, None
