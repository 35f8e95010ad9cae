"""Edge: deleting entities with everything that cannot be without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.reading.from_clause import json_values
from ftrack_orm.sandbox.tables import ENTITY_TYPE

from . import closure
from .change_log import UNANNOUNCED_TABLES
from .references import Dependent, OnDelete
from .store import Key, Row, Store


def delete(store: Store, targets: Sequence[tuple[str, Key]]) -> None:
    """Delete entities that are there, given as type and key, and what `references` says goes with them.

    Works by families, not by rows: its statements grow with the depth of what hangs together, not with its size. Raises
    an integrity error when something that stays uses one of them.
    """
    store.flush()
    plan = _Plan(store)
    for entity_type, key in targets:
        plan.add(store.tables.root(entity_type), {key: store.get(entity_type, key)})
    plan.follow()
    plan.refuse_what_is_used()
    plan.carry_out()


class _Plan:
    """What a deletion comes to: the doomed keys by table, and the pointers to look at when they are all known."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection = store.connection
        self._doomed: dict[str, dict[Key, Row]] = {}
        self._fresh: dict[str, list[Key]] = {}
        self._pointing: list[tuple[Dependent, str, list[str]]] = []

    def add(self, table: str, rows: Mapping[Key, Row]) -> None:
        """Doom rows of a table, given by their keys, those that are not doomed yet."""
        known = self._doomed.setdefault(table, {})
        for key, row in rows.items():
            if key not in known:
                known[key] = row
                self._fresh.setdefault(table, []).append(key)

    def follow(self) -> None:
        """Find all that goes with what is doomed, and remember who else points at it."""
        while self._fresh:
            table, keys = self._fresh.popitem()
            if any(len(key) != 1 for key in keys):
                continue  # nothing can point at an entity with a longer key
            ids = [key[0] for key in keys]
            for dependent in self._store.references.to(table):
                if dependent.on_delete is OnDelete.CASCADE:
                    self.add(dependent.table, self._pointing_rows(dependent, ids))
                else:
                    self._pointing.append((dependent, table, ids))

    def refuse_what_is_used(self) -> None:
        """Refuse the deletion when a row that stays uses a doomed one and may not lose it."""
        for dependent, table, ids in self._pointing:
            if dependent.on_delete is not OnDelete.RESTRICT:
                continue
            doomed = self._doomed.get(dependent.table, {})
            staying = [key for key in self._pointing_rows(dependent, ids) if key not in doomed]
            if staying:
                raise server_errors.integrity(
                    f"Cannot delete the {table}: it is in use as {dependent.column} of {len(staying)} "
                    f"{dependent.table}, among them {', '.join(map(str, staying[0]))} (foreign key constraint fails)."
                )

    def carry_out(self) -> None:
        """Take the pointers from what stays, then delete."""
        for dependent, _, ids in self._pointing:
            if dependent.on_delete is OnDelete.SET_NULL:
                self._clear(dependent, ids)
        for name, rows in self._doomed.items():
            self._delete_rows(name, list(rows))
            for key, row in rows.items():
                if ENTITY_TYPE in row:  # what links entities in a table no type shows is no entity itself
                    self._store.change_log.removed(name, key, row)
        if "Context" in self._doomed:
            contexts = [key[0] for key in self._doomed["Context"]]
            closure.remove(self._connection, self._store.tables, contexts)
        self._store.forget()
        for name, rows in self._doomed.items():
            self._store.removed(name, rows)

    def _clear(self, dependent: Dependent, ids: list[str]) -> None:
        table = self._table(dependent.table)
        cleared = {dependent.column: None}
        # The server's notes are many and nobody is told that they changed.
        rows = {} if dependent.table in UNANNOUNCED_TABLES else self._pointing_rows(dependent, ids)
        for key, row in rows.items():
            if key not in self._doomed.get(dependent.table, {}):
                self._store.change_log.changed(dependent.table, key, row, cleared)
        column = table.c[dependent.column]
        self._connection.execute(table.update().where(column.in_(json_values(ids))).values(cleared))

    def _pointing_rows(self, dependent: Dependent, ids: list[str]) -> dict[Key, Row]:
        table = self._table(dependent.table)
        names = [column.name for column in table.primary_key.columns]
        statement = sa.select(table).where(table.c[dependent.column].in_(json_values(ids)))
        rows = [dict(row) for row in self._connection.execute(statement).mappings()]
        return {tuple(row[name] for name in names): row for row in rows}

    def _delete_rows(self, name: str, keys: list[Key]) -> None:
        if not keys:
            return
        table = self._table(name)
        columns = list(table.primary_key.columns)
        if len(columns) == 1:
            ids = json_values([key[0] for key in keys])
            self._connection.execute(table.delete().where(columns[0].in_(ids)))
            return
        matches = [column == sa.bindparam(f"key_{column.name}") for column in columns]
        parameters = [{f"key_{column.name}": value for column, value in zip(columns, key, strict=True)} for key in keys]
        self._connection.execute(table.delete().where(*matches), parameters)

    def _table(self, name: str) -> sa.Table:
        return self._store.tables.metadata.tables[name]
