"""Edge: whose part an entity is, from itself up to its project, read for many entities at once.

Fact (PROTOCOL 3.6): the `parents` of an announced entity begin with itself and end with its project.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ftrack_orm.sandbox.tables import ENTITY_TYPE
from ftrack_orm.sandbox.writing.change_log import ChangeLog, Row
from ftrack_orm.sandbox.writing.store import Store

from .naming import Naming

#: By table: the columns that may hold the parent's id, with the parent's type; None where `parent_type` tells it.
#: The first that is set counts.
_PARENTS: Mapping[str, tuple[tuple[str, str | None], ...]] = {
    "Appointment": (("context_id", "Context"),),
    "Asset": (("context_id", "Context"),),
    "AssetVersion": (("asset_id", "Asset"),),
    "AssetVersionLink": (("to_id", "AssetVersion"),),
    "CalendarEvent": (("project_id", "Context"),),
    "CalendarEventResource": (("calendar_event_id", "CalendarEvent"),),
    "Component": (("version_id", "AssetVersion"), ("container_id", "Component")),
    "ComponentLocation": (("component_id", "Component"),),
    "Context": (("parent_id", "Context"),),
    "EntitySetting": (("parent_id", None),),
    "List": (("project_id", "Context"),),
    "ListObject": (("list_id", "List"),),
    "Manager": (("context_id", "Context"),),
    "Membership": (("group_id", "Resource"),),
    "Message": (("conversation_id", "Conversation"),),
    "Metadata": (("parent_id", None),),
    "Note": (("parent_id", None),),
    "NoteComponent": (("note_id", "Note"),),
    "NoteLabelLink": (("note_id", "Note"),),
    "Participant": (("conversation_id", "Conversation"),),
    "Recipient": (("note_id", "Note"),),
    "ReviewSession": (("project_id", "Context"),),
    "ReviewSessionInvitee": (("review_session_id", "ReviewSession"),),
    "ReviewSessionObject": (("review_session_id", "ReviewSession"),),
    "ReviewSessionObjectStatus": (("review_session_object_id", "ReviewSessionObject"),),
    "Timelog": (("context_id", "Context"),),
    "Timer": (("context_id", "Context"),),
    "TypedContextLink": (("to_id", "Context"),),
    "UserSecurityRole": (("user_id", "Resource"),),
    "UserSecurityRoleProject": (("project_id", "Context"),),
}

#: Deeper than any hierarchy; notes and components point at their own kind, and nothing keeps them from going round.
_LONGEST = 100

_Identity = tuple[str, str]


class Lineage:
    """The parents of what one request changed; those that it deleted are told as they were."""

    def __init__(self, store: Store, record: ChangeLog, naming: Naming) -> None:
        self._store = store
        self._record = record
        self._naming = naming
        self._rows: dict[_Identity, Row | None] = {}
        self._told: dict[_Identity, dict[str, Any]] = {}

    def load(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Read all parents of the rows, given with their tables: a statement a level and family, however many."""
        fresh = {parent for table, row in rows if (parent := self._parent(table, row)) is not None}
        while fresh := {identity for identity in fresh if identity not in self._rows}:
            self._read(fresh)
            found = [(identity[0], self._rows[identity]) for identity in fresh]
            parents = {self._parent(table, row) for table, row in found if row is not None}
            fresh = {parent for parent in parents if parent is not None}

    def parent_id(self, table: str, row: Row) -> str | None:
        """Return the id of the entity a row is directly part of."""
        parent = self._parent(table, row)
        return None if parent is None else parent[1]

    def of(self, table: str, row: Row, identifier: str) -> list[dict[str, Any]]:
        """Return the entity with *identifier* and all it is part of, each as an event tells it."""
        chain = [self._describe(table, row, identifier)]
        parent = self._parent(table, row)
        while parent is not None and len(chain) < _LONGEST:
            found = self._rows.get(parent)
            if found is None:
                break
            told = self._told.get(parent)
            if told is None:
                told = self._told[parent] = self._describe(parent[0], found, parent[1])
            chain.append(told)
            parent = self._parent(parent[0], found)
        return chain

    def _describe(self, table: str, row: Row, identifier: str) -> dict[str, Any]:
        return {
            "entityId": identifier,
            "entityType": self._naming.entity_type(row),
            "entity_type": row[ENTITY_TYPE],
            "parentId": self.parent_id(table, row),
        }

    def _parent(self, table: str, row: Row) -> _Identity | None:
        for column, target in _PARENTS.get(table, ()):
            id_ = row.get(column)
            if id_ is None:
                continue
            named = target or row.get("parent_type")
            if named is not None and named in self._store.schema.types:
                return self._store.tables.root(named), str(id_)
        return None

    def _read(self, identities: set[_Identity]) -> None:
        asked: dict[str, list[tuple[str]]] = {}
        for table, id_ in identities:
            change = self._record.find(table, (id_,))
            if change is not None and (change.before or change.after):
                self._rows[table, id_] = change.row
            else:
                asked.setdefault(table, []).append((id_,))
        for table, keys in asked.items():
            self._store.prefetch(table, keys)
            for key in keys:
                self._rows[table, key[0]] = self._store.find(table, key)
