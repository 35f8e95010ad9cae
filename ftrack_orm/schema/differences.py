"""Pure: the differences between two schemas, such as those of a server before and after an upgrade.

A difference is stated in the words of users: the value of an attribute, whether it can be set, whether it is required.
Descriptions that are read as the same but differ in their JSON are reported too, so that schemas without a difference
are equal. The order of types and attributes has no meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, Union

import attrs

from .attribute import Attribute
from .required import required_values

if TYPE_CHECKING:
    from .model import EntityType, Schema

Change = Literal["added", "removed", "changed"]

#: The keys of a type's JSON that are lists without an order.
_UNORDERED: Final = frozenset(
    {"required", "immutable", "computed", "default_projections", "system_projections", "primary_key"}
)
#: The keys of a type's JSON that are compared in other ways.
_COMPARED: Final = frozenset({"id", "properties", "required", "immutable", "computed"})
#: The ways in which an attribute can be set, from the fewest to the most.
_SETTABLE: Final = ("never", "on creation only", "always")


@attrs.frozen
class Detail:
    """One detail that differs, such as the value of an attribute or the key of a type.

    It is *breaking* if a program that worked with the old schema can fail with the new one.
    """

    name: str
    old: Any
    new: Any
    breaking: bool = False


@attrs.frozen
class AttributeDifference:
    """An attribute that was added, removed or changed. *old* and *new* are None where it does not exist."""

    name: str
    change: Change
    old: Union[Attribute, None]
    new: Union[Attribute, None]
    details: tuple[Detail, ...] = ()
    breaking: bool = False


@attrs.frozen
class TypeDifference:
    """An entity type that was added, removed or changed, with its attributes and details that differ."""

    name: str
    change: Change
    attributes: tuple[AttributeDifference, ...] = ()
    details: tuple[Detail, ...] = ()
    bases: tuple[str, ...] = ()

    @property
    def breaking(self) -> bool:
        """Whether a program that worked with the old schema can fail with the new one."""
        changed = any(each.breaking for each in self.attributes) or any(each.breaking for each in self.details)
        return changed or self.change == "removed"


@attrs.frozen
class SchemaDifferences:
    """The entity types that differ, by name. It is false without a difference, and `print` shows all of them."""

    types: tuple[TypeDifference, ...]

    @property
    def breaking(self) -> bool:
        """Whether a program that worked with the old schema can fail with the new one."""
        return any(each.breaking for each in self.types)

    @property
    def summary(self) -> str:
        """The numbers of differences in one line, such as "1 entity type removed, 2 attributes added"."""
        from .difference_text import summary

        return summary(self)

    def as_json(self) -> dict[str, Any]:
        """Return the differences as plain JSON values."""
        from .difference_text import as_json

        return as_json(self)

    def __bool__(self) -> bool:
        return bool(self.types)

    def __len__(self) -> int:
        return len(self.types)

    def __iter__(self) -> Iterator[TypeDifference]:
        return iter(self.types)

    def __str__(self) -> str:
        from .difference_text import text

        return text(self)


def schema_differences(old: Schema, new: Schema) -> SchemaDifferences:
    """Return the differences that lead from the schema *old* to the schema *new*, sorted by name."""
    described = tuple({each["id"]: each for each in schema.answer} for schema in (old, new))
    return SchemaDifferences(tuple(_type_differences(old.types, new.types, *described)))


def _type_differences(
    old: Mapping[str, EntityType],
    new: Mapping[str, EntityType],
    old_json: Mapping[str, Mapping[str, Any]],
    new_json: Mapping[str, Mapping[str, Any]],
) -> Iterator[TypeDifference]:
    for name in sorted({*old, *new}):
        if name not in new:
            yield TypeDifference(name, "removed", bases=old[name].bases)
        elif name not in old:
            yield TypeDifference(name, "added", bases=new[name].bases)
        else:
            details = tuple(_type_details(old[name], new[name], old_json[name], new_json[name]))
            attributes = tuple(
                _attribute_differences(old[name], new[name], old_json[name]["properties"], new_json[name]["properties"])
            )
            if attributes or details:
                yield TypeDifference(name, "changed", attributes, details, new[name].bases)


def _type_details(
    old: EntityType, new: EntityType, old_json: Mapping[str, Any], new_json: Mapping[str, Any]
) -> Iterator[Detail]:
    if old.bases != new.bases:
        yield Detail("bases", list(old.bases), list(new.bases), breaking=not set(old.bases) <= set(new.bases))
    for key in sorted({*old_json, *new_json} - _COMPARED):
        before, after = (_comparable(key, each.get(key)) for each in (old_json, new_json))
        if before != after:
            yield Detail(key, before, after, breaking=key == "primary_key")
    if old.supports_group_by and not new.supports_group_by:
        yield Detail("supports group by", old=True, new=False, breaking=True)
    # Names in these lists that are no attributes would otherwise be overlooked.
    for key in ("required", "immutable", "computed"):
        before, after = (_strays(key, each) for each in (old_json, new_json))
        if before != after:
            yield Detail(key, before, after)


def _comparable(key: str, value: Any) -> Any:
    return sorted(map(str, value)) if key in _UNORDERED and isinstance(value, (list, tuple)) else value


def _strays(key: str, described: Mapping[str, Any]) -> list[str]:
    return sorted({str(name) for name in described.get(key) or ()} - set(described["properties"]))


def _attribute_differences(
    old: EntityType, new: EntityType, old_json: Mapping[str, Any], new_json: Mapping[str, Any]
) -> Iterator[AttributeDifference]:
    needed = _needed(new) - _needed(old)
    for name in sorted({*old.attributes, *new.attributes}):
        before, after = old.attributes.get(name), new.attributes.get(name)
        if before is None:
            yield AttributeDifference(name, "added", None, after, breaking=name in needed)
        elif after is None:
            yield AttributeDifference(name, "removed", before, None, breaking=True)
        else:
            details = tuple(_attribute_details(before, after, name in needed))
            if not details and old_json[name] != new_json[name]:
                details = (Detail("description", old_json[name], new_json[name]),)
            if details:
                breaking = any(each.breaking for each in details)
                yield AttributeDifference(name, "changed", before, after, details, breaking)


def _needed(entity_type: EntityType) -> frozenset[str]:
    """Return the attributes that the creator of an entity must give a value for."""
    return frozenset(value.names[0] for value in required_values(entity_type))


def _attribute_details(old: Attribute, new: Attribute, needed: bool) -> Iterator[Detail]:
    if (old.value_in_words, old.value_name) != (new.value_in_words, new.value_name):
        yield Detail("value", old.value_in_words, new.value_in_words, breaking=not _only_extended(old, new))
    if old.settable != new.settable:
        narrower = _SETTABLE.index(new.settable) < _SETTABLE.index(old.settable)
        yield Detail("settable", old.settable, new.settable, breaking=narrower)
    if old.required != new.required:
        yield Detail("required", old.required, new.required, breaking=needed)
    if old.restricted != new.restricted:
        yield Detail("in criteria only", old.restricted, new.restricted, breaking=new.restricted)
    if old.foreign_key != new.foreign_key:
        yield Detail("foreign key", old.foreign_key, new.foreign_key, breaking=old.foreign_key is not None)
    for name, before, after in (
        ("default", old.default, new.default),
        ("internal name", old.alias, new.alias),
        ("holds the name of a type", old.translates_type, new.translates_type),
    ):
        if before != after:
            yield Detail(name, before, after)


def _only_extended(old: Attribute, new: Attribute) -> bool:
    """Return whether the new attribute accepts each value of the old one and more."""
    return bool(old.enumeration) and bool(new.enumeration) and set(old.enumeration) <= set(new.enumeration)


def inherited(difference: TypeDifference, others: Iterable[TypeDifference]) -> tuple[AttributeDifference, ...]:
    """Return the attributes of a type that differ in the same way in one of its bases among *others*."""
    of_bases = [each for other in others if other.name in difference.bases for each in other.attributes]
    return tuple(each for each in difference.attributes if each in of_bases)
