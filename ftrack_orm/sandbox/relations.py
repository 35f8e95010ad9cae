"""Pure: where the embedded server keeps each relation: the kinds of key a relation can have, and how to infer them.

A schema says that `Task.status` leads to a `Status`; it does not say which stored value makes the connection. These
values do, one for every relation attribute of every type. For ftrack's own types the data model says them; `infer`
finds those of a schema that has types or attributes the data model has never heard of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Union

import attrs

from ftrack_orm.schema.attribute import Attribute
from ftrack_orm.schema.model import EntityType, Schema


@attrs.frozen(slots=True)
class ForeignKey:
    """A reference whose target's id is the value of *attribute*, a scalar attribute of the same type."""

    attribute: str


@attrs.frozen(slots=True)
class HiddenKey:
    """A reference whose target's id is kept in *column*, which no attribute of the schema shows (`Status.state`)."""

    column: str


@attrs.frozen(slots=True)
class Inverse:
    """A collection of the targets whose *attribute* (or hidden column of that name) holds this entity's id.

    *only* narrows it to targets with the given attribute values (`assignments` are the appointments of type
    "assignment") and gives new items those values.
    """

    attribute: str
    only: tuple[tuple[str, Any], ...] = ()


@attrs.frozen(slots=True)
class Through:
    """A many-to-many collection: rows of *link* hold this entity's id in *near* and the target's id in *far*.

    *link* is an entity type of the schema (`ListObject`) or, where the schema shows none, a hidden table's name.
    """

    link: str
    near: str
    far: str


@attrs.frozen(slots=True)
class Derived:
    """A relation the server works out by the named *rule* and nobody can write: `ancestors`, `latest_version`."""

    rule: str


RelationKey = Union[ForeignKey, HiddenKey, Inverse, Through, Derived]

#: (entity type, relation attribute) -> its key, for every relation of a schema.
RelationKeys = Mapping[tuple[str, str], RelationKey]


def infer(schema: Schema, known: RelationKeys) -> RelationKeys:
    """Return the key of every relation of *schema*: the *known* one where it fits the schema, else an inferred one.

    A relation to one entity is kept where the schema's own pairs of references and ids say, else in a hidden column. A
    collection holds the targets whose foreign key points at its owner; where there is none, the server keeps pairs of
    ids in a hidden table, the same for both when two collections lead at each other.
    """
    resolved: dict[tuple[str, str], RelationKey] = {}
    unresolved: list[tuple[EntityType, Attribute]] = []
    for owner in schema.types.values():
        for attribute in owner.attributes.values():
            if attribute.is_relation:
                keys = [known[name, attribute.name] for name in _lineage(owner) if (name, attribute.name) in known]
                key = next((key for key in keys if _fits(key, owner, attribute, schema)), None)
                if key is None:
                    unresolved.append((owner, attribute))
                else:
                    resolved[owner.name, attribute.name] = key
    inference = _Inference(schema, known, resolved)
    inferred = {(owner.name, attribute.name): inference.key(owner, attribute) for owner, attribute in unresolved}
    return {**resolved, **inferred}


def _lineage(entity_type: EntityType) -> tuple[str, ...]:
    return (entity_type.name, *entity_type.bases)


def _fits(key: RelationKey, owner: EntityType, attribute: Attribute, schema: Schema) -> bool:
    """Whether a key known from another schema makes sense in this one: whatever it names is there."""
    if isinstance(key, Derived):
        return True
    if isinstance(key, ForeignKey):
        return not attribute.is_plural and key.attribute in owner.attributes
    if isinstance(key, HiddenKey):
        # What one server hides another may show, and then the schema tells.
        return not attribute.is_plural and key.column not in owner.attributes
    if not attribute.is_plural:
        return False
    if isinstance(key, Inverse):
        target = schema.types.get(str(attribute.target))
        needed = {key.attribute, *(name for name, _ in key.only)}
        return target is not None and needed <= set(target.attributes)
    link = schema.types.get(key.link)
    return link is None or {key.near, key.far} <= set(link.attributes)


#: Collections that a server works out from `parent_id`, on whatever type they are.
_TREE_RULES = frozenset({"ancestors", "descendants"})


class _Inference:
    """Finds the keys that the data model does not know, in the light of those that are *resolved*."""

    def __init__(self, schema: Schema, known: RelationKeys, resolved: RelationKeys) -> None:
        self._schema = schema
        self._resolved = resolved
        self._inverses: dict[str, set[Inverse]] = {}  # the known ones, by the name of the collection
        for (_, name), key in known.items():
            if isinstance(key, Inverse):
                self._inverses.setdefault(name, set()).add(key)

    def key(self, owner: EntityType, attribute: Attribute) -> RelationKey:
        if not attribute.is_plural:
            key = owner.reference_keys.get(attribute.name)
            return ForeignKey(key) if key is not None else HiddenKey(f"{attribute.name}_id")
        if attribute.name in _TREE_RULES:
            # Newer servers give assets the ancestors of their parents, which is another rule than that of contexts.
            return Derived(attribute.name if owner.family == "Context" else f"parents_{attribute.name}")
        return self._inverse(owner, attribute) or self._hidden_link(owner, attribute)

    def _inverse(self, owner: EntityType, attribute: Attribute) -> Inverse | None:
        """Return the foreign key of the collection's target that points at its owner, or None when none does."""
        target = self._schema.types.get(str(attribute.target))
        if target is None:
            return None
        # A foreign key may also name a type that shares the owner's internal class: `SplitTaskPart.task_id` points at
        # Task, and every kind of typed context has `split_parts`. One that names the owner or a base comes first.
        same_class = [name for name, other in self._schema.types.items() if other.alias and other.alias == owner.alias]
        for accepted in (_lineage(owner), same_class):
            candidates = [name for name, pointed_at in _foreign_keys(target) if pointed_at in accepted]
            if candidates:
                named_after = [f"{_snake_case(name)}_id" for name in _lineage(owner)] + ["parent_id"]
                return Inverse(next((name for name in named_after if name in candidates), candidates[0]))
        # An id of entities of any type is described as plain text: `Metadata.parent_id`. Other types' collections of
        # the same name tell which it is.
        for key in sorted(self._inverses.get(attribute.name, ()), key=lambda key: key.attribute):
            held_by = target.attributes.get(key.attribute)
            if held_by is not None and held_by.foreign_key is None and _fits(key, owner, attribute, self._schema):
                return key
        return None

    def _hidden_link(self, owner: EntityType, attribute: Attribute) -> Through:
        """Return a link through a hidden table, which the only collection that leads the other way shares."""
        here = self._declared(owner, attribute)
        there = self._only(self._leading_back(*here))
        if there is None or self._only(self._leading_back(*there)) != here:
            return Through("_".join(here), near="one_id", far="other_id")
        other_way = self._resolved.get(there)
        if isinstance(other_way, Through):
            return Through(other_way.link, near=other_way.far, far=other_way.near)
        if there < here:
            return Through("_".join(there), near="other_id", far="one_id")
        return Through("_".join(here), near="one_id", far="other_id")

    def _leading_back(self, owner: str, name: str) -> list[tuple[str, str]]:
        """Return the collections of a collection's target that lead at its owner and are kept by links too."""
        target = self._schema.types.get(str(self._schema.types[owner].attributes[name].target))
        if target is None:
            return []
        found: list[tuple[str, str]] = []
        for other in target.attributes.values():
            there = self._declared(target, other)
            if not other.is_plural or other.name in _TREE_RULES or there == (owner, name):
                continue
            key = self._resolved.get((target.name, other.name))
            by_link = isinstance(key, Through) if key is not None else self._inverse(target, other) is None
            if by_link and other.target in self._schema.types and self._schema.related(str(other.target), owner):
                found.append(there)
        return found

    def _declared(self, owner: EntityType, attribute: Attribute) -> tuple[str, str]:
        """Return the outermost type of the owner's family that has the attribute, with the attribute's name."""
        holders = [name for name in _lineage(owner) if attribute.name in self._schema.types[name].attributes]
        return holders[-1], attribute.name

    @staticmethod
    def _only(found: list[tuple[str, str]]) -> tuple[str, str] | None:
        return found[0] if len(found) == 1 else None


def _foreign_keys(entity_type: EntityType) -> Iterator[tuple[str, str]]:
    """Yield the foreign keys of a type, by name, with the types they point at."""
    for name, attribute in sorted(entity_type.attributes.items()):
        # The id of a subtype is described as a foreign key to its base (`FileComponent.id`): that is no relation.
        if attribute.foreign_key is not None and (name,) != entity_type.primary_key:
            yield name, attribute.foreign_key.split(".")[0]


def _snake_case(type_name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type_name).lower()
