"""State: finds the entities that a deletion takes along, and those whose keys it sets to null, level by level."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.row_checks import check_rows
from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_reply, value_in
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.nodes import Membership, Or, Path, Select
from ftrack_orm.schema.cascades import DependentFamily, Effect, dependents
from ftrack_orm.schema.facts import CONFIGURATION, CONTEXT, KEPT_WITHOUT_OWNER, TYPED_CONTEXT
from ftrack_orm.schema.views import views_of
from ftrack_orm.wire.codec import ENTITY_TYPE
from ftrack_orm.wire.operations import QueryOperation

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.operations import ServerCall

    from .planning import Target

#: Queries in one request: enough for all types that can depend on the entities of one level.
QUERIES_PER_REQUEST = 100

#: By family and primary key, the type of an entity.
Found = dict[str, dict[tuple[str, ...], str]]


class DependentsSearch:
    """Searches the server for the dependents of entities. *call* sends operations.

    A level takes one request for each 100 queries, and a query has up to 500 ids. The contexts below a context are one
    level, however deep they are nested. With *includes_nulled* it also finds the entities that stay and whose keys a
    deletion sets to null. With *limit* it ends when more entities are found than that, and `is_complete` is false.
    Entities of the families *left_out* are not searched for.
    """

    def __init__(
        self,
        schema: Schema,
        call: ServerCall,
        *,
        includes_nulled: bool = False,
        limit: int | None = None,
        left_out: Collection[str] = (),
    ) -> None:
        self._schema = schema
        self._call = call
        self._includes_nulled = includes_nulled
        self._limit = limit
        self._left_out = left_out
        self._number = 0
        self._dependents = dependents(schema)
        #: The entities that are searched from, and those that their deletion takes along.
        self.found: Found = {}
        #: Types of entities of which it is not certain that they are deleted.
        self.uncertain: set[str] = set()
        self.is_complete = True
        self._nulled: dict[Target, dict[str, None]] = {}

    def run(self, roots: Mapping[str, Mapping[tuple[str, ...], str]]) -> None:
        """Search from *roots*, the types of entities by family and key. They may be found before."""
        new: dict[str, list[tuple[str, ...]]] = {}
        for family, keys in roots.items():
            known = self.found.setdefault(family, {})
            new[family] = [key for key in keys if key not in known]
            known.update(keys)
        contexts = [key[0] for key in new.get(CONTEXT, ())]
        selects = [(_below(part), Effect.DELETED, "") for part in in_parts(contexts, IDS_PER_QUERY)]
        while any(new.values()) and self.is_complete:
            # The contexts below are found together with the other dependents of the first level.
            new = self._query([*selects, *self._selects(new)])
            selects = []

    @property
    def nulled(self) -> dict[Target, tuple[str, ...]]:
        """The entities that stay and refer to a deleted one: by type and primary key, the names of the keys."""
        return {
            (name, key): tuple(names)
            for (name, key), names in self._nulled.items()
            if key not in self.found.get(self._schema.type(name).family, {})
        }

    def _selects(self, new: Mapping[str, list[tuple[str, ...]]]) -> Iterator[tuple[Select, Effect, str]]:
        """Yield the queries for the dependents of *new* entities, each with the effect on its results and the key."""
        for family, keys in new.items():
            ids = [key[0] for key in keys if len(key) == 1]
            for dependent in self._dependents.get(family, ()) if ids else ():
                effect = self._effect(family, dependent)
                if effect is None or (family == dependent.family == CONTEXT and effect is not Effect.KEY_NULLED):
                    continue  # all contexts below are found already
                for name in self._holders(dependent):
                    key_paths = tuple(map(Path.of, self._schema.type(name).primary_key))
                    for part in in_parts(ids, IDS_PER_QUERY):
                        criterion = Membership(Path.of(dependent.key), tuple(part))
                        yield Select(name, key_paths, criterion), effect, dependent.key

    def _effect(self, family: str, dependent: DependentFamily) -> Effect | None:
        """Return what happens to dependents of entities of *family*, None where that is not searched for."""
        if dependent.family in self._left_out or _is_view(self._schema, dependent.family):
            return None
        if _is_in_use(family, dependent):
            return None
        if (
            dependent.effect is Effect.KEY_NULLED
            or (dependent.family, dependent.key) in KEPT_WITHOUT_OWNER
            or dependent.key == "created_by_id"
        ):
            return Effect.KEY_NULLED if self._includes_nulled else None
        return dependent.effect

    def _holders(self, dependent: DependentFamily) -> list[str]:
        """Return the types with the key of *dependent* whose bases do not have it."""
        having = [
            name
            for name in self._schema.concrete(dependent.family)
            if dependent.key in self._schema.type(name).attributes
        ]
        return [name for name in having if not set(self._schema.type(name).bases) & set(having)]

    def _query(self, selects: list[tuple[Select, Effect, str]]) -> dict[str, list[tuple[str, ...]]]:
        """Send *selects* and return the keys of the entities that were not found before, by family."""
        new: dict[str, list[tuple[str, ...]]] = {}
        for part in in_parts(selects, QUERIES_PER_REQUEST):
            if not self.is_complete:
                break
            replies = self._call([QueryOperation(compile_select(select)) for select, _, _ in part])
            for (select, effect, name), reply in zip(part, replies, strict=True):
                rows = query_reply(reply).data
                check_rows(self._schema, rows, allow_unknown_types=True)
                for row in rows:
                    self._add(row, select.entity_type, effect, name, new)
        return new

    def _add(
        self,
        row: dict[str, Any],
        selected_type: str,
        effect: Effect,
        key_name: str,
        new: dict[str, list[tuple[str, ...]]],
    ) -> None:
        name = str(row.get(ENTITY_TYPE) or selected_type)
        schema = self._schema.types.get(name) or self._schema.type(selected_type)
        key = tuple(str(value_in(row, each)) for each in schema.primary_key)
        found = self.found.setdefault(schema.family, {})
        if key in found:
            return
        self._number += 1
        self.is_complete = self._limit is None or self._number <= self._limit
        if effect is Effect.KEY_NULLED:
            self._nulled.setdefault((schema.name, key), {})[key_name] = None
            return
        found[key] = name
        new.setdefault(schema.family, []).append(key)
        if effect is Effect.UNCERTAIN:
            self.uncertain.add(name)


def _below(context_ids: Sequence[str]) -> Select:
    """Return the query for all contexts below some: the ancestors of a context leave out its project."""
    below = Or(
        (
            Membership(Path.of("project_id"), tuple(context_ids)),
            Membership(Path.of("ancestors", "id"), tuple(context_ids)),
        )
    )
    return Select(TYPED_CONTEXT, (Path.of("id"),), below)


def _is_in_use(family: str, dependent: DependentFamily) -> bool:
    """Whether dependents prevent the deletion, as production data prevents that of configuration in use."""
    return family in CONFIGURATION and dependent.family not in CONFIGURATION


def _is_view(schema: Schema, family: str) -> bool:
    """Whether the rows of *family* are also those of another family, which has the rows of all types."""
    views = views_of(schema, family)
    return bool(views) and family not in ("CustomAttributeValue", "CustomAttributeLink")
