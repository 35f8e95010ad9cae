"""Edge: deletes entities together with the rows that depend on them."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.reading.from_clause import json_values
from ftrack_orm.sandbox.tables import ENTITY_TYPE

from . import closure, notes
from .change_log import UNANNOUNCED_TABLES
from .references import Dependent, OnDelete

if TYPE_CHECKING:
    from .store import Key, Row, Store


def delete(store: Store, targets: Sequence[tuple[str, Key]]) -> None:
    """Delete existing entities, given as type and key, and cascade as `references` defines.

    Works by tables, not by rows: the number of statements grows with the depth of the dependencies, not with the number
    of rows. Raises an integrity error when a row that is not deleted restricts the deletion.
    """
    store.flush()
    plan = _DeletionPlan(store)
    for entity_type, key in targets:
        plan.add(store.tables.root(entity_type), {key: store.get(entity_type, key)})
    plan.collect_dependents()
    plan.check_restrictions()
    plan.execute()


#: The values of the parameter `ids`, a JSON array.
_IDS = sa.select(sa.func.json_each(sa.bindparam("ids", type_=sa.Text)).table_valued("value").c.value)


class _DeletionPlan:
    """Collects the rows to delete by table, and the other foreign keys to check once all of those rows are known."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection = store.connection
        self._rows_to_delete: dict[str, dict[Key, Row]] = {}
        self._unvisited: dict[str, list[Key]] = {}
        self._references: list[tuple[Dependent, str, list[str]]] = []

    def add(self, table: str, rows: Mapping[Key, Row]) -> None:
        """Add rows of a table, by their keys, unless they were added before."""
        known = self._rows_to_delete.setdefault(table, {})
        for key, row in rows.items():
            if key not in known:
                known[key] = row
                self._unvisited.setdefault(table, []).append(key)

    def collect_dependents(self) -> None:
        """Collect the rows that the deletion cascades to, and the foreign keys that restrict it or are set to null."""
        while self._unvisited:
            table, keys = self._unvisited.popitem()
            if any(len(key) != 1 for key in keys):
                continue  # foreign keys refer to one id, never to a composite key
            ids = [key[0] for key in keys]
            for dependent in self._store.references.dependents_of(table):
                if dependent.on_delete is OnDelete.CASCADE:
                    self.add(dependent.table, self._referencing_rows(dependent, ids))
                else:
                    self._references.append((dependent, table, ids))

    def check_restrictions(self) -> None:
        """Raise an integrity error when a row that is not deleted has a restricting foreign key to a deleted one."""
        for dependent, table, ids in self._references:
            if dependent.on_delete is not OnDelete.RESTRICT:
                continue
            deleted = self._rows_to_delete.get(dependent.table, {})
            rows = self._referencing_rows(dependent, ids)
            remaining = [key for key in rows if key not in deleted]
            if remaining:
                example = ", ".join(map(str, remaining[0]))
                in_use = rows[remaining[0]][dependent.column]
                raise server_errors.integrity_error(
                    f"Cannot delete the {table} {in_use}: it is in use as {dependent.column} of {len(remaining)} "
                    f"{dependent.table}, among them {example} (foreign key constraint fails)."
                )

    def execute(self) -> None:
        """Set foreign keys to null, then delete the collected rows."""
        for dependent, _, ids in self._references:
            if dependent.on_delete is OnDelete.SET_NULL:
                self._set_null(dependent, ids)
        for name, rows in self._rows_to_delete.items():
            self._delete_rows(name, list(rows))
            for key, row in rows.items():
                if ENTITY_TYPE in row:  # a row of a link table without an entity type is not an entity
                    self._store.change_log.record_delete(name, key, row)
        if "Context" in self._rows_to_delete:
            contexts = [key[0] for key in self._rows_to_delete["Context"]]
            closure.remove(self._connection, self._store.tables, contexts)
        self._store.expire_all()
        for name, rows in self._rows_to_delete.items():
            self._store.mark_deleted(name, rows)
        notes.after_delete(self._store, self._rows_to_delete.get("NoteLabelLink", {}).values())

    def _set_null(self, dependent: Dependent, ids: list[str]) -> None:
        table = self._table(dependent.table)
        nulled = {dependent.column: None}
        # Changes of unannounced tables need not be recorded, and their rows are many.
        rows = {} if dependent.table in UNANNOUNCED_TABLES else self._referencing_rows(dependent, ids)
        for key, row in rows.items():
            if key not in self._rows_to_delete.get(dependent.table, {}):
                self._store.change_log.record_update(dependent.table, key, row, nulled)
        self._connection.execute(_set_null(table, dependent.column), {"ids": json.dumps(ids)})

    def _referencing_rows(self, dependent: Dependent, ids: list[str]) -> dict[Key, Row]:
        table = self._table(dependent.table)
        names = [column.name for column in table.primary_key.columns]
        statement = _select_referencing(table, dependent.column)
        rows = [dict(row) for row in self._connection.execute(statement, {"ids": json.dumps(ids)}).mappings()]
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


# A deletion sends one of these for each foreign key to a deleted row; cached, SQLAlchemy compiles each of them once.


@functools.lru_cache(maxsize=1024)
def _select_referencing(table: sa.Table, column: str) -> sa.Select[Any]:
    """Return the statement that reads the rows whose *column* is among the parameter `ids`, a JSON array."""
    return sa.select(table).where(table.c[column].in_(_IDS))


@functools.lru_cache(maxsize=1024)
def _set_null(table: sa.Table, column: str) -> sa.Update:
    """Return the statement that sets *column* to null where it is among the parameter `ids`, a JSON array."""
    return table.update().where(table.c[column].in_(_IDS)).values({column: None})
