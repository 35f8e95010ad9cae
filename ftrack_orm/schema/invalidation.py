"""Pure: from changes of entities to change notices: which values of which entities may differ from then on.

The same rules serve the operations of an own commit and the entries of an `ftrack.update`. They are derived from:

- the schema: keys and the references beside them, foreign keys and the collections that may hold their owners, primary
  keys made of other entities' ids, types that are views of the same rows;
- facts that the schema does not state: link types, keys that refer to entities of any type (`facts`), and values that
  the server derives from other entities (`derived_attributes`).

Where these leave more than one possibility, all of them are reported: an attribute that is expired needlessly costs a
request, an attribute that is not expired shows an old value as the present one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from .cascades import taken_along
from .derived_attributes import DERIVATIONS, Action, Reach
from .entity_changes import EntityChange, UnknownChange
from .facts import TREE_COLLECTIONS, TYPED_CONTEXT
from .notice_collector import NoticeCollector
from .type_rules import TypeRules
from .views import views_of

if TYPE_CHECKING:
    from ftrack_orm.values import ChangeNotice

    from .attribute import Attribute
    from .model import Schema


class Invalidation:
    """The rules for one schema; everything derived from the schema is cached."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._collections: dict[tuple[str | None, str], frozenset[str]] = {}
        self._types: dict[str, TypeRules] = {}
        self._with_attribute: dict[str, frozenset[str]] = {}
        self._local_effects: dict[tuple[str, tuple[str, ...]], tuple[str, frozenset[str] | None]] = {}
        self._own_effects: dict[tuple[str, frozenset[str] | None], frozenset[str]] = {}
        self._cascades: dict[str, list[tuple[str, frozenset[str]]]] = {}
        self._unexplained = _unexplained_attributes(schema)

    def notices(self, changes: Iterable[EntityChange | UnknownChange]) -> list[ChangeNotice]:
        """Return the notices of *changes*, one for each entity and one for each group of entities."""
        collector = NoticeCollector(self)
        for change in changes:
            if isinstance(change, UnknownChange):
                collector.add_unknown(change)
            else:
                collector.add(change)
        return collector.notices()

    def local_effect(self, entity_type: str, names: tuple[str, ...]) -> tuple[str, frozenset[str] | None]:
        """Return the family of a type, and the values of an entity that differ after an update of its *names*.

        The values are None if the update may affect other entities.
        """
        query = entity_type, names
        if query not in self._local_effects:
            rules = self.rules_of(entity_type)
            self._local_effects[query] = rules.family, self._find_local_effect(rules, frozenset(names))
        return self._local_effects[query]

    def _find_local_effect(self, rules: TypeRules, names: frozenset[str]) -> frozenset[str] | None:
        entity_type = rules.entity_type
        triggered = [
            each for each in rules.derivations if each.attributes is None or not each.attributes.isdisjoint(names)
        ]
        is_local = (
            names.isdisjoint(rules.keys)
            and names.isdisjoint(rules.conditions)
            and not any(entity_type.attributes[name].is_relation for name in names)
            and all(each.reach is Reach.ITSELF for each in triggered)
            and not rules.views
            and len(entity_type.primary_key) == 1
            and not self._unexplained
        )
        return frozenset(name for each in triggered for name in each.names) if is_local else None

    def own_effect(self, entity_type: str, names: frozenset[str] | None) -> frozenset[str]:
        """Return the values of an entity that differ after an own update of *names*, or after its creation for None."""
        query = entity_type, names
        if query not in self._own_effects:
            self._own_effects[query] = frozenset(
                name
                for each in self.rules_of(entity_type).derivations
                if each.reach is Reach.ITSELF
                and (
                    Action.CREATED in each.actions
                    if names is None
                    else each.attributes is None or not each.attributes.isdisjoint(names)
                )
                for name in each.names
            )
        return self._own_effects[query]

    def rules_of(self, entity_type: str) -> TypeRules:
        """Return the data that the rules need of an entity type."""
        rules = self._types.get(entity_type)
        if rules is None:
            rules = self._types[entity_type] = TypeRules.of(self.schema, self.schema.type(entity_type))
        return rules

    def unexplained(self) -> Mapping[str, frozenset[str]]:
        """Return the computed attributes that no fact explains, by family. They depend on everything."""
        return self._unexplained

    def derived_from_cascade(self, family: str) -> Iterable[tuple[str, frozenset[str]]]:
        """Return the values that depend on entities which a deletion in *family* takes along, by their family.

        These entities may not be known. Values of entities that are deleted too are left out.
        """
        found = self._cascades.get(family)
        if found is None:
            causes = taken_along(self.schema, family)
            found = self._cascades[family] = [
                (each.family, each.names)
                for each in DERIVATIONS
                if each.family
                and each.source in self.schema.types
                and Action.DELETED in each.actions
                and (source := self.schema.types[each.source].family) in causes
                and (
                    each.reach is Reach.ALL
                    or (each.reach is Reach.OWNER and causes[source] != {self.rules_of(each.source).keys[each.key]})
                )
            ]
        return found

    def families_with(self, names: frozenset[str]) -> Iterator[str]:
        """Yield the families that have one of the attributes *names*."""
        families: set[str] = set()
        for name in names:
            if name not in self._with_attribute:
                self._with_attribute[name] = frozenset(
                    each.family for each in self.schema.types.values() if name in each.attributes
                )
            families |= self._with_attribute[name]
        yield from sorted(families)

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
        if not attribute.is_plural or attribute.name in TREE_COLLECTIONS or attribute.target not in self.schema.types:
            return False
        target = str(attribute.target)
        if TYPED_CONTEXT in self.schema.types and target == self.schema.types[TYPED_CONTEXT].alias:
            # The collection names the internal class of all contexts below a project (PROTOCOL 8.6).
            target = TYPED_CONTEXT
        return any(self.schema.related(target, view) for view in (member, *views_of(self.schema, member)))


@functools.lru_cache(maxsize=8)
def rules_for(schema: Schema) -> Invalidation:
    """Return the rules for *schema*, the same for all who ask."""
    return Invalidation(schema)


def _unexplained_attributes(schema: Schema) -> Mapping[str, frozenset[str]]:
    explained = {(each.family, name) for each in DERIVATIONS for name in each.names}
    unexplained: dict[str, set[str]] = {}
    for entity_type in schema.types.values():
        for attribute in entity_type.attributes.values():
            is_explained = not explained.isdisjoint(((entity_type.family, attribute.name), ("", attribute.name)))
            if attribute.computed and not is_explained:
                unexplained.setdefault(entity_type.family, set()).add(attribute.name)
    return {family: frozenset(names) for family, names in unexplained.items()}
