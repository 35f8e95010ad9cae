"""Edge: the chains of parents from an entity up to its project, loaded for many entities at once.

Fact (PROTOCOL 3.6): the `parents` of an announced entity begin with the entity itself and end with its project.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.sandbox.tables import ENTITY_TYPE

if TYPE_CHECKING:
    from ftrack_orm.sandbox.writing.change_log import ChangeLog, Row
    from ftrack_orm.sandbox.writing.store import Store

    from .internal_names import InternalNames

#: For each table the columns that may hold the id of the parent, with the type of the parent. None means that the
#: column `parent_type` names the type. The first column with a value applies.
_PARENT_COLUMNS: Mapping[str, tuple[tuple[str, str | None], ...]] = {
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

#: Ends a chain that is a cycle: components refer to their own kind, and no rule forbids cycles.
_MAX_CHAIN_LENGTH = 100

#: The table and the id of a parent, which never has a key of several values.
_Identity = tuple[str, str]


class ParentChains:
    """The parents of the entities that one request changed. Deleted ones are described by their last row."""

    def __init__(self, store: Store, change_log: ChangeLog, names: InternalNames) -> None:
        self._store = store
        self._change_log = change_log
        self._names = names
        self._rows: dict[_Identity, Row | None] = {}
        self._descriptions: dict[_Identity, dict[str, Any]] = {}

    def load(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Load all parents of the rows, given with their tables, with one statement per level and table."""
        missing = {parent for table, row in rows if (parent := self._parent(table, row)) is not None}
        while missing := {identity for identity in missing if identity not in self._rows}:
            self._load_rows(missing)
            loaded = [(identity[0], self._rows[identity]) for identity in missing]
            parents = {self._parent(table, row) for table, row in loaded if row is not None}
            missing = {parent for parent in parents if parent is not None}

    def parent_id(self, table: str, row: Row) -> str | None:
        """Return the id of the direct parent of a row."""
        parent = self._parent(table, row)
        return None if parent is None else parent[1]

    def chain(self, table: str, row: Row, identifier: str) -> list[dict[str, Any]]:
        """Return the `parents` of the entity with *identifier*: the entity and everything it is part of."""
        chain = [self._describe(table, row, identifier)]
        parent = self._parent(table, row)
        while parent is not None and len(chain) < _MAX_CHAIN_LENGTH:
            parent_row = self._rows.get(parent)
            if parent_row is None:
                break
            description = self._descriptions.get(parent)
            if description is None:
                description = self._descriptions[parent] = self._describe(parent[0], parent_row, parent[1])
            chain.append(description)
            parent = self._parent(parent[0], parent_row)
        return chain

    def _describe(self, table: str, row: Row, identifier: str) -> dict[str, Any]:
        return {
            "entityId": identifier,
            "entityType": self._names.entity_type(row),
            "entity_type": row[ENTITY_TYPE],
            "parentId": self.parent_id(table, row),
        }

    def _parent(self, table: str, row: Row) -> _Identity | None:
        for column, target in _PARENT_COLUMNS.get(table, ()):
            id_ = row.get(column)
            if id_ is None:
                continue
            entity_type = target or row.get("parent_type")
            if entity_type is not None and entity_type in self._store.schema.types:
                return self._store.tables.root(entity_type), str(id_)
        return None

    def _load_rows(self, identities: set[_Identity]) -> None:
        stored: dict[str, list[tuple[str]]] = {}
        for table, id_ in identities:
            change = self._change_log.find(table, (id_,))
            if change is not None and (change.before or change.after):
                self._rows[table, id_] = change.row
            else:
                stored.setdefault(table, []).append((id_,))
        for table, keys in stored.items():
            self._store.prefetch(table, keys)
            for key in keys:
                self._rows[table, key[0]] = self._store.find(table, key)
