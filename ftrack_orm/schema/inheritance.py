"""Pure: what a `query_schemas` answer implies but does not say: families of types, and which id keeps a relation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .attribute import Attribute, Kind
from .facts import BASES, BASES_BY_SUFFIX


def bases(described: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the direct base of every type that has one, for the types of a `query_schemas` answer by name."""
    by_alias = {
        description["alias_for"]: name
        for name, description in described.items()
        if isinstance(description.get("alias_for"), str)
    }
    found: dict[str, str] = {}
    for name, description in described.items():
        base = _base(name, description, by_alias, described)
        # What is below the type itself, in a strange server's circle of mixins, is no base of it.
        if base is not None and base in described and name not in (base, *chain(base, found)):
            found[name] = base
    return found


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
        # {"id": "Task", "classifiers": ...}: "Task" is the internal class, which TypedContext is the public name of.
        internal = str(alias["id"])
        return by_alias.get(internal, internal)
    if name in BASES and _has_all_of(description, described.get(BASES[name])):
        return BASES[name]
    for suffix in BASES_BY_SUFFIX:
        if name.endswith(suffix) and name != suffix:
            return suffix
    return None


def _has_all_of(description: Mapping[str, Any], base: Mapping[str, Any] | None) -> bool:
    """Whether a type really has every attribute of its supposed base, whatever a server made of the names."""
    return base is not None and set(base["properties"]) <= set(description["properties"])


def chain(name: str, direct: Mapping[str, str]) -> tuple[str, ...]:
    """Return the bases of *name*, nearest first; where they go in a circle, each once."""
    found: list[str] = []
    while (base := direct.get(found[-1] if found else name)) is not None and base not in found:
        found.append(base)
    return tuple(found)


def alias_and_classifiers(description: Mapping[str, Any]) -> tuple[str | None, Mapping[str, str]]:
    """Return the internal class of a type and the internal columns and values that select it, if it is selected."""
    alias = description.get("alias_for")
    if isinstance(alias, Mapping):
        return alias.get("id"), alias.get("classifiers", {})
    return alias, {}


def reference_keys(attributes: Iterable[Attribute]) -> dict[str, str]:
    """Pair each reference with the scalar that holds its target's id, where the schema lets one tell.

    Three rules, from certain to likely (the pairs of PROTOCOL 5.3 all follow from them): the same name with `_id`; the
    same internal name with `id`; the only foreign key to that target that no other reference took.
    """
    attributes = list(attributes)
    scalars = {a.name: a for a in attributes if a.kind is Kind.SCALAR}
    references = [a for a in attributes if a.kind is Kind.REFERENCE]
    pairs: dict[str, str] = {}
    for reference in references:
        if f"{reference.name}_id" in scalars:
            pairs[reference.name] = f"{reference.name}_id"
    by_internal_name = {_squeezed(a.alias): a.name for a in scalars.values() if a.alias and a.foreign_key}
    for reference in references:
        if reference.name not in pairs and reference.alias:
            key = by_internal_name.get(_squeezed(reference.alias) + "id")
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


def _squeezed(internal_name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", internal_name.lower())
