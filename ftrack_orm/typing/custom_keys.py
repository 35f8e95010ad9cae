"""Pure: the keys of custom attributes that entities of a type can have, with the types of their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from ftrack_orm.entities.custom_attributes.configuration import Configuration, applying
from ftrack_orm.schema.custom_attributes import ConfigurationScope
from ftrack_orm.schema.facts import CONFIGURATION_ID, ENUMERATORS, EXPRESSION, PROJECT

from .source_text import literal, union

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema

    from .content import SchemaContent

#: Kind of a custom attribute -> the types of a value, of one to assign, and of the item in expressions.
_TYPES = {
    "text": ("str", ("str",), "_t.TextItem[str]"),
    "url": ("str", ("str",), "_t.TextItem[str]"),
    "boolean": ("bool", ("bool",), "_t.ValueItem[bool]"),
    "number": ("float", ("float",), "_t.NumberItem"),
    "date": ("_datetime.datetime", ("_datetime.date", "str"), "_t.MomentItem"),
}
#: Pyright infers this type for `["roto"]` in `custom_attributes["work"] = ["roto"]`, since it has no expected type for
#: the value of an overloaded `__setitem__`. So the options in such a list are checked when the program runs.
_LIST = "_typing.List[str]"
_ANY = ("_typing.Any", ("_typing.Any",), "_t.ValueItem[_typing.Any]")


@attrs.frozen
class CustomKey:
    """One key: the types of its values, as source text. *assigned* and *set_by_item* are empty if it cannot be set."""

    key: str
    value: str
    assigned: str
    set_by_item: str
    item: str


def custom_keys(entity_type: EntityType, content: SchemaContent) -> list[CustomKey]:
    """Return the keys that the custom attributes of *entity_type* and of its subtypes can have, by name.

    A key that several projects or subtypes configure differently has the union of the types.
    """
    found: dict[str, list[Configuration]] = {}
    for name in content.schema.concrete(entity_type.name):
        for scope in _scopes(content.schema.types[name], content):
            for key, configuration in applying(content.configurations, scope).items():
                found.setdefault(key, []).append(configuration)
    return [_merge(key, configurations) for key, configurations in sorted(found.items())]


def has_configured_keys(schema: Schema, target: str | None) -> bool:
    """Return whether the entities of type *target*, in a mapped collection, are values of custom attributes."""
    return target is not None and target in schema.types and CONFIGURATION_ID in schema.types[target].primary_key


def _scopes(entity_type: EntityType, content: SchemaContent) -> list[ConfigurationScope]:
    """Return the scopes of the entities of a type: one for each project with own configurations, one for all others."""
    projects = {configuration.project_id for configuration in content.configurations}
    object_type_id = entity_type.classifiers.get("object_type_id")
    return [
        ConfigurationScope(entity_type.family, entity_type.name == PROJECT, object_type_id, project)
        for project in sorted(projects | {None}, key=str)
    ]


def _merge(key: str, configurations: list[Configuration]) -> CustomKey:
    values: list[str] = []
    assigned: list[str] = []
    items: list[str] = []
    for configuration in configurations:
        value, settable, item = _types_of(configuration)
        values += value
        assigned += settable
        items.append(item)
    lists = [_LIST] if any(part.startswith("_abc.Iterable") for part in assigned) else []
    return CustomKey(key, union(values), union(assigned), union([*assigned, *lists]), union(items))


def _types_of(configuration: Configuration) -> tuple[list[str], list[str], str]:
    """Return the types of a value, of one to assign (none if it is computed), and of the item in expressions."""
    value, settable, item = _TYPES.get(configuration.kind, _ANY)
    if configuration.kind == EXPRESSION:
        return [value], [], item
    if configuration.is_whole:
        value, settable = "int", ("int",)
    if configuration.kind in ENUMERATORS:
        # The options of a dynamic enumerator are not known, and those of an enumerator are texts.
        option = literal(configuration.options) if configuration.options else "str"
        value, item = f"_abc.Sequence[{option}]", f"_t.TextItem[{option}]"  # The list cannot be edited in place.
        settable = (option, f"_abc.Iterable[{option}]")
    # A hierarchical one is None on an entity on which it was not set.
    return [value, "None"] if configuration.is_hierarchical else [value], [*settable, "None"], item
