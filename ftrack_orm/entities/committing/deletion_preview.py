"""State: finds the entities that a deletion would take along, by queries, before anything is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.row_checks import check_rows
from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_reply, value_in
from ftrack_orm.errors import EntityDeleted, InvalidValue
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.nodes import Comparison, Membership, Operator, Or, Path, Select
from ftrack_orm.schema.cascades import Dependent, Effect, dependents
from ftrack_orm.schema.facts import CONFIGURATION, CONTEXT, KEPT_WITHOUT_OWNER, TYPED_CONTEXT
from ftrack_orm.schema.views import views_of
from ftrack_orm.wire.codec import ENTITY_TYPE
from ftrack_orm.wire.operations import QueryOperation

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.operations import ServerCall

#: Queries in one request: enough for all types that can depend on the entities of one level.
QUERIES_PER_REQUEST = 100


class DeletionPreview(Mapping[str, int]):
    """The entities that a deletion would take along: their number by entity type, without the deleted entity itself.

    Printing it shows a sentence for each type. *uncertain* are the types that belong to a deleted entity without
    requiring it, such as notes: ftrack does not document whether they go. They are counted.
    """

    def __init__(self, entity: Entity, counts: Mapping[str, int], uncertain: Iterable[str] = ()) -> None:
        self.entity = entity
        self.uncertain = frozenset(uncertain)
        self._counts = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @property
    def total(self) -> int:
        """The number of all entities that would go."""
        return sum(self._counts.values())

    def __getitem__(self, entity_type: str) -> int:
        return self._counts[entity_type]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __repr__(self) -> str:
        return f"<DeletionPreview of {self.entity!r}: {self.total} more>"

    def __str__(self) -> str:
        if not self._counts:
            return f"Deleting {self.entity!r} deletes nothing else."
        lines = [f"Deleting {self.entity!r} also deletes {self.total} more:"]
        for name, count in self._counts.items():
            lines.append(f"  {count:,} {name}{' (ftrack may keep them)' if name in self.uncertain else ''}")
        return "\n".join(lines)


class DeletionPreviewer:
    """Finds dependents level by level. *call* sends operations.

    A level takes one request for each 100 queries, and a query has up to 500 ids. The contexts below a context are one
    level, however deep they are nested.
    """

    def __init__(self, workspace: Workspace, call: ServerCall) -> None:
        self._workspace = workspace
        self._call = call

    def preview(self, entity: Entity) -> DeletionPreview:
        """Return the preview of deleting *entity*.

        A new entity is unknown to the server, so its deletion takes nothing along, and no request is made. Raises
        `InvalidValue` for anything but an entity of this session, and `EntityDeleted`.
        """
        self._workspace.check_open("Nothing can be deleted")
        if not isinstance(entity, Entity):
            raise InvalidValue(f"preview_delete takes one entity, not {entity!r:.200} ({type(entity).__name__}).")
        state = entity._ftrack_state
        if state.workspace is not self._workspace:
            raise InvalidValue(f"{entity!r} belongs to another session.")
        if state.lifecycle is Lifecycle.DELETED:
            raise EntityDeleted(f"{entity!r} is deleted already.", entity_type=entity.__entity_type__)
        if state.lifecycle is not Lifecycle.PERSISTENT:
            return DeletionPreview(entity, {})
        search = _Search(self._workspace.schema, self._call)
        search.run(entity)
        return DeletionPreview(entity, search.counts(), search.uncertain)


class _Search:
    def __init__(self, schema: Schema, call: ServerCall) -> None:
        self._schema = schema
        self._call = call
        self._dependents = dependents(schema)
        #: The types of the entities found, by family and key.
        self._found: dict[str, dict[tuple[str, ...], str]] = {}
        self.uncertain: set[str] = set()

    def run(self, entity: Entity) -> None:
        family, key = entity.__schema__.family, entity._ftrack_state.key
        self._found[family] = {key: entity.__entity_type__}
        new = {family: [key]}
        if family == CONTEXT:
            below = self._query([(_below(key[0]), Effect.DELETED)])
            new[family] += below.get(family, [])
        while new:
            new = self._query(list(self._selects(new)))
        del self._found[family][key]

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for types in self._found.values():
            for name in types.values():
                counts[name] = counts.get(name, 0) + 1
        return counts

    def _selects(self, new: Mapping[str, list[tuple[str, ...]]]) -> Iterator[tuple[Select, Effect]]:
        """Yield the queries for the dependents of *new* entities, each with the effect on its results."""
        for family, keys in new.items():
            ids = [key[0] for key in keys if len(key) == 1]
            for dependent in self._dependents.get(family, ()):
                if _is_kept(family, dependent) or _is_view(self._schema, dependent.family):
                    continue
                if family == dependent.family == CONTEXT:
                    continue  # all contexts below are found already
                for name in self._holders(dependent):
                    key_paths = tuple(map(Path.of, self._schema.type(name).primary_key))
                    for part in in_parts(ids, IDS_PER_QUERY):
                        criterion = Membership(Path.of(dependent.key), tuple(part))
                        yield Select(name, key_paths, criterion), dependent.effect

    def _holders(self, dependent: Dependent) -> list[str]:
        """Return the types with the key of *dependent* whose bases do not have it."""
        having = [
            name
            for name in self._schema.concrete(dependent.family)
            if dependent.key in self._schema.type(name).attributes
        ]
        return [name for name in having if not set(self._schema.type(name).bases) & set(having)]

    def _query(self, selects: list[tuple[Select, Effect]]) -> dict[str, list[tuple[str, ...]]]:
        """Send *selects* and return the keys of the entities that were not found before, by family."""
        new: dict[str, list[tuple[str, ...]]] = {}
        for part in in_parts(selects, QUERIES_PER_REQUEST):
            replies = self._call([QueryOperation(compile_select(select)) for select, _ in part])
            for (select, effect), reply in zip(part, replies, strict=True):
                rows = query_reply(reply).data
                check_rows(self._schema, rows, allow_unknown_types=True)
                for row in rows:
                    name = str(row.get(ENTITY_TYPE) or select.entity_type)
                    schema = self._schema.types.get(name) or self._schema.type(select.entity_type)
                    key = tuple(str(value_in(row, each)) for each in schema.primary_key)
                    found = self._found.setdefault(schema.family, {})
                    if key not in found:
                        found[key] = name
                        new.setdefault(schema.family, []).append(key)
                        if effect is Effect.UNCERTAIN:
                            self.uncertain.add(name)
        return new


def _below(context_id: str) -> Select:
    """Return the query for all contexts below a context: the ancestors of a context leave out its project."""
    below = Or(
        (
            Comparison(Path.of("project_id"), Operator.IS, context_id),
            Comparison(Path.of("ancestors", "id"), Operator.IS, context_id),
        )
    )
    return Select(TYPED_CONTEXT, (Path.of("id"),), below)


def _is_kept(family: str, dependent: Dependent) -> bool:
    """Whether entities with a key of the family stay, or prevent the deletion as those in use do."""
    return (
        dependent.effect is Effect.KEY_NULLED
        or (family in CONFIGURATION and dependent.family not in CONFIGURATION)
        or (dependent.family, dependent.key) in KEPT_WITHOUT_OWNER
        or dependent.key == "created_by_id"
    )


def _is_view(schema: Schema, family: str) -> bool:
    """Whether the rows of *family* are also those of another family, which has the rows of all types."""
    views = views_of(schema, family)
    return bool(views) and family not in ("CustomAttributeValue", "CustomAttributeLink")
