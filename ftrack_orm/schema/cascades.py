"""Pure: the entities that a deletion on the server takes along, and the keys that it sets to null.

Rows that require the deleted entity go with it: it is part of their key, or its id is required. The facts below add the
parts of an entity. Of other rows that belong to a collection of the deleted entity it is not known whether they stay.
The keys of all others become null.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from .attribute import Kind
from .facts import ASSET, ASSET_VERSION, COMPONENT, CONTEXT, PARENT_ID
from .foreign_keys import is_key
from .relations import Inverse
from .views import views_of

if TYPE_CHECKING:
    from .attribute import Attribute
    from .model import EntityType, Schema


class Effect(enum.Enum):
    """What happens to an entity whose key refers to a deleted one."""

    DELETED = "deleted"
    UNCERTAIN = "uncertain"
    KEY_NULLED = "key set to null"


@attrs.frozen
class DependentFamily:
    """The entities of *family* whose foreign key *key* may refer to the deleted entity, and what happens to them.

    The key refers to entities of *types* only, in which the base types of those are included.
    """

    family: str
    key: str
    effect: Effect
    types: frozenset[str] = attrs.field(factory=frozenset, eq=False)


#: Parts of an entity that go with it although their key is not required: family and key (PROTOCOL 2.3, 5.3).
_PARTS: Final = frozenset(
    {
        (CONTEXT, PARENT_ID), (CONTEXT, "project_id"), (ASSET, "context_id"), (ASSET_VERSION, "asset_id"),
        (COMPONENT, "version_id"), (COMPONENT, "container_id"),
        ("ComponentLocation", "component_id"), ("CustomAttributeValue", "entity_id"),
    }
)  # fmt: skip

#: Keys that no collection shows, whose owners may go all the same.
_UNCERTAIN: Final = frozenset({("Manager", "user_id")})


@functools.lru_cache(maxsize=8)
def dependents(schema: Schema) -> Mapping[str, tuple[DependentFamily, ...]]:
    """Return, by family of the deleted entity, the keys that may refer to it."""
    effects: dict[tuple[str, str, str], Effect] = {}
    types: dict[tuple[str, str, str], set[str]] = {}
    for holder in schema.types.values():
        for attribute in holder.attributes.values():
            if is_key(holder, attribute) or attribute.name in holder.primary_key:
                for target in _targets(schema, holder, attribute):
                    family = schema.types[target].family
                    query = family, holder.family, attribute.name
                    effect = _effect(schema, family, holder, attribute)
                    if effects.get(query) in (None, Effect.KEY_NULLED) or effect is Effect.DELETED:
                        effects[query] = effect
                    lineage = target, *schema.subtypes[target], *schema.types[target].bases
                    types.setdefault(query, set()).update(lineage)
    found: dict[str, tuple[DependentFamily, ...]] = {}
    for query, effect in effects.items():
        family, holder_family, key = query
        dependent = DependentFamily(holder_family, key, effect, frozenset(types[query]))
        found[family] = (*found.get(family, ()), dependent)
    return found


def taken_along(schema: Schema, family: str) -> Mapping[str, frozenset[str]]:
    """Return the families of which a deletion in *family* may take entities along, each with those that cause it."""
    causes: dict[str, set[str]] = {}
    pending = [family]
    while pending:
        cause = pending.pop()
        for dependent in dependents(schema).get(cause, ()):
            if dependent.effect is not Effect.KEY_NULLED:
                if dependent.family not in causes and dependent.family != family:
                    pending.append(dependent.family)
                causes.setdefault(dependent.family, set()).add(cause)
    return {name: frozenset(each) for name, each in causes.items()}


def _effect(schema: Schema, family: str, holder: EntityType, attribute: Attribute) -> Effect:
    is_part = (holder.family, attribute.name) in _PARTS
    if is_part or attribute.required or attribute.name in holder.primary_key:
        return Effect.DELETED
    is_owned = any(
        isinstance(stored := schema.membership(owner.name, each.name), Inverse) and stored.attribute == attribute.name
        for owner in schema.types.values()
        if owner.family == family
        for each in owner.attributes.values()
        if each.kind is Kind.COLLECTION and each.target in (holder.name, *holder.bases)
    )
    return Effect.UNCERTAIN if is_owned or (holder.family, attribute.name) in _UNCERTAIN else Effect.KEY_NULLED


def _targets(schema: Schema, holder: EntityType, attribute: Attribute) -> set[str]:
    """Return the types that a key may refer to: the one that the schema states, else those with a collection."""
    target = (attribute.foreign_key or "").split(".")[0]
    if target in schema.types:
        return {target} if (attribute.name,) != holder.primary_key else set()
    return {
        owner.name
        for owner in schema.types.values()
        for each in owner.attributes.values()
        if each.is_plural and each.target in schema.types and _uses_key(schema, owner, each, holder, attribute.name)
    }


def _uses_key(schema: Schema, owner: EntityType, collection: Attribute, holder: EntityType, key: str) -> bool:
    target = str(collection.target)
    stored = schema.membership(owner.name, collection.name)
    if isinstance(stored, Inverse):
        return stored.attribute == key and (
            schema.related(target, holder.name) or holder.name in views_of(schema, target)
        )
    link, near, far = getattr(stored, "link", ""), getattr(stored, "near", ""), getattr(stored, "far", "")
    return link == holder.name and key in (near, far)
