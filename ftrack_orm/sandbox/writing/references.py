"""Pure: the foreign key columns of the embedded server's tables, and the effect of a deletion on rows with them.

Computed once from the schema and its relation keys. A column refers to one family of entity types when the schema has a
reference over it (`status_id`), or to one of several when only collections use it (`Metadata.parent_id`).
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.facts import CONFIGURATION
from ftrack_orm.schema.relations import ForeignKey, HiddenKey, Inverse, RelationKey, Through

if TYPE_CHECKING:
    from ftrack_orm.sandbox.tables import Tables


class OnDelete(enum.Enum):
    """The effect of deleting an entity on a row that refers to it, named as in SQL."""

    CASCADE = "cascade"
    SET_NULL = "set null"
    RESTRICT = "restrict"


@attrs.frozen(slots=True)
class ForeignKeyColumn:
    """A column of *entity_type* that holds the id of an entity of one of the *targets* types."""

    entity_type: str
    column: str
    attribute: str  # its name in messages
    targets: tuple[str, ...]
    nullable: bool = True


@attrs.frozen(slots=True)
class Dependent:
    """A foreign key column of a *table* of entities or links, and the effect of deleting the entity it refers to."""

    table: str
    column: str
    on_delete: OnDelete


#: Columns for which the general rule in `_on_delete` would be wrong.
_ON_DELETE_EXCEPTIONS: dict[tuple[str, str], OnDelete] = {
    ("Status", "state_id"): OnDelete.RESTRICT,
    ("Note", "user_id"): OnDelete.RESTRICT,  # notes must not vanish with their author
    ("Timelog", "user_id"): OnDelete.SET_NULL,  # the logged hours remain
    ("Resource", "parent_id"): OnDelete.SET_NULL,  # a group inside a deleted group
    ("CustomConfigurationBase", "group_id"): OnDelete.SET_NULL,
    ("Manager", "user_id"): OnDelete.CASCADE,
}


@functools.lru_cache(maxsize=4)
def references_of(tables: Tables) -> References:
    """Return the references of *tables*. Embedded servers of one data model share them, as they share its tables."""
    return References(tables)


class References:
    """The foreign keys of every entity type, and the dependents of every family."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._foreign_keys = {name: tuple(_declared_foreign_keys(tables, name)) for name in tables.schema.types}
        owners = _owners(tables)
        for (name, column), targets in owners.items():
            if not any(
                foreign_key.column == column and len(foreign_key.targets) == 1
                for foreign_key in self._foreign_keys[name]
            ):
                foreign_key = ForeignKeyColumn(name, column, column, _most_general(tables, targets))
                self._foreign_keys[name] = (*self._foreign_keys[name], foreign_key)
        self._dependents: dict[str, dict[tuple[str, str], Dependent]] = {}
        for name in tables.schema.types:
            for foreign_key in self._foreign_keys[name]:
                for target in foreign_key.targets:
                    is_owned = target in owners.get((name, foreign_key.column), ())
                    self._add_dependent(
                        target, tables.root(name), foreign_key.column, _on_delete(tables, foreign_key, target, is_owned)
                    )
        for target, link, column in _hidden_links(tables):
            self._add_dependent(target, link, column, OnDelete.CASCADE)

    def foreign_keys_of(self, entity_type: str) -> tuple[ForeignKeyColumn, ...]:
        """Return the foreign keys of an entity type."""
        return self._foreign_keys[entity_type]

    def dependents_of(self, root: str) -> tuple[Dependent, ...]:
        """Return the foreign keys that refer to the family in the table *root*."""
        return tuple(self._dependents.get(root, {}).values())

    def _add_dependent(self, target: str, table: str, column: str, on_delete: OnDelete) -> None:
        dependents = self._dependents.setdefault(self._tables.root(target), {})
        known = dependents.get((table, column))
        # Types of one family may disagree: `parent_id` is owned by a context, but not by every type. The row is kept
        # unless one of them owns it.
        if known is None or (known.on_delete is OnDelete.SET_NULL and on_delete is not OnDelete.SET_NULL):
            dependents[table, column] = Dependent(table, column, on_delete)


def _relations(tables: Tables, name: str) -> Iterator[tuple[Attribute, str, RelationKey]]:
    """Yield the relations of a type with their targets and keys."""
    for attribute in tables.schema.types[name].attributes.values():
        if attribute.target is not None and attribute.target in tables.schema.types:
            yield attribute, attribute.target, tables.relation(name, attribute.name)


def _declared_foreign_keys(tables: Tables, name: str) -> Iterator[ForeignKeyColumn]:
    """Yield the foreign keys whose target follows from one reference or from the attribute's own description."""
    entity_type = tables.schema.types[name]
    seen: set[str] = set()
    for attribute, related, key in _relations(tables, name):
        if attribute.kind is Kind.REFERENCE and isinstance(key, (ForeignKey, HiddenKey)):
            column = tables.key_column(name, key).name
            if column not in seen:
                seen.add(column)
                scalar = key.attribute if isinstance(key, ForeignKey) else attribute.name
                required = scalar in entity_type.attributes and entity_type.attributes[scalar].required
                yield ForeignKeyColumn(name, column, attribute.name, (related,), not required)
    for attribute in entity_type.attributes.values():
        target = (attribute.foreign_key or "").split(".")[0]
        stored = tables.column(name, attribute.name) if attribute.kind is Kind.SCALAR else None
        # The id of a subtype is described as a foreign key to its base (FileComponent.id), which is the same row.
        if stored is None or target not in tables.schema.types or tables.root(target) == tables.root(name):
            continue
        if stored.name not in seen:
            seen.add(stored.name)
            yield ForeignKeyColumn(name, stored.name, attribute.name, (target,), not attribute.required)


def _owners(tables: Tables) -> dict[tuple[str, str], set[str]]:
    """Return (entity type, foreign key column) -> the types whose collections use that column.

    The collections of `Context` hold rows of `Note`, so contexts are among the owners of `Note.parent_id`.
    """
    owners: dict[tuple[str, str], set[str]] = {}
    for name in tables.schema.types:
        for _, target, key in _relations(tables, name):
            ends: list[tuple[str, str, str]] = []
            if isinstance(key, Inverse):
                column = tables.key_column(target, key).name
                ends = [(member, column, name) for member in _item_types(tables, target)]
            elif isinstance(key, Through) and key.link in tables.schema.types:
                _, near, far = tables.link(key)
                ends = [(key.link, near.name, name), (key.link, far.name, target)]
            for member, column, owner in ends:
                owners.setdefault((member, column), set()).add(owner)
    return owners


def _item_types(tables: Tables, target: str) -> tuple[str, ...]:
    """Return the types whose rows a collection of *target* can hold: its subtypes, or all views of the same rows."""
    if tables.view(target) is None:
        return tables.schema.concrete(target)
    return tuple(name for name in tables.schema.types if tables.root(name) == tables.root(target))


def _most_general(tables: Tables, targets: set[str]) -> tuple[str, ...]:
    """Return *targets* without the subtypes of others among them."""
    return tuple(sorted(name for name in targets if targets.isdisjoint(tables.schema.types[name].bases)))


def _hidden_links(tables: Tables) -> Iterator[tuple[str, str, str]]:
    """Yield (target type, link table, column) for link tables without an entity type."""
    for name in tables.schema.types:
        for _, target, key in _relations(tables, name):
            if isinstance(key, Through) and key.link not in tables.schema.types:
                yield name, key.link, key.near
                yield target, key.link, key.far


def _on_delete(tables: Tables, foreign_key: ForeignKeyColumn, target: str, is_owned: bool) -> OnDelete:
    """Return the effect of deleting a *target* on the rows that refer to it.

    The first match applies:

    1. the exceptions above;
    2. the studio's configuration cannot be deleted while production data refers to it, nor can a required creator;
    3. rows that require the target are deleted (it is in their key, required, or has a collection of them);
    4. the foreign key of other rows is set to null.
    """
    root = tables.root(foreign_key.entity_type)
    exception = _ON_DELETE_EXCEPTIONS.get((root, foreign_key.column))
    if exception is not None:
        return exception
    in_key = foreign_key.column in tables.table(foreign_key.entity_type).primary_key.columns
    if tables.root(target) in CONFIGURATION and root not in CONFIGURATION:
        return OnDelete.RESTRICT
    if foreign_key.column == "created_by_id" and not foreign_key.nullable:
        return OnDelete.RESTRICT
    if in_key or not foreign_key.nullable or is_owned:
        return OnDelete.CASCADE
    return OnDelete.SET_NULL
