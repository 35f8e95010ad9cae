"""Pure: from the data of an `ftrack.update` to the news of what it makes stale, by the rules the schema gives.

Facts (PROTOCOL 3.6): changes are told by internal names, which the schema has as `alias_for`, those of custom
attributes by their key; `entity_type` may be missing, `entityType` is the internal class in lower case; `parents` begin
with the entity itself and end with its project. Where the schema leaves a doubt, more is taken for stale than may be:
that costs whoever reads it a request, and the other way round would show old values as new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ftrack_orm.schema.attribute import Attribute
from ftrack_orm.schema.facts import (
    ANCESTORS,
    ASSET,
    ASSET_VERSION,
    CONTEXT,
    CUSTOM_ATTRIBUTES,
    CUSTOM_CONFIGURATION_BASE,
    DESCENDANTS,
    IS_LATEST_VERSION,
    LINK_TYPES,
    PATH_ATTRIBUTES,
    POLYMORPHIC_KEYS,
    TREE_COLLECTIONS,
    TYPED_CONTEXT,
)
from ftrack_orm.schema.model import EntityType, Schema
from ftrack_orm.values import ChangeNotice

#: Actions that put an entity somewhere or take it away, beside changing its attributes.
_PLACING = frozenset({"add", "remove", "move"})

#: A change tells what was and what is.
_SIDES = ("new", "old")


@attrs.define
class _Draft:
    """ChangeNotice of one entity while it is gathered from several places of the event."""

    entity_type: str | None = None
    names: set[str] = attrs.field(factory=set)
    derived: set[str] = attrs.field(factory=set)
    entries: set[str] = attrs.field(factory=set)
    is_suspect: bool = False
    is_new: bool = False
    is_deleted: bool = False


class Invalidation:
    """Tells what an event makes stale, for one schema; what it has found out of the schema it keeps."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._collections: dict[tuple[str | None, str], frozenset[str]] = {}
        self._legacy: dict[str, str] = {}
        # Types own their names before others, which are of the same class, share them.
        for name in schema.types:
            self._legacy.setdefault(_squeezed(name), name)
        for name, described in schema.types.items():
            self._legacy.setdefault(_squeezed(described.alias or name), name)
        # `task` is the internal class of everything below a project, not of the type called so (PROTOCOL 3.6).
        if TYPED_CONTEXT in schema.types:
            self._legacy["task"] = TYPED_CONTEXT

    def read(self, data: Mapping[str, Any]) -> list[ChangeNotice]:
        """Return the news in the data of an `ftrack.update`, one for each entity; what makes no sense is left out.

        Of an entity whose type nobody knows, and where an attribute is not known either, everything is stale.
        """
        gathering = _Gathering(self)
        listed = data.get("entities")
        for told in listed if isinstance(listed, list) else ():
            if isinstance(told, Mapping) and told.get("entityId"):
                gathering.add(told)
        return gathering.news()

    def type_of(self, told: Mapping[str, Any]) -> EntityType | None:
        """Return the type of an entity as events describe it, or None when the schema has none that fits."""
        name = told.get("entity_type")
        if not isinstance(name, str) or name not in self.schema.types:
            name = self._legacy.get(_squeezed(str(told.get("entityType") or "")))
        return None if name is None else self.schema.types[name]

    def collections(self, family: str | None, member: str) -> frozenset[str]:
        """Return the collections and mappings in which types of *family*, of any when None, may have a *member*."""
        found = self._collections.get((family, member))
        if found is None:
            found = self._collections[family, member] = frozenset(
                attribute.name
                for owner in self.schema.types.values()
                if family is None or owner.family == family
                for attribute in owner.attributes.values()
                if self._may_hold(attribute, member)
            )
        return found

    def _may_hold(self, attribute: Attribute, member: str) -> bool:
        # Nobody becomes an ancestor by being put somewhere.
        if not attribute.is_plural or attribute.name == ANCESTORS or attribute.target not in self.schema.types:
            return False
        return self.schema.related(str(attribute.target), member)


class _Gathering:
    """The news of one event while its entities are gone through."""

    def __init__(self, rules: Invalidation) -> None:
        self._rules = rules
        self._schema = rules.schema
        self._drafts: dict[tuple[str | None, tuple[str, ...]], _Draft] = {}

    def news(self) -> list[ChangeNotice]:
        """Return what was gathered."""
        return [
            ChangeNotice(
                family=family,
                key=key,
                entity_type=draft.entity_type,
                names=None if draft.is_suspect else frozenset(draft.names),
                derived=frozenset(draft.derived - draft.names),
                entries=frozenset(draft.entries),
                is_deleted=draft.is_deleted,
            )
            for (family, key), draft in self._drafts.items()
        ]

    def add(self, told: Mapping[str, Any]) -> None:
        """Take one of the event's entities, with what its change means for others."""
        action, described = told.get("action"), self._rules.type_of(told)
        if described is None:
            # Ids are unique, so whatever has this one is meant, and whatever it belongs to.
            draft = self._draft(None, (str(told["entityId"]),))
            draft.is_suspect, draft.is_deleted = True, action == "remove"
            if told.get("parentId"):
                self._draft(None, (str(told["parentId"]),)).is_suspect = True
            return
        changed = told.get("changes")
        changes: Mapping[str, Any] = changed if isinstance(changed, Mapping) else {}
        # Either may be missing (PROTOCOL 3.6).
        keys = dict.fromkeys([*(told.get("keys") or ()), *changes])
        key = self._key(described, str(told["entityId"]), changes)
        draft = self._draft(described.family, key)
        draft.entity_type = described.name
        draft.is_new, draft.is_deleted = action == "add", action == "remove"
        # `encoded`, for one, says that something happened, and not what.
        draft.is_suspect = draft.is_suspect or (not keys and action not in _PLACING)
        self._own(draft, described, keys)
        self._shown_by(described, key)
        self._ends(described, changes, action)
        self._above(described, told, action)
        self._elsewhere(described, draft, action)

    def _draft(self, family: str | None, key: tuple[str, ...]) -> _Draft:
        return self._drafts.setdefault((family, key), _Draft())

    def _key(self, described: EntityType, identifier: str, changes: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the primary key: the parts of the id, or what the changes say where the id is not made of parts."""
        names = described.primary_key
        parts = tuple(identifier.split(",", len(names) - 1))
        if len(parts) == len(names):
            return parts
        return tuple(next(iter(_ids(changes, described.attributes[name])), "") for name in names)

    # -- the entity itself ---------------------------------------------------------------------------------------------

    def _own(self, draft: _Draft, described: EntityType, keys: Iterable[str]) -> None:
        """Note which attributes of the entity itself are meant by the internal names in *keys*."""
        for key in keys:
            meant = self._meant(described, key)
            for name in meant:
                draft.names.update((name, *described.keyed_references.get(name, ())))
                draft.names.update(filter(None, (described.reference_keys.get(name),)))
            draft.entries.add(key)
            if not meant and CUSTOM_ATTRIBUTES in described.attributes:
                draft.names.add(CUSTOM_ATTRIBUTES)
            elif not meant:
                draft.is_suspect = True
        draft.derived.update(_computed(described))

    def _meant(self, described: EntityType, key: str) -> list[str]:
        """Return the attributes an internal name may mean, of the type or, where a base was told, of one below it."""
        for name in self._schema.concrete(described.name):
            attributes = self._schema.types[name].attributes.values()
            found = [attribute.name for attribute in attributes if key in (attribute.alias, attribute.name)]
            if found:
                return found
        return []

    # -- what it belongs to --------------------------------------------------------------------------------------------

    def _shown_by(self, described: EntityType, key: tuple[str, ...]) -> None:
        """Note who shows the entity as a pair of its own: metadata and custom values have their owner in their key."""
        if len(key) > 1:
            for name, part in zip(described.primary_key, key, strict=True):
                attribute = described.attributes[name]
                if part and self._is_key(described, attribute):
                    self._owner(self._family(attribute), part, described.name)

    def _ends(self, described: EntityType, changes: Mapping[str, Any], action: Any) -> None:
        """Note who got or lost the entity by a key that changed; a link has its two ends get or lose each other."""
        ends: list[tuple[str | None, str]] = []
        for attribute in described.attributes.values():
            if attribute.is_relation:
                self._members(described, attribute, changes)
            elif self._is_key(described, attribute):
                family = self._family(attribute)
                ends.extend((family, id_) for id_ in _ids(changes, attribute))
        for family, id_ in ends:
            self._owner(family, id_, described.name)
        if described.name in LINK_TYPES and action in _PLACING:
            for family, id_ in ends:
                for other, other_id in ends:
                    if other_id != id_:
                        self._tied(family, id_, other)

    def _is_key(self, described: EntityType, attribute: Attribute) -> bool:
        """Whether the values of an attribute are ids of other entities."""
        if attribute.foreign_key is not None:
            return (attribute.name,) != described.primary_key
        return attribute.name in POLYMORPHIC_KEYS

    def _family(self, attribute: Attribute) -> str | None:
        target = (attribute.foreign_key or "").split(".")[0]
        return self._schema.types[target].family if target in self._schema.types else None

    def _owner(self, family: str | None, id_: str, member: str) -> None:
        """Note that an entity got or lost a *member*, in whatever collections it may have it."""
        self._draft(family, (id_,)).derived.update(self._rules.collections(family, member))

    def _tied(self, family: str | None, id_: str, other: str | None) -> None:
        """Note that an entity was tied to one of the family *other* or is not any more.

        A list's item is told by an id alone, which may be of any family: there the list's own collection is meant.
        """
        names = self._rules.collections(family, other) if other is not None else frozenset({"items"})
        self._draft(family, (id_,)).derived.update(names)

    def _members(self, described: EntityType, attribute: Attribute, changes: Mapping[str, Any]) -> None:
        """Note the other ends of a collection that is told as a list of ids, since no type shows its links."""
        told = changes.get(attribute.alias or attribute.name)
        target = self._schema.types.get(str(attribute.target))
        if target is None or not attribute.is_plural or not isinstance(told, Mapping):
            return
        old, new = (set(map(str, each)) if isinstance(each := told.get(side), list) else set[str]() for side in _SIDES)
        for id_ in old ^ new:
            self._owner(target.family, id_, described.name)

    # -- what is around it ---------------------------------------------------------------------------------------------

    def _above(self, described: EntityType, told: Mapping[str, Any], action: Any) -> None:
        """Note what is worked out of an entity further up: sums, thumbnails, the newest version, all that is below."""
        listed = told.get("parents")
        above = [each for each in listed if isinstance(each, Mapping)][1:] if isinstance(listed, list) else []
        is_placed = action in _PLACING
        if is_placed and told.get("parentId"):
            parent = self._rules.type_of(above[0]) if above else None
            self._owner(parent.family if parent else None, str(told["parentId"]), described.name)
        for each in above if is_placed else above[:1]:
            found = self._rules.type_of(each)
            if found is not None and each.get("entityId"):
                derived = self._draft(found.family, (str(each["entityId"]),)).derived
                derived.update(_computed(found) - PATH_ATTRIBUTES)
                if is_placed and described.family == CONTEXT:
                    derived.add(DESCENDANTS)

    def _elsewhere(self, described: EntityType, draft: _Draft, action: Any) -> None:
        """Note what changes on entities that the event does not name: those below, and the versions beside."""
        is_renamed = "name" in draft.names and not draft.is_new and not draft.is_deleted
        if described.family in (CONTEXT, ASSET) and (action == "move" or is_renamed):
            self._draft(None, ()).derived.update(PATH_ATTRIBUTES)
        if described.family == CONTEXT and action == "move":
            # Those it left are above no more, and the event does not name them all.
            self._draft(CONTEXT, ()).derived.update(TREE_COLLECTIONS)
            if "project_id" in draft.names:
                self._draft(None, ()).derived.update(("project_id", "project"))
        if described.family == ASSET_VERSION and action in ("add", "remove"):
            self._draft(ASSET_VERSION, ()).derived.add(IS_LATEST_VERSION)
        if described.family == CUSTOM_CONFIGURATION_BASE:
            self._draft(None, ()).derived.add(CUSTOM_ATTRIBUTES)


def _computed(described: EntityType) -> set[str]:
    return {attribute.name for attribute in described.attributes.values() if attribute.computed}


def _squeezed(name: str) -> str:
    # Some clients say `asset_version` where events say `assetversion` (PROTOCOL 3.6).
    return name.replace("_", "").lower()


def _ids(changes: Mapping[str, Any], attribute: Attribute) -> list[str]:
    """Return the ids an attribute has and had, as the changes tell it under either of its names."""
    found: dict[str, None] = {}
    for name in filter(None, (attribute.alias, attribute.name)):
        told = changes.get(name)
        if isinstance(told, Mapping):
            found.update({str(told[side]): None for side in _SIDES if told.get(side)})
    return list(found)
