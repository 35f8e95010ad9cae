"""Pure: one entity's entry in the data of an `ftrack.update`, read with the schema.

Facts (PROTOCOL 3.6): changes use internal names, which are the schema's `alias_for`; those of custom attributes use
their keys. `entity_type` may be missing; `entityType` is the internal class in lower case. `keys` and `changes` may be
missing. `parents` begins with the entity itself and ends with its project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.schema.facts import TYPED_CONTEXT

if TYPE_CHECKING:
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.schema.model import EntityType, Schema

#: Each change has the values after and before it.
_SIDES = ("new", "old")


class EntityTypes:
    """Finds the entity types that events name, by their names in the schema or their internal classes."""

    def __init__(self, schema: Schema) -> None:
        self._types = schema.types
        self._names_by_class: dict[str, str] = {}
        # A type's own name takes precedence over the internal class of another type.
        for name in schema.types:
            self._names_by_class.setdefault(_normal_class(name), name)
        for name, entity_type in schema.types.items():
            self._names_by_class.setdefault(_normal_class(entity_type.alias or name), name)
        # `task` is the internal class of every entity below a project, not only of the type Task (PROTOCOL 3.6).
        if TYPED_CONTEXT in schema.types:
            self._names_by_class["task"] = TYPED_CONTEXT

    def type_of(self, entry: Mapping[str, Any]) -> EntityType | None:
        """Return the type of the entity in an entry or in its `parents`, or None if the schema has no such type."""
        name = entry.get("entity_type")
        if not isinstance(name, str) or name not in self._types:
            internal_class = entry.get("entityType")
            name = self._names_by_class.get(_normal_class(internal_class)) if isinstance(internal_class, str) else None
        return None if name is None else self._types[name]


class UpdateEntry:
    """The entry of one entity: its type, key, action and changes.

    *is_malformed* says that a part has another type than ftrack gives it. That part is read as missing, and any
    attribute of the entity may have changed.
    """

    def __init__(self, entry: Mapping[str, Any], types: EntityTypes) -> None:
        self._types = types
        self.entity_type = types.type_of(entry)
        self.identifier = _id_of(entry.get("entityId"))
        self.parent_id = _id_of(entry.get("parentId"))
        action, changes, keys = entry.get("action"), entry.get("changes"), entry.get("keys")
        #: `add`, `update`, `remove`, `move` or `encoded`.
        self.action = action if isinstance(action, str) else ""
        self.changes: Mapping[str, Any] = changes if isinstance(changes, dict) else {}
        names = [name for name in keys if isinstance(name, str)] if isinstance(keys, list) else []
        #: The internal names of the changed attributes.
        self.names = tuple(dict.fromkeys([*names, *self.changes]))
        self._parents = _parents_of(entry.get("parents"))
        self.is_malformed = (
            not self.action
            or not (changes is None or isinstance(changes, dict))
            or not (keys is None or (isinstance(keys, list) and len(names) == len(keys)))
            or self._parents is None
            or not _is_id(entry.get("parentId"))
            or not all(map(_is_change, self.changes.values()))
        )

    def key(self, entity_type: EntityType) -> tuple[str, ...]:
        """Return the primary key: the parts of the identifier, or else the ids in the changes."""
        names = entity_type.primary_key
        parts = tuple(self.identifier.split(",", len(names) - 1))
        if len(parts) == len(names):
            return parts
        return tuple(next(iter(self.ids(entity_type.attributes[name])), "") for name in names)

    def ids(self, attribute: Attribute) -> list[str]:
        """Return the ids after and before the change of a key attribute; empty if it did not change."""
        ids: dict[str, None] = {}
        for name in filter(None, (attribute.alias, attribute.name)):
            change = self.changes.get(name)
            if isinstance(change, dict):
                ids.update({id_: None for side in _SIDES if (id_ := _id_of(change.get(side)))})
        return list(ids)

    def states_ids(self, attribute: Attribute) -> bool:
        """Whether both sides of the change of a key attribute are ids or missing."""
        names = {attribute.alias, attribute.name}
        changes = [change for name, change in self.changes.items() if name in names]
        return all(_is_change(change) and all(_is_id(change.get(side)) for side in _SIDES) for change in changes)

    def members_added_or_removed(self, attribute: Attribute) -> set[str] | None:
        """Return the ids that only one side of a change has, for a collection that is reported as lists of ids.

        Return None if the change has no lists of ids.
        """
        change = self.changes.get(attribute.alias or attribute.name)
        if not isinstance(change, dict) or not any(isinstance(change.get(side), list) for side in _SIDES):
            return None
        sides = [change.get(side) or [] for side in _SIDES]
        if not all(isinstance(ids, list) and all(map(_is_id, ids)) for ids in sides):
            return None
        new, old = (set(map(str, ids)) for ids in sides)
        return new ^ old

    def ancestors(self) -> Iterator[tuple[EntityType | None, str]]:
        """Yield the type and id of each ancestor, from the parent to the project; a missing id is empty."""
        for parent in (self._parents or [])[1:]:
            yield self._types.type_of(parent), _id_of(parent.get("entityId"))


@attrs.frozen
class UpdateEntries:
    """The *entries* of an `ftrack.update`. *is_complete* is False if some do not state which entity they are about."""

    entries: tuple[UpdateEntry, ...]
    is_complete: bool = True

    @property
    def malformed(self) -> int:
        """The number of malformed entries; those without an entity count as one."""
        return sum(entry.is_malformed for entry in self.entries) + (not self.is_complete)


def update_entries(data: object, types: EntityTypes) -> UpdateEntries:
    """Return the entries in the data of an `ftrack.update`."""
    entries = data.get("entities") if isinstance(data, Mapping) else None
    if not isinstance(entries, list):
        return UpdateEntries((), is_complete=False)
    read = [UpdateEntry(entry, types) for entry in entries if isinstance(entry, dict) and _id_of(entry.get("entityId"))]
    return UpdateEntries(tuple(read), is_complete=len(read) == len(entries))


def _is_id(value: Any) -> bool:
    """Whether a value is an id or None. Some ids are numbers."""
    return value is None or isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def _id_of(value: Any) -> str:
    """Return an id as text, empty for a missing one and for a value of another type."""
    return str(value) if value and _is_id(value) else ""


def _is_change(change: Any) -> bool:
    return isinstance(change, dict) and not change.keys().isdisjoint(_SIDES)


def _parents_of(parents: Any) -> list[dict[str, Any]] | None:
    """Return the `parents` of an entry, empty if it has none, or None if they are malformed."""
    if parents is None:
        return []
    is_usable = isinstance(parents, list) and all(isinstance(parent, dict) for parent in parents)
    return parents if is_usable else None


def _normal_class(name: str) -> str:
    # Some clients write `asset_version` where events have `assetversion` (PROTOCOL 3.6).
    return name.replace("_", "").lower()
