"""Pure: collects the notices of several changes, one for each entity and one for each group of entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.values import ChangeNotice, Member

from .derived_attributes import Action, Derivation, Reach
from .facts import CUSTOM_ATTRIBUTES, LINK_TYPES
from .views import views_of

if TYPE_CHECKING:
    from .entity_changes import EntityChange, UnknownChange
    from .invalidation import Invalidation
    from .model import EntityType
    from .type_rules import TypeRules


#: The filter of a notice about the entities inside others; no attribute has this name.
_BELOW = "*below*"

#: The filter of a notice about the collections that contain one of their members; no attribute has this name.
_LEFT = "*left*"


@attrs.frozen
class _Target:
    """The entities that a notice is about: one, all of a family, or those that a filter of a notice selects.

    The filter is the name of an attribute with the ids that it may hold; `_BELOW` stands for the ids of what contains
    the entity, `_LEFT` for the members that have left a collection of it.
    """

    family: str | None
    key: tuple[str, ...] = ()
    filter: str = ""
    ids: frozenset[str] = frozenset()


@attrs.define
class _Draft:
    """A notice while it is collected."""

    entity_type: str | None = None
    names: set[str] = attrs.field(factory=set)
    derived: set[str] = attrs.field(factory=set)
    entries: set[str] = attrs.field(factory=set)
    #: By collection that is derived for no other reason, the entities that may have joined or left it.
    members: dict[str, set[Member]] = attrs.field(factory=dict)
    #: Whether any attribute may have changed.
    is_unspecific: bool = False
    is_deleted: bool = False

    def add_collections(self, names: frozenset[str], members: Iterable[Member]) -> None:
        """Add collections that *members* may have joined or left."""
        for name in names:
            if name not in self.derived:
                self.members.setdefault(name, set()).update(members)

    def content(self) -> tuple[object, ...]:
        """Return a value that is equal for drafts which differ in nothing."""
        members = frozenset((name, frozenset(each)) for name, each in self.members.items())
        sets = (frozenset(each) for each in (self.names, self.derived, self.entries))
        return self.entity_type, *sets, members, self.is_unspecific, self.is_deleted

    def notice(self, target: _Target) -> ChangeNotice:
        """Return the notice of this draft."""
        members = {
            name: frozenset(each)
            for name, each in self.members.items()
            if name not in self.derived and name not in self.names
        }
        return ChangeNotice(
            family=target.family,
            key=target.key,
            entity_type=self.entity_type,
            names=None if self.is_unspecific else frozenset(self.names),
            derived=frozenset((self.derived | self.members.keys()) - self.names),
            entries=frozenset(self.entries),
            members=members,
            below=target.ids if target.filter == _BELOW else frozenset(),
            holding=(target.filter, target.ids) if target.filter not in ("", _BELOW, _LEFT) else None,
            has_left=target.filter == _LEFT,
            is_deleted=self.is_deleted,
        )


class NoticeCollector:
    """Collects the notices of several changes."""

    def __init__(self, rules: Invalidation) -> None:
        self._rules = rules
        self._schema = rules.schema
        self._drafts: dict[_Target, _Draft] = {}

    def notices(self) -> list[ChangeNotice]:
        """Return the collected notices."""
        if self._drafts:
            for family, names in self._rules.unexplained().items():
                self._draft(family).derived |= names
        return [draft.notice(target) for target, draft in self._combined()]

    def _combined(self) -> Iterator[tuple[_Target, _Draft]]:
        """Yield the drafts, those that differ only in the ids of their filter as one.

        Each notice with a filter visits the entities of its family, and a thousand moved tasks have a thousand of them.
        """
        similar: dict[tuple[object, ...], tuple[_Target, _Draft, set[str]]] = {}
        for target, draft in self._drafts.items():
            if target.filter:
                query = target.family, target.filter, draft.content()
                similar.setdefault(query, (target, draft, set()))[2].update(target.ids)
            else:
                yield target, draft
        for target, draft, ids in similar.values():
            yield attrs.evolve(target, ids=frozenset(ids)), draft

    def _draft(
        self, family: str | None, key: tuple[str, ...] = (), filter: str = "", ids: frozenset[str] = frozenset()
    ) -> _Draft:
        return self._drafts.setdefault(_Target(family, key, filter, ids), _Draft())

    def add_unknown(self, change: UnknownChange) -> None:
        """Collect the notices of an entity of unknown type and of its parent: any attribute may have changed."""
        draft = self._draft(None, (change.id,))
        draft.is_unspecific, draft.is_deleted = True, change.is_deleted
        if change.parent_id:
            self._draft(None, (change.parent_id,)).is_unspecific = True

    def add(self, change: EntityChange) -> None:
        """Collect the notices of one change: for its own entity and for all others that it affects."""
        rules = self._rules.rules_of(change.entity_type)
        self._add_own(rules, change)
        self._add_owners_in_key(rules, change)
        self._add_owners(rules, change)
        self._add_members(rules, change)
        for derivation in rules.derivations:
            if _triggers(derivation, change) and not (change.is_own and derivation.reach is Reach.ITSELF):
                self._add_derived(derivation, rules, change)
        if change.action is Action.DELETED:
            for family, names in self._rules.derived_from_cascade(rules.entity_type.family):
                self._draft(family).derived |= names

    # -- the entity itself ---------------------------------------------------------------------------------------------

    def _add_own(self, rules: TypeRules, change: EntityChange) -> None:
        """Add the changed attributes of the entity, in every view of its row."""
        entity_type = rules.entity_type
        for view in rules.views if change.is_own else (entity_type.name, *rules.views):
            described = self._schema.types[view]
            draft = self._draft(described.family, change.key)
            draft.entity_type = view
            draft.is_deleted = change.action is Action.DELETED
            if change.names is None:
                draft.is_unspecific = True
            for name in change.names or ():
                draft.names.update((name, *described.keyed_references.get(name, ())))
                draft.names.update(filter(None, (described.reference_keys.get(name),)))
            draft.entries |= change.entries
        if change.derived:
            self._draft(entity_type.family, change.key).derived |= change.derived
        if change.entries and CUSTOM_ATTRIBUTES in (change.names or ()):
            self._add_values_of(entity_type, change.key)

    def _add_values_of(self, entity_type: EntityType, key: tuple[str, ...]) -> None:
        """Add the rows that hold the custom attributes of an entity. The change does not name them."""
        target = str(entity_type.attributes[CUSTOM_ATTRIBUTES].target)
        if target not in self._schema.types:
            return
        for view in (target, *views_of(self._schema, target)):
            described = self._schema.types[view]
            names = described.attributes.keys() - set(described.primary_key)
            self._draft(described.family, filter="entity_id", ids=frozenset(key)).derived |= names
        for name, family in self._rules.rules_of(target).keys.items():
            if family is not None and name != "entity_id":
                self._draft(family).derived |= self._rules.collections_of(family, target)

    # -- entities with the changed one in a collection -----------------------------------------------------------------

    def _add_owners_in_key(self, rules: TypeRules, change: EntityChange) -> None:
        """Add the owners whose ids are part of the primary key, as that of metadata and custom attribute values."""
        entity_type, members = rules.entity_type, _identities(rules.entity_type, change)
        if len(change.key) > 1:
            for name, part in zip(entity_type.primary_key, change.key, strict=True):
                if part and name in rules.keys:
                    self._add_owner(rules.keys[name], part, entity_type.name, members)

    def _add_owners(self, rules: TypeRules, change: EntityChange) -> None:
        """Add the entities that changed keys refer to; if the type is a link, they are members of each other."""
        entity_type, members = rules.entity_type, _identities(rules.entity_type, change)
        are_all_affected = (
            change.action is not Action.UPDATED
            or change.names is None
            or not rules.conditions.isdisjoint(change.names)
            or (entity_type.name in LINK_TYPES and not change.names.isdisjoint(rules.keys))
        )
        ends: list[tuple[str, str | None, str]] = []
        for name, family in rules.keys.items():
            if not are_all_affected and name not in (change.names or ()):
                continue
            ends.extend((name, family, id_) for id_ in change.ids.get(name, ()))
            is_unknown = name in change.unknown or (are_all_affected and name not in change.ids)
            if is_unknown and name not in entity_type.primary_key:
                # An own update sets the present id, so that only the former one can be missing.
                has_left = change.is_own and change.action is Action.UPDATED and name in change.unknown
                for each in (family,) if family else self._owning_families(entity_type.name):
                    draft = self._draft(each, filter=_LEFT if has_left else "")
                    draft.add_collections(self._rules.collections_of(each, entity_type.name), members)
        for family, id_ in (*((family, id_) for _, family, id_ in ends), *change.owners):
            self._add_owner(family, id_, entity_type.name, members)
        if entity_type.name in LINK_TYPES:
            self._add_linked(rules, change, ends)

    def _owning_families(self, member: str) -> list[str]:
        families = {owner.family for owner in self._schema.types.values()}
        return sorted(family for family in families if self._rules.collections_of(family, member))

    def _add_owner(self, family: str | None, id_: str, member_type: str, members: Iterable[Member]) -> None:
        """Add every collection of an entity that may have gained or lost a *member*."""
        self._draft(family, (id_,)).add_collections(self._rules.collections_of(family, member_type), members)

    def _add_linked(self, rules: TypeRules, change: EntityChange, ends: list[tuple[str, str | None, str]]) -> None:
        """Add the collections in which the entities at both ends of a link show each other.

        The item of a list may be of any family; then the collection is the list's `items`.
        """
        for name, family, id_ in ends:
            others = [end for end in ends if end[0] != name]
            for _, other_family, other_id in others:
                names = self._linked_collections(family, other_family)
                self._draft(family, (id_,)).add_collections(names, [(other_family or "", (other_id,))])
        known = {name for name, _, _ in ends}
        for name, family in rules.keys.items():
            if not known or (name in known and name not in change.unknown):
                continue
            # One of the ends is not known: every entity that could be it may show the other one.
            for other_name, other_family in rules.keys.items():
                if other_name == name:
                    continue
                for each in (family,) if family else self._linked_families(other_family):
                    self._draft(each).derived |= self._linked_collections(each, other_family)
                for end_name, end_family, id_ in ends:
                    if end_name == other_name:
                        self._draft(end_family, (id_,)).derived |= self._linked_collections(end_family, family)

    def _linked_families(self, other_family: str | None) -> list[str]:
        """Return the families whose entities may be linked to one of *other_family*."""
        return [] if other_family is None else self._owning_families(other_family)

    def _linked_collections(self, family: str | None, other_family: str | None) -> frozenset[str]:
        return frozenset({"items"}) if other_family is None else self._rules.collections_of(family, other_family)

    def _add_members(self, rules: TypeRules, change: EntityChange) -> None:
        """Add the members of collections that are changed as lists, because their links have no type."""
        owner = _identities(rules.entity_type, change)
        for name, ids in change.members.items():
            target = self._schema.types.get(str(rules.entity_type.attributes[name].target))
            if target is None:
                continue
            if ids is None:
                self._draft(target.family).derived |= self._rules.collections_of(target.family, rules.entity_type.name)
            for id_ in ids or ():
                self._add_owner(target.family, id_, rules.entity_type.name, owner)

    # -- derived values ------------------------------------------------------------------------------------------------

    def _add_derived(self, derivation: Derivation, rules: TypeRules, change: EntityChange) -> None:
        """Add the values of a derivation on the entities that it reaches."""
        for family in (derivation.family,) if derivation.family else self._families(derivation, rules):
            for draft in self._reached(derivation, family, change):
                draft.derived |= derivation.names

    def _families(self, derivation: Derivation, rules: TypeRules) -> Iterable[str]:
        if derivation.reach is Reach.ITSELF:
            return (rules.entity_type.family,)
        return self._rules.families_with(derivation.names)

    def _reached(self, derivation: Derivation, family: str, change: EntityChange) -> Iterator[_Draft]:
        reach, key = derivation.reach, derivation.key
        is_key_unknown = key in change.unknown or key not in change.ids
        if reach is Reach.ITSELF:
            yield self._draft(family, change.key)
        elif reach is Reach.BELOW:
            yield self._draft(family, change.key)
            yield self._draft(family, filter=_BELOW, ids=frozenset(change.key))
        elif reach is Reach.ABOVE:
            for above_family, id_ in change.above:
                if above_family in (None, family):
                    yield self._draft(family, (id_,))
            if not change.is_above_complete:
                yield self._draft(family)
        elif reach is Reach.OWNER and not is_key_unknown:
            yield from (self._draft(family, (id_,)) for id_ in change.ids[key])
        elif reach is Reach.SIBLINGS and not is_key_unknown:
            yield self._draft(family, change.key)
            yield self._draft(family, filter=key, ids=frozenset(change.ids[key]))
        else:
            yield self._draft(family)


def _triggers(derivation: Derivation, change: EntityChange) -> bool:
    if change.action is not Action.UPDATED:
        return change.action in derivation.actions
    if derivation.attributes is None or change.names is None:
        return True
    return not derivation.attributes.isdisjoint(change.names)


def _identities(entity_type: EntityType, change: EntityChange) -> list[Member]:
    family = entity_type.family
    return [(family, key) for key in (change.key, *change.alike)]
