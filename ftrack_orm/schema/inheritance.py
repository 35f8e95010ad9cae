"""Pure: derives the families of entity types, and the id attribute of each reference, from a `query_schemas` reply."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .attribute import Attribute, Kind
from .facts import BASES, BASES_BY_SUFFIX


def bases(described: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the direct base of each type that has one. *described* has the JSON descriptions of all types by name."""
    by_alias = {
        description["alias_for"]: name
        for name, description in described.items()
        if isinstance(description.get("alias_for"), str)
    }
    direct: dict[str, str] = {}
    for name, description in described.items():
        base = _base(name, description, by_alias, described)
        # A server may describe mixins in a circle: a type below this one cannot be its base.
        if base is not None and base in described and name not in (base, *chain(base, direct)):
            direct[name] = base
    return direct


def _base(
    name: str,
    description: Mapping[str, Any],
    by_alias: Mapping[str, str],
    described: Mapping[str, Mapping[str, Any]],
) -> str | None:
    mixin = description.get("$mixin")
    if mixin:
        return str(mixin["$ref"])
    alias = description.get("alias_for")
    if isinstance(alias, Mapping):
        # {"id": "Task", "classifiers": ...}: the internal class "Task" has the public name TypedContext.
        internal = str(alias["id"])
        return by_alias.get(internal, internal)
    if name in BASES and _has_all_of(description, described.get(BASES[name])):
        return BASES[name]
    for suffix in BASES_BY_SUFFIX:
        if name.endswith(suffix) and name != suffix:
            return suffix
    return None


def _has_all_of(description: Mapping[str, Any], base: Mapping[str, Any] | None) -> bool:
    """Return whether a type has every attribute of its supposed base; a server may use the names for other types."""
    return base is not None and set(base["properties"]) <= set(description["properties"])


def shadowed_classes(described: Mapping[str, Mapping[str, Any]], direct: Mapping[str, str]) -> dict[str, str]:
    """Return the names that a `$ref` and a foreign key mean as an internal class, with the public name of the class.

    The schema names relations by internal classes (PROTOCOL 5.3). `Task` is the class of all typed contexts and also
    the public name of one of its subtypes, so `TypedContextList.items` with `$ref: "Task"` holds shots and sequences as
    well (PROTOCOL 8.6). A name is shadowed so if classifiers select the type of that name, and a type that it is
    derived from has that internal class.
    """
    shadowed: dict[str, str] = {}
    for name, description in described.items():
        internal, classifiers = alias_and_classifiers(description)
        if not classifiers or internal != name:
            continue
        for base in chain(name, direct):
            if described[base].get("alias_for") == name:
                shadowed[name] = base
                break
    return shadowed


def chain(name: str, direct: Mapping[str, str]) -> tuple[str, ...]:
    """Return the bases of *name*, nearest first. In a circle of bases, each appears once."""
    bases: list[str] = []
    while (base := direct.get(bases[-1] if bases else name)) is not None and base not in bases:
        bases.append(base)
    return tuple(bases)


def alias_and_classifiers(description: Mapping[str, Any]) -> tuple[str | None, Mapping[str, str]]:
    """Return the internal class of a type, and the internal columns and values that select a subtype of the class."""
    alias = description.get("alias_for")
    if isinstance(alias, Mapping):
        return alias.get("id"), alias.get("classifiers", {})
    return alias, {}


def reference_keys(attributes: Iterable[Attribute]) -> dict[str, str]:
    """Return the scalar attribute with the target's id for each reference, where the schema identifies it.

    Three rules apply, from certain to likely, and all pairs of PROTOCOL 5.3 follow from them: the same name with `_id`;
    the same internal name with `id`; the only foreign key to that target that belongs to no other reference.
    """
    # By name: the result must not depend on the order in which a server or a cache describes the attributes.
    attributes = sorted(attributes, key=lambda attribute: attribute.name)
    scalars = {a.name: a for a in attributes if a.kind is Kind.SCALAR}
    references = [a for a in attributes if a.kind is Kind.REFERENCE]
    pairs: dict[str, str] = {}
    for reference in references:
        if f"{reference.name}_id" in scalars:
            pairs[reference.name] = f"{reference.name}_id"
    by_internal_name = {_normalized(a.alias): a.name for a in scalars.values() if a.alias and a.foreign_key}
    for reference in references:
        if reference.name not in pairs and reference.alias:
            key = by_internal_name.get(_normalized(reference.alias) + "id")
            if key is not None:
                pairs[reference.name] = key
    taken = set(pairs.values())
    for reference in references:
        if reference.name in pairs:
            continue
        candidates = [
            a.name
            for a in scalars.values()
            if a.foreign_key and a.foreign_key.split(".")[0] == reference.target and a.name not in taken
        ]
        if len(candidates) == 1:
            pairs[reference.name] = candidates[0]
            taken.add(candidates[0])
    return pairs


def _normalized(internal_name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", internal_name.lower())
