"""Pure: the kinds of key that the embedded server stores relations as, and their inference for an unknown schema.

A schema says that `Task.status` leads to a `Status`, but not which stored value relates the two. The classes below do,
one instance for every relation attribute of every type. The data model states them for ftrack's own types; `infer`
finds those of other types and attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Union

import attrs

from .facts import PARENT_ID, TREE_COLLECTIONS

if TYPE_CHECKING:
    from .attribute import Attribute
    from .model import EntityType, Schema


@attrs.frozen(slots=True)
class ForeignKey:
    """A reference whose target's id is the value of *attribute*, a scalar attribute of the same type."""

    attribute: str


@attrs.frozen(slots=True)
class HiddenKey:
    """A reference whose target's id is stored in *column*, which is not an attribute of the schema (`Status.state`)."""

    column: str


@attrs.frozen(slots=True)
class Inverse:
    """A collection of the targets whose *attribute* (or hidden column of that name) holds this entity's id.

    *only* restricts it to targets with the given attribute values (`assignments` are the appointments of type
    "assignment"). New items get those values. *type_attribute* holds the owner's entity type where targets belong to
    entities of several types (`Note.parent_type`).
    """

    attribute: str
    only: tuple[tuple[str, Any], ...] = ()
    type_attribute: str | None = attrs.field(default=None, eq=False)


@attrs.frozen(slots=True)
class Through:
    """A many-to-many collection: rows of *link* hold this entity's id in *near* and the target's id in *far*.

    *link* is an entity type of the schema (`ListObject`) or the name of a hidden table.
    """

    link: str
    near: str
    far: str


@attrs.frozen(slots=True)
class Derived:
    """A read-only relation that the server computes by the named *rule*: `ancestors`, `latest_version`."""

    rule: str


RelationKey = Union[ForeignKey, HiddenKey, Inverse, Through, Derived]

#: (entity type, relation attribute) -> its key, for every relation of a schema.
RelationKeys = Mapping[tuple[str, str], RelationKey]


def infer(schema: Schema, known: RelationKeys) -> RelationKeys:
    """Return the key of every relation of *schema*: the *known* one if it fits the schema, else an inferred one.

    A reference is stored in the schema's own pair of reference and id, else in a hidden column. A collection holds the
    targets whose foreign key refers to its owner. Without such a foreign key, the server stores pairs of ids in a
    hidden table, which two collections that lead to each other share.
    """
    resolved: dict[tuple[str, str], RelationKey] = {}
    unresolved: list[tuple[EntityType, Attribute]] = []
    for owner in schema.types.values():
        for attribute in owner.attributes.values():
            if attribute.is_relation:
                keys = [known[name, attribute.name] for name in lineage(owner) if (name, attribute.name) in known]
                key = next((key for key in keys if fits(key, owner, attribute, schema)), None)
                if key is None:
                    unresolved.append((owner, attribute))
                else:
                    resolved[owner.name, attribute.name] = key
    inference = _Inference(schema, known, resolved)
    inferred = {(owner.name, attribute.name): inference.key(owner, attribute) for owner, attribute in unresolved}
    return {**resolved, **inferred}


def lineage(entity_type: EntityType) -> tuple[str, ...]:
    """Return the name of a type and those of its bases, nearest first."""
    return (entity_type.name, *entity_type.bases)


def fits(key: RelationKey, owner: EntityType, attribute: Attribute, schema: Schema) -> bool:
    """Whether a key known from another schema is possible in this one: all names it uses exist."""
    if isinstance(key, Derived):
        return True
    if isinstance(key, ForeignKey):
        return not attribute.is_plural and key.attribute in owner.attributes
    if isinstance(key, HiddenKey):
        # An attribute that one server hides may be visible on another; then the schema describes it.
        return not attribute.is_plural and key.column not in owner.attributes
    if not attribute.is_plural:
        return False
    if isinstance(key, Inverse):
        target = schema.types.get(str(attribute.target))
        needed = {key.attribute, *(name for name, _ in key.only)}
        return target is not None and needed <= set(target.attributes)
    link = schema.types.get(key.link)
    return link is None or {key.near, key.far} <= set(link.attributes)


class _Inference:
    """Finds the keys that the data model does not know, based on those that are *resolved*."""

    def __init__(self, schema: Schema, known: RelationKeys, resolved: RelationKeys) -> None:
        self._schema = schema
        self._resolved = resolved
        self._inverses: dict[str, set[Inverse]] = {}  # the known keys by the name of the collection
        for (_, name), key in known.items():
            if isinstance(key, Inverse):
                self._inverses.setdefault(name, set()).add(key)

    def key(self, owner: EntityType, attribute: Attribute) -> RelationKey:
        if not attribute.is_plural:
            key = owner.reference_keys.get(attribute.name)
            return ForeignKey(key) if key is not None else HiddenKey(f"{attribute.name}_id")
        if attribute.name in TREE_COLLECTIONS:
            # Newer servers have ancestors on assets: those of the parent, which is a rule other than that of contexts.
            return Derived(attribute.name if owner.family == "Context" else f"parents_{attribute.name}")
        return self._inverse(owner, attribute) or self._hidden_link(owner, attribute)

    def _inverse(self, owner: EntityType, attribute: Attribute) -> Inverse | None:
        """Return the foreign key of the collection's target that refers to its owner, or None."""
        target = self._schema.types.get(str(attribute.target))
        if target is None:
            return None
        keys = referring_keys(self._schema, owner, attribute)
        if keys:
            return Inverse(keys[0])
        # An id of entities of any type is described as plain text: `Metadata.parent_id`. The known keys of collections
        # of the same name identify it.
        for key in sorted(self._inverses.get(attribute.name, ()), key=lambda key: key.attribute):
            id_attribute = target.attributes.get(key.attribute)
            is_plain_text = id_attribute is not None and id_attribute.foreign_key is None
            if is_plain_text and fits(key, owner, attribute, self._schema):
                return key
        return None

    def _hidden_link(self, owner: EntityType, attribute: Attribute) -> Through:
        """Return a link through a hidden table, which the only collection in the opposite direction shares."""
        this_side = self._declared(owner, attribute)
        other_side = self._single(self._opposite_collections(*this_side))
        if other_side is None or self._single(self._opposite_collections(*other_side)) != this_side:
            return Through("_".join(this_side), near="one_id", far="other_id")
        opposite_key = self._resolved.get(other_side)
        if isinstance(opposite_key, Through):
            return Through(opposite_key.link, near=opposite_key.far, far=opposite_key.near)
        if other_side < this_side:
            return Through("_".join(other_side), near="other_id", far="one_id")
        return Through("_".join(this_side), near="one_id", far="other_id")

    def _opposite_collections(self, owner: str, name: str) -> list[tuple[str, str]]:
        """Return the collections of a collection's target that lead to its owner and are stored as links too."""
        target = self._schema.types.get(str(self._schema.types[owner].attributes[name].target))
        if target is None:
            return []
        collections: list[tuple[str, str]] = []
        for other in target.attributes.values():
            other_side = self._declared(target, other)
            if not other.is_plural or other.name in TREE_COLLECTIONS or other_side == (owner, name):
                continue
            key = self._resolved.get((target.name, other.name))
            by_link = isinstance(key, Through) if key is not None else self._inverse(target, other) is None
            if by_link and other.target in self._schema.types and self._schema.related(str(other.target), owner):
                collections.append(other_side)
        return collections

    def _declared(self, owner: EntityType, attribute: Attribute) -> tuple[str, str]:
        """Return the most general type of the owner's family that has the attribute, and the attribute's name."""
        holders = [name for name in lineage(owner) if attribute.name in self._schema.types[name].attributes]
        return holders[-1], attribute.name

    @staticmethod
    def _single(collections: list[tuple[str, str]]) -> tuple[str, str] | None:
        return collections[0] if len(collections) == 1 else None


def referring_keys(schema: Schema, owner: EntityType, attribute: Attribute) -> list[str]:
    """Return the foreign keys of a collection's target that refer to the collection's owner.

    If one of them has the name that ftrack gives to such keys, it is the only one. Several are a matter of guessing.
    """
    target = schema.types.get(str(attribute.target))
    if target is None:
        return []
    # A foreign key may also name a type that shares the owner's internal class: `SplitTaskPart.task_id` names Task,
    # and every type of typed context has `split_parts`. A foreign key that names the owner or a base takes
    # precedence.
    same_class = [name for name, other in schema.types.items() if other.alias and other.alias == owner.alias]
    for target_types in (lineage(owner), same_class):
        candidates = [name for name, referred in _foreign_keys(target) if referred in target_types]
        for name in (*(f"{_snake_case(each)}_id" for each in lineage(owner)), PARENT_ID):
            if name in candidates:
                return [name]
        if candidates:
            return candidates
    return []


def _foreign_keys(entity_type: EntityType) -> Iterator[tuple[str, str]]:
    """Yield the foreign keys of a type, sorted by name, with the types they refer to."""
    for name, attribute in sorted(entity_type.attributes.items()):
        # The id of a subtype is described as a foreign key to its base (`FileComponent.id`), which is not a relation.
        if attribute.foreign_key is not None and (name,) != entity_type.primary_key:
            yield name, attribute.foreign_key.split(".")[0]


def _snake_case(type_name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type_name).lower()
