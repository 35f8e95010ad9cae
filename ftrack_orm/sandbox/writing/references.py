"""Pure: which columns of the embedded server's tables point at other entities, and what becomes of them on deletion.

Worked out once from the schema and its relation keys. A column points at one family of entity types when the schema
shows a reference over it (`status_id`), or at any of several when only collections tell (`Metadata.parent_id`).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

import attrs

from ftrack_orm.sandbox.relations import ForeignKey, HiddenKey, Inverse, RelationKey, Through
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.schema.attribute import Attribute, Kind


class OnDelete(enum.Enum):
    """What deleting an entity does to a row that points at it."""

    CASCADE = "deleted too"
    SET_NULL = "keeps living without it"
    RESTRICT = "forbids the deletion"


@attrs.frozen(slots=True)
class ForeignKeyColumn:
    """A column of *entity_type* that holds the id of an entity of one of the *targets* types."""

    entity_type: str
    column: str
    attribute: str  # what messages call it
    targets: tuple[str, ...]
    optional: bool = True


@attrs.frozen(slots=True)
class Dependent:
    """A column, of a family's or a hidden link's *table*, that points at a family, and the fate of its rows."""

    table: str
    column: str
    on_delete: OnDelete


#: How a studio sets ftrack up. Rows of production data that use one of these forbid its deletion.
CONFIGURATION = frozenset(
    {
        "AssetType", "CustomAttributeType", "Disk", "ListCategory", "ManagerType", "ObjectType", "Priority",
        "ProjectSchema", "ProjectSchemaObjectType", "ProjectSchemaOverride", "Schema", "SchemaStatus", "SchemaType",
        "SecurityRole", "State", "Status", "TaskTemplate", "TaskTemplateItem", "TaskTypeSchema", "TaskTypeSchemaType",
        "Type", "UserType", "WorkflowSchema", "WorkflowSchemaStatus",
    }
)  # fmt: skip

#: Columns whose fate the general rule in `_on_delete` would get wrong.
_EXCEPTIONS: dict[tuple[str, str], OnDelete] = {
    ("Status", "state_id"): OnDelete.RESTRICT,
    ("Note", "user_id"): OnDelete.RESTRICT,  # what was said must not vanish with who said it
    ("Timelog", "user_id"): OnDelete.SET_NULL,  # the hours were spent all the same
    ("Resource", "parent_id"): OnDelete.SET_NULL,  # a group inside a deleted group
    ("CustomConfigurationBase", "group_id"): OnDelete.SET_NULL,
    ("Manager", "user_id"): OnDelete.CASCADE,
}


class References:
    """The pointers of every entity type, and for every family who points at it."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._pointers = {name: tuple(_references(tables, name)) for name in tables.schema.types}
        owned = _owners(tables)
        for (name, column), targets in owned.items():
            if not any(pointer.column == column and len(pointer.targets) == 1 for pointer in self._pointers[name]):
                pointer = ForeignKeyColumn(name, column, column, _widest(tables, targets))
                self._pointers[name] = (*self._pointers[name], pointer)
        self._dependents: dict[str, dict[tuple[str, str], Dependent]] = {}
        for name in tables.schema.types:
            for pointer in self._pointers[name]:
                for target in pointer.targets:
                    is_owned = target in owned.get((name, pointer.column), ())
                    self._add(target, tables.root(name), pointer.column, _on_delete(tables, pointer, target, is_owned))
        for target, link, column in _hidden_links(tables):
            self._add(target, link, column, OnDelete.CASCADE)

    def of(self, entity_type: str) -> tuple[ForeignKeyColumn, ...]:
        """Return the pointers an entity of this type has."""
        return self._pointers[entity_type]

    def to(self, root: str) -> tuple[Dependent, ...]:
        """Return who points at the family kept in the table *root*."""
        return tuple(self._dependents.get(root, {}).values())

    def _add(self, target: str, table: str, column: str, on_delete: OnDelete) -> None:
        found = self._dependents.setdefault(self._tables.root(target), {})
        known = found.get((table, column))
        # Types of one family may disagree (`parent_id` is owned by a context, unknown to another); deleting too much
        # is never the answer to that unless one of them owns the rows.
        if known is None or (known.on_delete is OnDelete.SET_NULL and on_delete is not OnDelete.SET_NULL):
            found[table, column] = Dependent(table, column, on_delete)


def _relations(tables: Tables, name: str) -> Iterator[tuple[Attribute, str, RelationKey]]:
    """Yield the relations of a type with their targets and keys."""
    for attribute in tables.schema.types[name].attributes.values():
        if attribute.target is not None and attribute.target in tables.schema.types:
            yield attribute, attribute.target, tables.relation(name, attribute.name)


def _references(tables: Tables, name: str) -> Iterator[ForeignKeyColumn]:
    """Yield the pointers whose target one reference or the attribute's own description tells."""
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
        # The id of a subtype is described as a foreign key to its base (FileComponent.id); that is the same row.
        if stored is None or target not in tables.schema.types or tables.root(target) == tables.root(name):
            continue
        if stored.name not in seen:
            seen.add(stored.name)
            yield ForeignKeyColumn(name, stored.name, attribute.name, (target,), not attribute.required)


def _owners(tables: Tables) -> dict[tuple[str, str], set[str]]:
    """Return, for columns that collections are read by, the types whose collections they are.

    The collections of `Context` reach rows of `Note`, so `Note.parent_id` is owned by contexts, among others.
    """
    owners: dict[tuple[str, str], set[str]] = {}
    for name in tables.schema.types:
        for _, target, key in _relations(tables, name):
            ends: list[tuple[str, str, str]] = []
            if isinstance(key, Inverse):
                column = tables.key_column(target, key).name
                ends = [(member, column, name) for member in _kept_alike(tables, target)]
            elif isinstance(key, Through) and key.link in tables.schema.types:
                _, near, far = tables.link(key)
                ends = [(key.link, near.name, name), (key.link, far.name, target)]
            for member, column, owner in ends:
                owners.setdefault((member, column), set()).add(owner)
    return owners


def _kept_alike(tables: Tables, target: str) -> tuple[str, ...]:
    """Return the types whose rows a collection of *target* can hold: its subtypes, or all views of the same rows."""
    if tables.view(target) is None:
        return tables.schema.concrete(target)
    return tuple(name for name in tables.schema.types if tables.root(name) == tables.root(target))


def _widest(tables: Tables, targets: set[str]) -> tuple[str, ...]:
    """Return *targets* without those that a base of theirs stands for already."""
    return tuple(sorted(name for name in targets if targets.isdisjoint(tables.schema.types[name].bases)))


def _hidden_links(tables: Tables) -> Iterator[tuple[str, str, str]]:
    """Yield (target type, link table, column) for the links no entity type shows."""
    for name in tables.schema.types:
        for _, target, key in _relations(tables, name):
            if isinstance(key, Through) and key.link not in tables.schema.types:
                yield name, key.link, key.near
                yield target, key.link, key.far


def _on_delete(tables: Tables, pointer: ForeignKeyColumn, target: str, is_owned: bool) -> OnDelete:
    """Return what deleting a *target* does to the rows that point at it. The rule, first match wins:

    1. the exceptions above;
    2. production data that uses the studio's configuration forbids its deletion, as does what a user must have made;
    3. rows that cannot be without it (part of their key, required, or reached by a collection of it) go too;
    4. the others lose the pointer.
    """
    root = tables.root(pointer.entity_type)
    exception = _EXCEPTIONS.get((root, pointer.column))
    if exception is not None:
        return exception
    in_key = pointer.column in tables.table(pointer.entity_type).primary_key.columns
    if tables.root(target) in CONFIGURATION and root not in CONFIGURATION:
        return OnDelete.RESTRICT
    if pointer.column == "created_by_id" and not pointer.optional:
        return OnDelete.RESTRICT
    if in_key or not pointer.optional or is_owned:
        return OnDelete.CASCADE
    return OnDelete.SET_NULL
