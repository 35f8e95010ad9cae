"""State: what one request has changed so far, entity by entity, as it was before and as it is now.

Changes of one entity come together: created and deleted again is nothing, changed twice is one change from the first
value to the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

Row = dict[str, Any]
#: Tables of what the server notes down by itself; they are not announced, which would make every change two.
UNANNOUNCED_TABLES = frozenset({"Event", "Feed", "StatusChange"})

#: The table's name and the primary key's values.
Identity = tuple[str, tuple[Any, ...]]


@attrs.define
class RowChange:
    """One entity's change: its row *before* and *after*, None where there was or is none.

    *members* holds what collections had and have that no row shows (`scopes`), by attribute, as two lists of ids.
    """

    table: str
    key: tuple[Any, ...]
    before: Row | None
    after: Row | None
    members: dict[str, tuple[list[str], list[str]]] = attrs.field(factory=dict)

    @property
    def row(self) -> Row:
        """The newest row there is: of a deleted entity, the one it had."""
        row = self.after if self.after is not None else self.before
        assert row is not None  # `changes` leaves out what came and went
        return row


class ChangeLog:
    """The changes of one request, in the order in which their entities were first touched."""

    def __init__(self) -> None:
        self._changes: dict[Identity, RowChange] = {}

    def find(self, table: str, key: tuple[Any, ...]) -> RowChange | None:
        """Return the change of an entity, or None for one that was left alone."""
        return self._changes.get((table, key))

    def added(self, table: str, key: tuple[Any, ...], row: Row) -> None:
        """Note a new row."""
        known = self._changes.get((table, key))
        if known is None:
            self._changes[table, key] = RowChange(table, key, None, row)
        else:
            known.after = row

    def changed(self, table: str, key: tuple[Any, ...], row: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        """Note that columns of a row, given as it was until now, were set."""
        known = self._changes.get((table, key))
        if known is None:
            self._changes[table, key] = RowChange(table, key, dict(row), {**row, **changes})
        else:
            known.after = {**(row if known.after is None else known.after), **changes}

    def removed(self, table: str, key: tuple[Any, ...], row: Mapping[str, Any]) -> None:
        """Note that a row, given as it was until now, is gone."""
        known = self._changes.get((table, key))
        if known is None:
            self._changes[table, key] = RowChange(table, key, dict(row), None)
        else:
            known.after = None

    def relinked(
        self, table: str, key: tuple[Any, ...], row: Row, attribute: str, old: list[str], new: list[str]
    ) -> None:
        """Note other members of a collection that is kept in a table of links no entity type shows."""
        known = self._changes.setdefault((table, key), RowChange(table, key, dict(row), row))
        first, _ = known.members.get(attribute, (old, new))
        known.members[attribute] = (first, new)

    def changes(self) -> Iterator[RowChange]:
        """Yield what is left when everything has come together."""
        return (change for change in self._changes.values() if change.before is not None or change.after is not None)
