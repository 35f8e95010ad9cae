"""State: the changes that one request has made, with the row of each entity before and after them.

Changes of one entity are merged: an entity that is created and deleted leaves no change, and two updates are one change
from the first row to the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

Row = dict[str, Any]
#: Tables that the server fills by itself. Their changes are not part of `ftrack.update` events, which would otherwise
#: report every change twice.
UNANNOUNCED_TABLES = frozenset({"Event", "Feed", "StatusChange"})

#: The table's name and the primary key's values.
Identity = tuple[str, tuple[Any, ...]]


@attrs.define
class RowChange:
    """The change of one entity: its row *before*, None for a new one, and *after*, None for a deleted one.

    *members* holds the ids in collections that no row shows (`scopes`), before and after, by attribute.
    """

    table: str
    key: tuple[Any, ...]
    before: Row | None
    after: Row | None
    members: dict[str, tuple[list[str], list[str]]] = attrs.field(factory=dict)

    @property
    def row(self) -> Row:
        """The current row, or the last one of a deleted entity."""
        row = self.after if self.after is not None else self.before
        assert row is not None  # `changes` leaves out entities that were created and deleted
        return row


class ChangeLog:
    """The changes of one request, ordered by the first change of each entity."""

    def __init__(self) -> None:
        self._changes: dict[Identity, RowChange] = {}
        self._actions: dict[Identity, str] = {}

    def name_action(self, table: str, key: tuple[Any, ...], action: str) -> None:
        """Announce the change of an entity as *action*, such as `encoded`, instead of `update`."""
        self._actions[table, key] = action

    def action(self, change: RowChange) -> str | None:
        """Return the name that `name_action` has given to a change, or None."""
        return self._actions.get((change.table, change.key))

    def deleted(self, table: str) -> list[tuple[Any, ...]]:
        """Return the keys of the entities of a table that were deleted."""
        return [key for (name, key), change in self._changes.items() if name == table and change.after is None]

    def find(self, table: str, key: tuple[Any, ...]) -> RowChange | None:
        """Return the change of an entity, or None for an unchanged one."""
        return self._changes.get((table, key))

    def record_insert(self, table: str, key: tuple[Any, ...], row: Row) -> None:
        """Record a new row."""
        known = self._changes.get((table, key))
        if known is None:
            self._changes[table, key] = RowChange(table, key, None, row)
        else:
            known.after = row

    def record_update(
        self, table: str, key: tuple[Any, ...], row: Mapping[str, Any], changes: Mapping[str, Any]
    ) -> None:
        """Record new values of columns; *row* is the row before this update."""
        known = self._changes.get((table, key))
        if known is None:
            self._changes[table, key] = RowChange(table, key, dict(row), {**row, **changes})
        else:
            known.after = {**(row if known.after is None else known.after), **changes}

    def record_delete(self, table: str, key: tuple[Any, ...], row: Mapping[str, Any]) -> None:
        """Record a deleted row; *row* holds its last values."""
        known = self._changes.get((table, key))
        if known is None:
            self._changes[table, key] = RowChange(table, key, dict(row), None)
        else:
            known.after = None

    def record_links(
        self, table: str, key: tuple[Any, ...], row: Row, attribute: str, old: list[str], new: list[str]
    ) -> None:
        """Record new members of a collection that is stored in a link table without an entity type."""
        known = self._changes.setdefault((table, key), RowChange(table, key, dict(row), row))
        first, _ = known.members.get(attribute, (old, new))
        known.members[attribute] = (first, new)

    def changes(self) -> Iterator[RowChange]:
        """Yield the merged changes, without those of entities that were created and deleted."""
        return (change for change in self._changes.values() if change.before is not None or change.after is not None)
