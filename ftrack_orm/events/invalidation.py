"""Pure: from the data of an `ftrack.update` to change notices: which attributes of which entities are out of date.

The notices of an event are derived from these facts:

- the schema: `alias_for` and names, keys and the references beside them, primary keys made of other entities' ids,
  foreign keys and the collections that may hold their owners, computed attributes;
- the entry's action, changes, parent and ancestors, see `update_entry`;
- facts that the schema does not state, from `schema.facts`: which types only link two others, which keys may refer to
  entities of any type, and which attributes change on entities that no entry names.

Where these leave more than one possibility, all of them are reported: an attribute that is expired needlessly costs a
request, an attribute that is not expired shows an old value as the present one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

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
)
from ftrack_orm.values import ChangeNotice

from .update_entry import EntityTypes, UpdateEntry, update_entries

if TYPE_CHECKING:
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.schema.model import EntityType, Schema

#: Actions that add an entity to a parent or remove it, apart from changing its attributes (PROTOCOL 3.6).
PLACING_ACTIONS = frozenset({"add", "remove", "move"})


class Invalidation:
    """The rules for one schema; everything derived from the schema is cached."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._types = EntityTypes(schema)
        self._collections: dict[tuple[str | None, str], frozenset[str]] = {}

    def notices(self, data: Mapping[str, Any]) -> list[ChangeNotice]:
        """Return the notices of an `ftrack.update` with these *data*, one for each entity; skip malformed entries.

        If the type of an entity is unknown, or an attribute is unknown, all attributes are reported as changed.
        """
        collector = _NoticeCollector(self)
        for entry in update_entries(data, self._types):
            collector.add(entry)
        return collector.notices()

    def collections_of(self, family: str | None, member: str) -> frozenset[str]:
        """Return the collections and mappings of types of *family* that may have a *member*; None means any family."""
        names = self._collections.get((family, member))
        if names is None:
            names = self._collections[family, member] = frozenset(
                attribute.name
                for owner in self.schema.types.values()
                if family is None or owner.family == family
                for attribute in owner.attributes.values()
                if self._may_have_member(attribute, member)
            )
        return names

    def _may_have_member(self, attribute: Attribute, member: str) -> bool:
        if not attribute.is_plural or attribute.name == ANCESTORS or attribute.target not in self.schema.types:
            return False
        return self.schema.related(str(attribute.target), member)


@attrs.define
class _Draft:
    """The notice of one entity while it is collected from several entries of the event."""

    entity_type: str | None = None
    names: set[str] = attrs.field(factory=set)
    derived: set[str] = attrs.field(factory=set)
    entries: set[str] = attrs.field(factory=set)
    #: Whether any attribute may have changed.
    is_unspecific: bool = False
    is_new: bool = False
    is_deleted: bool = False


class _NoticeCollector:
    """Collects the notices of one event from its entries."""

    def __init__(self, rules: Invalidation) -> None:
        self._rules = rules
        self._schema = rules.schema
        self._drafts: dict[tuple[str | None, tuple[str, ...]], _Draft] = {}

    def notices(self) -> list[ChangeNotice]:
        """Return the collected notices."""
        return [
            ChangeNotice(
                family=family,
                key=key,
                entity_type=draft.entity_type,
                names=None if draft.is_unspecific else frozenset(draft.names),
                derived=frozenset(draft.derived - draft.names),
                entries=frozenset(draft.entries),
                is_deleted=draft.is_deleted,
            )
            for (family, key), draft in self._drafts.items()
        ]

    def add(self, entry: UpdateEntry) -> None:
        """Collect the notices of one entry: for its own entity and for all others that its change affects."""
        entity_type = entry.entity_type
        if entity_type is None:
            self._add_unknown(entry)
            return
        key = entry.key(entity_type)
        draft = self._draft(entity_type.family, key)
        draft.entity_type = entity_type.name
        draft.is_new, draft.is_deleted = entry.action == "add", entry.action == "remove"
        if not entry.names and entry.action not in PLACING_ACTIONS:
            # For example, the action `encoded` names no attribute.
            draft.is_unspecific = True
        self._add_own(draft, entity_type, entry)
        self._add_owners_in_key(entity_type, key)
        self._add_owners(entity_type, entry)
        self._add_ancestors(entity_type, entry)
        self._add_unnamed(entity_type, entry, draft)

    def _draft(self, family: str | None, key: tuple[str, ...]) -> _Draft:
        """Return the draft of an entity.

        Without a *family* it is that of the entity with the key, because ids are unique. Without a *key* it is that of
        all entities.
        """
        return self._drafts.setdefault((family, key), _Draft())

    def _add_unknown(self, entry: UpdateEntry) -> None:
        draft = self._draft(None, (entry.identifier,))
        draft.is_unspecific, draft.is_deleted = True, entry.action == "remove"
        if entry.parent_id:
            self._draft(None, (entry.parent_id,)).is_unspecific = True

    # -- the entity itself ---------------------------------------------------------------------------------------------

    def _add_own(self, draft: _Draft, entity_type: EntityType, entry: UpdateEntry) -> None:
        """Add the entity's attributes that the internal names stand for, and the computed ones."""
        for internal_name in entry.names:
            names = self._attribute_names(entity_type, internal_name)
            for name in names:
                draft.names.update((name, *entity_type.keyed_references.get(name, ())))
                draft.names.update(filter(None, (entity_type.reference_keys.get(name),)))
            draft.entries.add(internal_name)
            if not names and CUSTOM_ATTRIBUTES in entity_type.attributes:
                draft.names.add(CUSTOM_ATTRIBUTES)
            elif not names:
                draft.is_unspecific = True
        draft.derived.update(_computed(entity_type))

    def _attribute_names(self, entity_type: EntityType, internal_name: str) -> list[str]:
        """Return the attributes that an internal name stands for in the type, or else in a subtype of it."""
        for name in self._schema.concrete(entity_type.name):
            attributes = self._schema.types[name].attributes.values()
            names = [attribute.name for attribute in attributes if internal_name in (attribute.alias, attribute.name)]
            if names:
                return names
        return []

    # -- entities with the changed one in a collection -----------------------------------------------------------------

    def _add_owners_in_key(self, entity_type: EntityType, key: tuple[str, ...]) -> None:
        """Add the owners whose ids are part of the primary key, as that of metadata and custom attribute values."""
        if len(key) > 1:
            for name, part in zip(entity_type.primary_key, key, strict=True):
                attribute = entity_type.attributes[name]
                if part and self._is_key(entity_type, attribute):
                    self._add_owner(self._target_family(attribute), part, entity_type.name)

    def _add_owners(self, entity_type: EntityType, entry: UpdateEntry) -> None:
        """Add the entities that changed keys refer to; if the type is a link, they are members of each other."""
        ends: list[tuple[str | None, str]] = []
        for attribute in entity_type.attributes.values():
            if attribute.is_relation:
                self._add_members(entity_type, attribute, entry)
            elif self._is_key(entity_type, attribute):
                family = self._target_family(attribute)
                ends.extend((family, id_) for id_ in entry.ids(attribute))
        for family, id_ in ends:
            self._add_owner(family, id_, entity_type.name)
        if entity_type.name in LINK_TYPES and entry.action in PLACING_ACTIONS:
            for family, id_ in ends:
                for other_family, other_id in ends:
                    if other_id != id_:
                        self._add_linked(family, id_, other_family)

    def _add_owner(self, family: str | None, id_: str, member: str) -> None:
        """Add every collection of an entity that may have gained or lost a *member*."""
        self._draft(family, (id_,)).derived.update(self._rules.collections_of(family, member))

    def _add_linked(self, family: str | None, id_: str, other_family: str | None) -> None:
        """Add the collections of an entity that was linked to, or unlinked from, one of *other_family*.

        The item of a list may be of any family; then the collection is the list's `items`.
        """
        names = frozenset({"items"})
        if other_family is not None:
            names = self._rules.collections_of(family, other_family)
        self._draft(family, (id_,)).derived.update(names)

    def _add_members(self, entity_type: EntityType, attribute: Attribute, entry: UpdateEntry) -> None:
        """Add the members of a collection that is reported as lists of ids, because its links have no type."""
        target = self._schema.types.get(str(attribute.target))
        if target is not None and attribute.is_plural:
            for id_ in entry.members_added_or_removed(attribute):
                self._add_owner(target.family, id_, entity_type.name)

    def _is_key(self, entity_type: EntityType, attribute: Attribute) -> bool:
        """Whether the values of an attribute are ids of other entities."""
        if attribute.foreign_key is not None:
            return (attribute.name,) != entity_type.primary_key
        return attribute.name in POLYMORPHIC_KEYS

    def _target_family(self, attribute: Attribute) -> str | None:
        target = (attribute.foreign_key or "").split(".")[0]
        return self._schema.types[target].family if target in self._schema.types else None

    # -- entities above, below and beside ------------------------------------------------------------------------------

    def _add_ancestors(self, entity_type: EntityType, entry: UpdateEntry) -> None:
        """Add the computed attributes of the parent; if the entity was placed, of all ancestors, and their contents."""
        is_placed = entry.action in PLACING_ACTIONS
        ancestors = list(entry.ancestors())
        if is_placed and entry.parent_id:
            parent = ancestors[0][0] if ancestors else None
            self._add_owner(parent.family if parent else None, entry.parent_id, entity_type.name)
        for ancestor, id_ in ancestors if is_placed else ancestors[:1]:
            if ancestor is not None and id_:
                derived = self._draft(ancestor.family, (id_,)).derived
                derived.update(_computed(ancestor) - PATH_ATTRIBUTES)
                if is_placed and entity_type.family == CONTEXT:
                    derived.add(DESCENDANTS)

    def _add_unnamed(self, entity_type: EntityType, entry: UpdateEntry, draft: _Draft) -> None:
        """Add the attributes of entities that the event does not name: those below, and other versions of an asset."""
        family = entity_type.family
        is_renamed = "name" in draft.names and not draft.is_new and not draft.is_deleted
        if family in (CONTEXT, ASSET) and (entry.action == "move" or is_renamed):
            self._draft(None, ()).derived.update(PATH_ATTRIBUTES)
        if family == CONTEXT and entry.action == "move":
            # The event does not name all former ancestors.
            self._draft(CONTEXT, ()).derived.update(TREE_COLLECTIONS)
            if "project_id" in draft.names:
                self._draft(None, ()).derived.update(("project_id", "project"))
        if family == ASSET_VERSION and entry.action in ("add", "remove"):
            self._draft(ASSET_VERSION, ()).derived.add(IS_LATEST_VERSION)
        if family == CUSTOM_CONFIGURATION_BASE:
            self._draft(None, ()).derived.add(CUSTOM_ATTRIBUTES)


def _computed(entity_type: EntityType) -> set[str]:
    return {attribute.name for attribute in entity_type.attributes.values() if attribute.computed}
