"""Pure: the embedded server's tables: the table and column of each attribute and relation of a schema.

One table holds a whole family of entity types (single-table inheritance): `Context` holds projects, shots and tasks,
with the union of their stored attributes and one column, `ENTITY_TYPE`, for the concrete type of a row. Values that the
server computes (`link`, `thumbnail_url`) have no column. The tables are made for any schema, ftrack's own or a
studio's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.schema.facts import (
    ASSET_VERSION,
    CUSTOM_ATTRIBUTE_LINK,
    CUSTOM_ATTRIBUTE_LINK_FROM,
    CUSTOM_ATTRIBUTE_VALUE,
    IS_LATEST_VERSION,
)
from ftrack_orm.schema.relations import ForeignKey, HiddenKey, Inverse, RelationKey, RelationKeys, Through

from . import index_statistics
from .datamodel.unique_constraints import UNIQUE_CONSTRAINTS

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema

#: The column that holds the concrete entity type of a row.
ENTITY_TYPE = "__entity_type__"

#: Name of the table of all (ancestor, descendant) pairs of contexts.
CLOSURE_TABLE = "__context_closure__"


@attrs.frozen(slots=True)
class View:
    """A type that shows rows of another type: those whose *column* holds the id of a *target*.

    `ContextCustomAttributeValue` shows the custom attribute values whose `entity_id` is a `Context`. Without a column
    the type shows all rows (`NoteCategory` and `NoteLabel` are two names of the same rows).
    """

    column: str | None = None
    target: str | None = None


class Tables:
    """The tables of one schema, which never change."""

    def __init__(self, schema: Schema, relations: RelationKeys) -> None:
        self.schema = schema
        self.relations = relations
        self.metadata = sa.MetaData()
        self._roots = {name: _root(entity_type, schema) for name, entity_type in schema.types.items()}
        self._names = {name: _column_names(entity_type) for name, entity_type in schema.types.items()}
        self._views: dict[str, View] = {}
        self._relations: dict[tuple[str, str], RelationKey] = {}
        for name in schema.types:
            if _has_views(self._roots[name], schema):
                self._views[name] = self._view(name)
        key_columns = _KeyColumns(self)
        for root in sorted(set(self._roots.values())):
            self._build_table(root, key_columns)
        for link, ends in sorted(key_columns.hidden_links.items()):
            self._build_link(link, *sorted(ends))
        self._columns = {
            name: {attribute: self.table(name).c[column] for attribute, column in columns.items()}
            for name, columns in self._names.items()
        }
        self.closure = sa.Table(
            CLOSURE_TABLE,
            self.metadata,
            sa.Column("ancestor_id", sa.Text, primary_key=True),
            sa.Column("descendant_id", sa.Text, primary_key=True),
            sa.Column("depth", sa.Integer, nullable=False),
            sa.Index("ix_closure_descendant", "descendant_id", "depth"),
            sqlite_with_rowid=False,
        )
        sa.event.listen(
            self.metadata,
            "after_create",
            lambda metadata, connection, **_: index_statistics.analyze(connection, metadata),
        )

    # -- lookups --------------------------------------------------------------------------------------------------

    def root(self, entity_type: str) -> str:
        """Return the name of the type whose table holds *entity_type*; raises `UnknownEntityType`."""
        return self._roots[self.schema.type(entity_type).name]

    def table(self, entity_type: str) -> sa.Table:
        """Return the table that holds the rows of *entity_type* and its family; raises `UnknownEntityType`."""
        return self.metadata.tables[self.root(entity_type)]

    def column(self, entity_type: str, attribute: str) -> sa.Column[Any] | None:
        """Return the column of a scalar attribute, or None when the server computes the value.

        Raises `UnknownEntityType` and `UnknownAttribute`.
        """
        described = self.schema.type(entity_type)
        column = self._columns[entity_type].get(attribute)
        if column is None:
            described.attribute(attribute)  # raises for an unknown name
        return column

    def concrete(self, entity_type: str) -> tuple[str, ...]:
        """Return the values of `ENTITY_TYPE` that rows of *entity_type* can have.

        All views of the same rows have one value: that of the type the rows are stored as.
        """
        if entity_type in self._views:
            return (self._roots[entity_type],)
        self.schema.type(entity_type)
        return self.schema.concrete(entity_type)

    def view(self, entity_type: str) -> View | None:
        """Return the view that *entity_type* is, or None when it has rows of its own.

        Rows that are read through a view have the view's type, regardless of `ENTITY_TYPE`.
        """
        return self._views.get(entity_type)

    def relation(self, entity_type: str, attribute: str) -> RelationKey:
        """Return the key of a relation, which a base type may declare.

        Raises `SandboxUnsupported` when no key is known, which means that the schema was not prepared for the server.
        """
        cached = self._relations.get((entity_type, attribute))
        if cached is not None:
            return cached
        for name in (entity_type, *self.schema.type(entity_type).bases):
            key = self.relations.get((name, attribute))
            if key is not None:
                self._relations[entity_type, attribute] = key
                return key
        raise SandboxUnsupported(
            f"The embedded server does not know how {entity_type}.{attribute} is stored.",
            entity_type=entity_type,
            attribute=attribute,
        )

    def link(self, through: Through) -> tuple[sa.Table, sa.Column[Any], sa.Column[Any]]:
        """Return the table of a many-to-many relation with the column of this entity's id and that of the target's."""
        table = self.table(through.link) if through.link in self._roots else self.metadata.tables[through.link]
        near, far = (self._stored(through.link, end) for end in (through.near, through.far))
        return table, table.c[near], table.c[far]

    def key_column(self, entity_type: str, key: ForeignKey | HiddenKey | Inverse) -> sa.Column[Any]:
        """Return the column of *entity_type* that a relation is stored in, hidden or not."""
        name = key.column if isinstance(key, HiddenKey) else key.attribute
        return self.table(entity_type).c[self._stored(entity_type, name)]

    def hidden_keys(self, entity_type: str) -> Iterator[tuple[Attribute, str]]:
        """Yield the references of *entity_type* whose keys no attribute shows, and the columns of their keys."""
        for attribute in self.schema.type(entity_type).attributes.values():
            key = self.relations.get((entity_type, attribute.name))
            if isinstance(key, HiddenKey):
                yield attribute, self._stored(entity_type, key.column)

    def _stored(self, entity_type: str, name: str) -> str:
        return self._names.get(entity_type, {}).get(name, name)

    # -- building -------------------------------------------------------------------------------------------------

    def _view(self, name: str) -> View:
        """Return the view for a type, by the foreign key of its values or by the reference over its links."""
        entity_type = self.schema.types[name]
        if self._roots[name] == CUSTOM_ATTRIBUTE_VALUE:
            described = entity_type.attributes.get("entity_id")
            foreign_key = described.foreign_key if described else None
            return View("entity_id", foreign_key.split(".")[0]) if foreign_key else View()
        for attribute in entity_type.attributes.values():
            key = self.relations.get((name, attribute.name))
            if isinstance(key, ForeignKey) and key.attribute in ("from_id", "to_id"):
                return View(key.attribute, attribute.target)
        return View()

    def _build_table(self, root: str, key_columns: _KeyColumns) -> None:
        members = [name for name, stored_in in self._roots.items() if stored_in == root]
        members.sort(key=lambda name: (name != root, len(self.schema.types[name].bases), name))
        primary_key = self.schema.types[members[0]].primary_key
        columns: dict[str, sa.Column[Any]] = {}
        for name in members:
            for attribute, column_name in self._names[name].items():
                if column_name not in columns:
                    described = self.schema.types[name].attributes[attribute]
                    is_key = column_name in key_columns.of(root) or _holds_id(described, primary_key)
                    columns[column_name] = _column(column_name, described, is_key, primary_key)
        for hidden in sorted(key_columns.of(root) - set(columns)):
            columns[hidden] = sa.Column(hidden, sa.Text)
        ordered = [columns.pop(name) for name in primary_key] + list(columns.values())
        has_counter = any(column.primary_key and isinstance(column.type, sa.Integer) for column in ordered)
        # Without rowids an index holds the primary key next to the indexed value, so rows found by it come in the order
        # of the primary key, which is the order of every query without another one.
        table = sa.Table(
            root,
            self.metadata,
            *ordered,
            sa.Column(ENTITY_TYPE, sa.Text, nullable=False),
            sqlite_with_rowid=has_counter,
        )
        if len(members) > 1 and members[0] not in self._views:
            sa.Index(index_statistics.type_index_name(root), table.c[ENTITY_TYPE])
        # Names are indexed as well: queries often look entities up by name. A new row is compared with those that have
        # the same unique values.
        indexed: set[tuple[str, ...]] = set(self._unique_columns(members))
        indexed.update((name,) for name in key_columns.of(root) | {"name"} & set(table.c.keys()))
        for names in sorted(indexed - {(primary_key[0],)}):
            sa.Index(f"ix_{root}_{'_'.join(names)}", *(table.c[name] for name in names))

    def _unique_columns(self, members: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Yield the columns of each unique constraint that the schema has."""
        for unique in UNIQUE_CONSTRAINTS:
            if unique.entity_type in members:
                columns = self._names[unique.entity_type]
                if set(unique.attributes) <= set(columns):
                    yield tuple(columns[name] for name in unique.attributes)

    def _build_link(self, link: str, one: str, other: str) -> None:
        table = sa.Table(
            link,
            self.metadata,
            sa.Column(one, sa.Text, primary_key=True),
            sa.Column(other, sa.Text, primary_key=True),
            sqlite_with_rowid=False,
        )
        sa.Index(f"ix_{link}_{other}", table.c[other])


class _KeyColumns:
    """Finds the columns of each table that store relations, and the link tables without an entity type."""

    def __init__(self, tables: Tables) -> None:
        self._columns: dict[str, set[str]] = {}
        self.hidden_links: dict[str, set[str]] = {}
        for (name, relation), key in tables.relations.items():
            described = tables.schema.types.get(name)
            if described is None or relation not in described.attributes:
                continue
            target = described.attributes[relation].target
            if isinstance(key, (ForeignKey, HiddenKey)):
                self._add(tables, name, key.attribute if isinstance(key, ForeignKey) else key.column)
            elif isinstance(key, Inverse) and target is not None and target in tables.schema.types:
                self._add(tables, target, key.attribute)
            elif isinstance(key, Through) and key.link in tables.schema.types:
                self._add(tables, key.link, key.near)
                self._add(tables, key.link, key.far)
            elif isinstance(key, Through):
                self.hidden_links.setdefault(key.link, set()).update((key.near, key.far))

    def of(self, root: str) -> set[str]:
        return self._columns.get(root, set())

    def _add(self, tables: Tables, name: str, column: str) -> None:
        self._columns.setdefault(tables.root(name), set()).add(tables._stored(name, column))


def _root(entity_type: EntityType, schema: Schema) -> str:
    """Return the type whose table holds a type; values and links of custom attributes are views of one table each."""
    if entity_type.name.endswith(CUSTOM_ATTRIBUTE_VALUE) and CUSTOM_ATTRIBUTE_VALUE in schema.types:
        return CUSTOM_ATTRIBUTE_VALUE
    if CUSTOM_ATTRIBUTE_LINK_FROM in (entity_type.name, *entity_type.bases) and CUSTOM_ATTRIBUTE_LINK in schema.types:
        return CUSTOM_ATTRIBUTE_LINK
    return entity_type.family


def _has_views(root: str, schema: Schema) -> bool:
    return root in (CUSTOM_ATTRIBUTE_VALUE, CUSTOM_ATTRIBUTE_LINK) or _same_rows(root, schema)


def _same_rows(root: str, schema: Schema) -> bool:
    """Whether all types of a family are names of the same internal class (NoteCategory and NoteLabel)."""
    aliases = {(schema.types[name].alias, bool(schema.types[name].classifiers)) for name in schema.concrete(root)}
    return len(schema.concrete(root)) > 1 and len(aliases) == 1 and aliases != {(None, False)}


def _column_names(entity_type: EntityType) -> dict[str, str]:
    """Return the column of every stored scalar; attributes with one internal name share a column (`Schema.type_id`)."""
    stored = [attribute for attribute in entity_type.attributes.values() if _is_stored(entity_type, attribute)]
    shared: dict[str, str] = {}
    for attribute in sorted(stored, key=lambda attribute: attribute.name):
        if attribute.alias:
            shared.setdefault(attribute.alias, attribute.name)
    return {attribute.name: shared[attribute.alias] if attribute.alias else attribute.name for attribute in stored}


def _is_stored(entity_type: EntityType, attribute: Attribute) -> bool:
    """Whether an attribute is a scalar whose value is stored, not computed.

    The schema's `computed` names most of the computed attributes. The others are known from public clients: the key of
    a custom attribute value is its configuration's, the types at both ends of a link are the configuration's too, and a
    version is the latest when no newer one exists.
    """
    if attribute.kind is not Kind.SCALAR or attribute.computed:
        return False
    if attribute.name == IS_LATEST_VERSION and entity_type.family == ASSET_VERSION:
        return False
    if attribute.name == "key" and entity_type.name.endswith(CUSTOM_ATTRIBUTE_VALUE):
        return False
    return not (attribute.name in ("from_entity_type", "to_entity_type") and _is_link(entity_type))


def _is_link(entity_type: EntityType) -> bool:
    return not {CUSTOM_ATTRIBUTE_LINK, CUSTOM_ATTRIBUTE_LINK_FROM}.isdisjoint((entity_type.name, *entity_type.bases))


def _holds_id(attribute: Attribute, primary_key: Iterable[str]) -> bool:
    key = tuple(primary_key)
    return bool(attribute.foreign_key) or key == (attribute.name,) or attribute.name.endswith("_id")


#: Text is compared and ordered without regard to case, as by MySQL's default collation, which ftrack's servers rely on
#: (`ObjectType where name is "task"` finds Task). SQLite's NOCASE does so for ASCII letters.
_TEXT = sa.Text(collation="NOCASE")

_TYPES: dict[ValueType, sa.types.TypeEngine[Any]] = {
    ValueType.TEXT: _TEXT,
    ValueType.BOOLEAN: sa.Boolean(),
    ValueType.INTEGER: sa.Integer(),
    ValueType.NUMBER: sa.Float(),
    # ISO 8601 "YYYY-MM-DDTHH:MM:SS" in UTC, which sorts and compares as text.
    ValueType.DATETIME: sa.Text(),
    ValueType.OBJECT: sa.JSON(none_as_null=True),
    ValueType.ANY: sa.JSON(none_as_null=True),
}


def _column(name: str, attribute: Attribute, is_key: bool, primary_key: tuple[str, ...]) -> sa.Column[Any]:
    value_type = attribute.value_type or ValueType.TEXT
    # Ids compare exactly, with the binary collation, so that their indexes serve joins from either side.
    column_type = sa.Text() if is_key and value_type is ValueType.TEXT else _TYPES[value_type]
    in_key = name in primary_key
    counts = in_key and len(primary_key) == 1 and value_type is ValueType.INTEGER
    return sa.Column(name, column_type, primary_key=in_key, autoincrement=counts, nullable=not in_key)
