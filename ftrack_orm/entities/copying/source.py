"""State: reads the rows of a tree of entities, level by level, as data to create copies from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_each, value_in
from ftrack_orm.errors import EntityDeleted
from ftrack_orm.query.language.nodes import And, Comparison, Criterion, Membership, Not, Operator, Or, Path, Select
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.facts import CONTEXT, PARENT_ID, PROJECT, TYPED_CONTEXT
from ftrack_orm.schema.model import EntityType
from ftrack_orm.wire.codec import ENTITY_TYPE, decode

from .parts import NOTES, TASKS, CopiedRows, copied_scalars, is_leaf, parts_of

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.operations import ServerCall

_SCOPES = "scopes"
_TEMPLATE_ITEM = "TaskTemplateItem"


@attrs.frozen
class SourceRow:
    """An entity to copy: its type, its key, its values without None, and the part it belongs to the copy by.

    *scopes* are the ids of the scopes of a context.
    """

    entity_type: EntityType
    key: tuple[str, ...]
    values: Mapping[str, Any]
    part: CopiedRows | None = None
    scopes: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, tuple[str, ...]]:
        """Return family and key."""
        return self.entity_type.family, self.key


class SourceReader:
    """Reads entities from one server. *call* sends operations.

    All contexts of a tree take one request, however deep they are nested, and each level of entities that belong to
    those read before takes another: assets and notes, versions, notes of versions.
    """

    def __init__(self, schema: Schema, call: ServerCall) -> None:
        self._schema = schema
        self._call = call

    def read_tree(self, entity_type: EntityType, id_: str, include: Collection[str]) -> list[SourceRow]:
        """Return the rows of the entity and of all that is copied with it, each after the one it belongs to.

        Raises `EntityDeleted` when the server does not have the entity.
        """
        rows = (
            self._contexts(entity_type, id_, include) if entity_type.family == CONTEXT else self._one(entity_type, id_)
        )
        found = {row.identity: row for row in rows}
        new: Sequence[SourceRow] = rows
        while new:
            new = [row for row in self._parts(new, include) if row.identity not in found]
            found.update({row.identity: row for row in new})
        labelled = {row.values["note_id"] for row in found.values() if row.entity_type.name == "NoteLabelLink"}
        return [_without_category(row) if row.key[0] in labelled else row for row in found.values()]

    def read_template(self, template_id: str) -> list[SourceRow]:
        """Return a row for each task of a task template, named after its type, with the template as its parent.

        Several tasks of one type are numbered: `Compositing`, `Compositing 2`.
        """
        paths = (Path.of("id"), Path.of("task_type_id"), Path.of("task_type", "name"))
        select = Select(_TEMPLATE_ITEM, paths, Comparison(Path.of("template_id"), Operator.IS, template_id))
        (items,) = query_each(self._call, [select], self._schema)
        types = [item.get("task_type") or {} for item in items]
        # The name of a type is in the row of its first occurrence only (PROTOCOL 1.3).
        names = {type_["id"]: str(type_["name"]) for type_ in types if type_.get("name") is not None}
        rows, used = [], Counter[str]()
        for item in items:
            type_id = str(value_in(item, "task_type_id"))
            name = names.get(type_id, "Task")
            used[name] += 1
            values = {
                "name": name if used[name] == 1 else f"{name} {used[name]}",
                "type_id": type_id,
                PARENT_ID: template_id,
            }
            rows.append(SourceRow(self._schema.type("Task"), (str(item["id"]),), values))
        return rows

    # -- the entity itself ---------------------------------------------------------------------------------------------

    def _one(self, entity_type: EntityType, id_: str) -> list[SourceRow]:
        criterion = Comparison(Path.of(*entity_type.primary_key), Operator.IS, id_)
        return self._required(self._read([(entity_type, criterion, None)]), entity_type, id_)

    def _contexts(self, entity_type: EntityType, id_: str, include: Collection[str]) -> list[SourceRow]:
        own = Comparison(Path.of("id"), Operator.IS, id_)
        base = self._schema.type(TYPED_CONTEXT)
        leaves = [
            self._schema.type(name).classifiers["object_type_id"]
            for name in self._schema.subtypes[TYPED_CONTEXT]
            if is_leaf(name) and "object_type_id" in self._schema.type(name).classifiers
        ]
        below: Criterion = Comparison(
            Path.of("project_id") if entity_type.name == PROJECT else Path.of("ancestors", "id"), Operator.IS, id_
        )
        if TASKS not in include and leaves:
            below = And((below, Not(Membership(Path.of("object_type_id"), tuple(leaves)))))
        # Types with attributes of their own, besides those of all contexts, take another query.
        special = [
            self._schema.type(name)
            for name in self._schema.subtypes[TYPED_CONTEXT]
            if not set(copied_scalars(self._schema.type(name))) <= set(copied_scalars(base))
        ]
        rows = self._read([(entity_type, own, None), *((each, below, None) for each in (base, *special))])
        return _below(self._required(rows, entity_type, id_), id_)

    def _required(self, rows: list[SourceRow], entity_type: EntityType, id_: str) -> list[SourceRow]:
        if not any(row.key == (id_,) for row in rows):
            raise EntityDeleted(
                f"The server has no {entity_type.name} {id_} (or you may not see it), so it cannot be copied.",
                entity_type=entity_type.name,
            )
        return rows

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _parts(self, rows: Iterable[SourceRow], include: Collection[str]) -> list[SourceRow]:
        ids: dict[str, list[str]] = {}
        for row in rows:
            if len(row.key) == 1:
                ids.setdefault(row.entity_type.family, []).append(row.key[0])
        queries = [
            (self._schema.type(part.entity_type), _any_of(part.keys, owners), part)
            for family, of_family in ids.items()
            for part in parts_of(family, include, self._schema)
            for owners in in_parts(of_family, IDS_PER_QUERY)
        ]
        return self._read(queries) if queries else []

    def _read(self, queries: Sequence[tuple[EntityType, Criterion, CopiedRows | None]]) -> list[SourceRow]:
        """Return the rows of *queries*. A row that several queries find may be complete in one of the results only."""
        selects = [
            Select(entity_type.name, self._paths(entity_type), criterion) for entity_type, criterion, _ in queries
        ]
        found: dict[tuple[str, tuple[str, ...]], tuple[dict[str, Any], CopiedRows | None]] = {}
        for (entity_type, _, part), rows in zip(queries, query_each(self._call, selects, self._schema), strict=True):
            for row in rows:
                key = tuple(str(row[name]) for name in entity_type.primary_key)
                values, _ = found.setdefault((entity_type.family, key), ({}, part))
                values.update({name: value for name, value in row.items() if name != ENTITY_TYPE or not values})
        return [self._row(key, values, part) for (_, key), (values, part) in found.items()]

    def _paths(self, entity_type: EntityType) -> tuple[Path, ...]:
        paths = [Path.of(name) for name in dict.fromkeys((*entity_type.primary_key, *copied_scalars(entity_type)))]
        scopes = entity_type.attributes.get(_SCOPES)
        if scopes is not None and scopes.kind is Kind.COLLECTION:
            paths.append(Path.of(_SCOPES, "id"))
        return tuple(paths)

    def _row(self, key: tuple[str, ...], row: Mapping[str, Any], part: CopiedRows | None) -> SourceRow:
        entity_type = self._schema.type(row[ENTITY_TYPE])
        names = copied_scalars(entity_type)
        values = {name: decode(row[name]) for name in names if row.get(name) is not None}
        scopes = tuple(str(scope["id"]) for scope in row.get(_SCOPES) or ())
        return SourceRow(entity_type, key, values, part, scopes)


def _any_of(keys: Sequence[str], ids: Sequence[str]) -> Criterion:
    criteria: list[Criterion] = [Membership(Path.of(key), tuple(ids)) for key in keys]
    return criteria[0] if len(criteria) == 1 else Or(tuple(criteria))


def _below(rows: Sequence[SourceRow], id_: str) -> list[SourceRow]:
    """Return the contexts that are connected with the one with *id_*, each after its parent."""
    children: dict[str, list[SourceRow]] = {}
    for row in rows:
        if row.key != (id_,):
            children.setdefault(str(row.values.get(PARENT_ID)), []).append(row)
    ordered = [row for row in rows if row.key == (id_,)]
    for row in ordered:  # which grows meanwhile
        ordered += children.get(row.key[0], ())
    return ordered


def _without_category(row: SourceRow) -> SourceRow:
    """Return a note without its category, which follows its label on the server (PROTOCOL 8.1)."""
    if row.part is None or row.part.include != NOTES or "category_id" not in row.values:
        return row
    return attrs.evolve(row, values={name: value for name, value in row.values.items() if name != "category_id"})
