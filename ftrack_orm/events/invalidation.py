"""Pure: from the data of an `ftrack.update` to change notices: which attributes of which entities are out of date.

An entry names attributes by their internal names, which are translated here. Which values a change affects is decided
by `schema.invalidation`, as for own commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ftrack_orm.schema.derived_attributes import Action
from ftrack_orm.schema.entity_changes import EntityChange, UnknownChange
from ftrack_orm.schema.facts import CONTEXT, CUSTOM_ATTRIBUTES, PARENT_ID
from ftrack_orm.schema.foreign_keys import is_key
from ftrack_orm.schema.invalidation import rules_for
from ftrack_orm.values import ChangeNotice

from .update_entry import EntityTypes, UpdateEntries, UpdateEntry, update_entries

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema

#: A change of entities that are not known: any attribute of any entity may have changed.
EVERYTHING: Final = ChangeNotice(family=None, key=(), names=None)

#: Actions that add an entity to a parent or remove it, apart from changing its attributes (PROTOCOL 3.6).
_PLACING_ACTIONS = frozenset({"add", "remove", "move"})

_ACTIONS = {"add": Action.CREATED, "remove": Action.DELETED}


class EventInvalidation:
    """Turns the data of events into notices, for one schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._types = EntityTypes(schema)
        self._rules = rules_for(schema)

    def notices(self, data: object) -> list[ChangeNotice]:
        """Return the notices of an `ftrack.update` with these *data*.

        If the type of an entity is unknown, or an attribute is unknown, or its entry is malformed, all of its
        attributes are reported as changed. An entry that does not state its entity is reported by `EVERYTHING`.
        """
        return self.notices_of(update_entries(data, self._types))

    def notices_of(self, entries: UpdateEntries) -> list[ChangeNotice]:
        """Return the notices of entries that were read before."""
        changes: list[EntityChange | UnknownChange] = []
        is_complete = entries.is_complete
        for entry in entries.entries:
            change = self._change(entry)
            if isinstance(change, EntityChange) and not all(change.key):
                # The entity has a composite key, and the entry does not state all parts of it.
                is_complete = False
            else:
                changes.append(change)
        notices = self._rules.notices(changes)
        return notices if is_complete else [EVERYTHING, *notices]

    def read(self, data: object) -> UpdateEntries:
        """Return the entries in the data of an `ftrack.update`."""
        return update_entries(data, self._types)

    def _change(self, entry: UpdateEntry) -> EntityChange | UnknownChange:
        entity_type = entry.entity_type
        if entity_type is None:
            return UnknownChange(entry.identifier, entry.parent_id, entry.action == "remove")
        names = self._changed_names(entity_type, entry)
        ids, unknown = _ids(entity_type, entry, names)
        above = tuple(
            (None if ancestor is None else ancestor.family, id_) for ancestor, id_ in entry.ancestors() if id_
        )
        is_placed = entry.action in _PLACING_ACTIONS
        return EntityChange(
            entity_type=entity_type.name,
            key=entry.key(entity_type),
            action=_ACTIONS.get(entry.action, Action.UPDATED),
            names=names,
            entries=frozenset(entry.names),
            ids=ids,
            unknown=unknown,
            members=_members(entity_type, entry),
            derived=frozenset(each.name for each in entity_type.attributes.values() if each.computed),
            owners=((above[0][0] if above else None, entry.parent_id),) if is_placed and entry.parent_id else (),
            above=above,
            # The entry names the present entities above, not the former ones.
            is_above_complete=bool(above)
            and not entry.is_malformed
            and (entry.action in _ACTIONS or (names is not None and ids.keys().isdisjoint(names))),
        )

    def _changed_names(self, entity_type: EntityType, entry: UpdateEntry) -> frozenset[str] | None:
        """Return the attributes that the internal names of an entry stand for, None if any may have changed."""
        if entry.is_malformed or (not entry.names and entry.action not in _PLACING_ACTIONS):
            # For example, the action `encoded` names no attribute.
            return None
        found: set[str] = set()
        for internal_name in entry.names:
            names = self._attribute_names(entity_type, internal_name)
            if not names and CUSTOM_ATTRIBUTES not in entity_type.attributes:
                return None
            found.update(names or (CUSTOM_ATTRIBUTES,))
        if entry.action == "move" and entity_type.family == CONTEXT:
            found.add(PARENT_ID)
        return frozenset(found)

    def _attribute_names(self, entity_type: EntityType, internal_name: str) -> list[str]:
        """Return the attributes that an internal name stands for in the type, or else in a subtype of it."""
        for name in self.schema.concrete(entity_type.name):
            attributes = self.schema.types[name].attributes.values()
            names = [attribute.name for attribute in attributes if internal_name in (attribute.alias, attribute.name)]
            if names:
                return names
        return []


def _ids(
    entity_type: EntityType, entry: UpdateEntry, names: frozenset[str] | None
) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """Return the ids in foreign keys before and after the change, and the keys whose ids are not known."""
    ids: dict[str, tuple[str, ...]] = {}
    unknown: set[str] = set()
    for attribute in entity_type.attributes.values():
        if not is_key(entity_type, attribute):
            continue
        if attribute.name in entry.changes or attribute.alias in entry.changes:
            ids[attribute.name] = tuple(entry.ids(attribute))
            if not entry.states_ids(attribute):
                unknown.add(attribute.name)
        elif entry.is_malformed:
            unknown.add(attribute.name)
        elif entry.action in _ACTIONS and entry.changes:
            # All values of the entity are listed (PROTOCOL 3.6): the others are null.
            ids[attribute.name] = ()
        elif names is None or attribute.name in names:
            unknown.add(attribute.name)
    return ids, frozenset(unknown)


def _members(entity_type: EntityType, entry: UpdateEntry) -> dict[str, frozenset[str] | None]:
    """Return the ids added to collections or removed from them, for those that are reported as lists of ids."""
    members: dict[str, frozenset[str] | None] = {}
    for attribute in entity_type.attributes.values():
        if attribute.is_plural and not {attribute.name, attribute.alias}.isdisjoint(entry.names):
            ids = entry.members_added_or_removed(attribute)
            members[attribute.name] = None if ids is None else frozenset(ids)
    return members
