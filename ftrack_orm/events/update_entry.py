"""Pure: one entity's entry in the data of an `ftrack.update`, read with the schema.

Facts (PROTOCOL 3.6): changes use internal names, which are the schema's `alias_for`; those of custom attributes use
their keys. `entity_type` may be missing; `entityType` is the internal class in lower case. `keys` and `changes` may be
missing. `parents` begins with the entity itself and ends with its project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

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
            name = self._names_by_class.get(_normal_class(str(entry.get("entityType") or "")))
        return None if name is None else self._types[name]


class UpdateEntry:
    """The entry of one entity: its type, key, action and changes."""

    def __init__(self, entry: Mapping[str, Any], types: EntityTypes) -> None:
        self._types = types
        self._parents = entry.get("parents")
        self.entity_type = types.type_of(entry)
        self.identifier = str(entry["entityId"])
        self.parent_id = str(entry.get("parentId") or "")
        #: `add`, `update`, `remove`, `move` or `encoded`.
        self.action = str(entry.get("action"))
        changes = entry.get("changes")
        self.changes: Mapping[str, Any] = changes if isinstance(changes, Mapping) else {}
        keys = entry.get("keys")
        #: The internal names of the changed attributes.
        self.names = tuple(dict.fromkeys(map(str, [*(keys if isinstance(keys, list) else ()), *self.changes])))

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
            if isinstance(change, Mapping):
                ids.update({str(change[side]): None for side in _SIDES if change.get(side)})
        return list(ids)

    def members_added_or_removed(self, attribute: Attribute) -> set[str] | None:
        """Return the ids that only one side of a change has, for a collection that is reported as lists of ids.

        Return None if the change has no lists.
        """
        change = self.changes.get(attribute.alias or attribute.name)
        if not isinstance(change, Mapping) or not any(isinstance(change.get(side), list) for side in _SIDES):
            return None
        new, old = (set(map(str, ids)) if isinstance(ids := change.get(side), list) else set() for side in _SIDES)
        return new ^ old

    def ancestors(self) -> Iterator[tuple[EntityType | None, str]]:
        """Yield the type and id of each ancestor, from the parent to the project; a missing id is empty."""
        parents = self._parents if isinstance(self._parents, list) else []
        for parent in [parent for parent in parents if isinstance(parent, Mapping)][1:]:
            yield self._types.type_of(parent), str(parent.get("entityId") or "")


def update_entries(data: Mapping[str, Any], types: EntityTypes) -> Iterator[UpdateEntry]:
    """Yield the entries in the data of an `ftrack.update`; malformed ones are skipped."""
    entries = data.get("entities")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and entry.get("entityId"):
            yield UpdateEntry(entry, types)


def _normal_class(name: str) -> str:
    # Some clients write `asset_version` where events have `assetversion` (PROTOCOL 3.6).
    return name.replace("_", "").lower()
