"""State: finds the entities of the server that have given identifying values, with one query for all of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.entities.entity import Entity, server_value
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.reading.projections import expand_path
from ftrack_orm.errors import InvalidValue, MultipleResults
from ftrack_orm.query.language.nodes import (
    Comparison,
    Criterion,
    Membership,
    Operator,
    Path,
    Select,
    conjunction,
    disjunction,
)
from ftrack_orm.schema.attribute import Kind, ValueType
from ftrack_orm.values import NOT_LOADED

from .identifying import Wanted, identity_of

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import EntityType

#: Characters of the values in one query: about those of 500 ids, see `row_queries.IDS_PER_QUERY`.
CHARACTERS_PER_QUERY = 20_000

#: Characters around a listed value, and around path and value of a comparison.
_QUOTES, _WORDS = 4, 12

#: Alternatives that `or` joins in one query.
ALTERNATIVES_PER_QUERY = 100

#: Queries for one entity each in one request.
SINGLE_QUERIES_PER_REQUEST = 500

#: Items of data up to which the default projections are loaded too, since they are likely to be read.
FULL_ROWS_UP_TO = 20


@attrs.frozen(eq=False)
class _ExistenceQuery:
    """A query for the entities of several items of data, which are identified by the same attributes."""

    wanted: Sequence[Wanted]
    criterion: Criterion


class ExistingEntities:
    """Finds the entities of one type by their identifying values, and loads the attributes that the data would set.

    One query asks for all of them, unless its text would become too long. The rows are matched with the data by the
    server's rules for the equality of values. Where these rules are not certain here, the server decides: a row that
    matches no data, or several that match the same, are followed by one query for each item of data that is still open.
    """

    def __init__(self, workspace: Workspace, schema: EntityType) -> None:
        self._workspace = workspace
        self._schema = schema

    def find(self, wanted: Sequence[Wanted], *, one_by_one: bool = False) -> dict[Hashable, Entity]:
        """Return the entities that exist, by the identity of their data; with *one_by_one*, the server matches all.

        Nothing is asked about data that refers to an entity which is not on the server yet. Raises `MultipleResults`
        when several entities have the same identifying values.
        """
        asked = list({each.identity: each for each in wanted if not self._refers_to_new(each)}.values())
        if one_by_one:
            return self._find_one_by_one(asked)
        projections = self._projections(asked)
        queries = list(_existence_queries(self._schema, asked))
        selects = [
            Select(self._schema.name, projections, query.criterion, limit=len(query.wanted) + 1) for query in queries
        ]
        existing: dict[Hashable, Entity] = {}
        unclear: list[Wanted] = []
        for query, entities in zip(queries, self._workspace.loader.read(selects), strict=True):
            if len(query.wanted) == 1:
                (only,) = query.wanted
                existing.update(self._only_match(only, entities))
                continue
            matches, is_certain = self._match(query.wanted, entities)
            existing.update(matches)
            if not is_certain:
                unclear += [each for each in query.wanted if each.identity not in matches]
        return existing | self._find_one_by_one(unclear)

    def _match(self, wanted: Sequence[Wanted], entities: Sequence[Entity]) -> tuple[dict[Hashable, Entity], bool]:
        """Return the entities that match exactly one item of *wanted*, and whether that leaves no question open."""
        by_identity: dict[Hashable, list[Entity]] = {each.identity: [] for each in wanted}
        is_certain = len(entities) <= len(wanted)
        for entity in entities:
            matches = by_identity.get(self._identity(entity, wanted[0].names))
            if matches is None:
                is_certain = False
            else:
                matches.append(entity)
        single = {identity: matches[0] for identity, matches in by_identity.items() if len(matches) == 1}
        return single, is_certain and all(len(matches) <= 1 for matches in by_identity.values())

    def _identity(self, entity: Entity, names: Sequence[str]) -> Hashable:
        """Return the identity that *entity* has on the server, or None if its values are not known."""
        keys = self._schema.reference_keys
        values = {name: server_value(entity, name) for name in (*names, *filter(None, map(keys.get, names)))}
        for name in names:
            if values[name] is NOT_LOADED and values.get(keys.get(name, ""), NOT_LOADED) is NOT_LOADED:
                return None
        try:
            return identity_of(self._schema, values, names)
        except InvalidValue:
            return None

    def _find_one_by_one(self, wanted: Sequence[Wanted]) -> dict[Hashable, Entity]:
        """Find each of *wanted* with a query of its own, so that the server alone compares the values."""
        projections = self._projections(wanted)
        selects = [Select(self._schema.name, projections, each.criterion, limit=2) for each in wanted]
        results = self._workspace.loader.read(selects, per_request=SINGLE_QUERIES_PER_REQUEST)
        existing: dict[Hashable, Entity] = {}
        for each, entities in zip(wanted, results, strict=True):
            existing.update(self._only_match(each, entities))
        return existing

    def _only_match(self, wanted: Wanted, entities: Sequence[Entity]) -> dict[Hashable, Entity]:
        if len(entities) > 1:
            raise MultipleResults(
                f"There is more than one {self._schema.name} with {wanted.data!r:.300}. Give identifying_keys only "
                "one has.",
                entity_type=self._schema.name,
            )
        return {wanted.identity: entities[0]} if entities else {}

    def _refers_to_new(self, wanted: Wanted) -> bool:
        """Whether an identifying value is an entity that the server does not have yet, or its id."""
        for name in wanted.names:
            value = wanted.data[name]
            if not isinstance(value, Entity):
                target = (self._schema.attribute(name).foreign_key or "").partition(".")[0]
                if not isinstance(value, str) or target not in self._workspace.schema.types:
                    continue
                value = self._workspace.lookup(target, (value,))
            if value is not None and _is_certainly_new(value):
                return True
        return False

    def _projections(self, wanted: Sequence[Wanted]) -> tuple[Path, ...]:
        """Return the paths of the values that are compared with the data."""
        schema = self._schema
        names = dict.fromkeys(schema.primary_key)
        if len(wanted) <= FULL_ROWS_UP_TO:
            names.update(dict.fromkeys(schema.default_projections))
        names.update(dict.fromkeys(name for each in wanted for name in each.data))
        paths: dict[Path, None] = {}
        for name in names:
            if not schema.attribute(name).restricted:
                paths.update(dict.fromkeys(self._paths(name)))
        return tuple(paths)

    def _paths(self, name: str) -> Iterable[Path]:
        attribute, schema = self._schema.attribute(name), self._workspace.schema
        if attribute.kind is not Kind.REFERENCE:
            return expand_path(schema, self._schema, Path.of(name))
        key_name = self._schema.reference_keys.get(name)
        if key_name is not None:
            return (Path.of(key_name),)
        return [Path.of(name, key) for key in schema.type(str(attribute.target)).primary_key]


def _is_certainly_new(entity: Entity) -> bool:
    """Whether the server does not have *entity*: it is new, and no commit with it was sent."""
    state = entity._ftrack_state
    if state.lifecycle is not Lifecycle.PENDING:
        return False
    journal = state.journal
    return journal is None or not (entity in journal.in_flight or journal.unresolved or journal.carried_out)


def _existence_queries(schema: EntityType, wanted: Sequence[Wanted]) -> Iterator[_ExistenceQuery]:
    """Yield as few queries as possible that find all of *wanted*, and nothing else by the server's rules."""
    by_attributes: dict[tuple[Path, ...], list[Wanted]] = {}
    for each in wanted:
        by_attributes.setdefault(tuple(condition.path for condition in each.conditions), []).append(each)
    for members in by_attributes.values():
        yield from _queries_of_one_form(schema, members)


def _queries_of_one_form(schema: EntityType, wanted: Sequence[Wanted]) -> Iterator[_ExistenceQuery]:
    """Yield the queries for *wanted*, which are identified by the same attributes.

    Items that differ in one attribute only share an alternative, in which that attribute is `in` a list.
    """
    listed = _listed_position(schema, wanted)
    part: dict[tuple[Comparison, ...], list[Wanted]] = {}
    size = 0
    for common, members in _alternatives(wanted, listed).items():
        common_size = sum(map(_size, common))
        for each in members:
            added = 0 if listed is None else len(str(each.conditions[listed].value)) + _QUOTES
            is_new = common not in part
            if part and (size + added > CHARACTERS_PER_QUERY or (is_new and len(part) >= ALTERNATIVES_PER_QUERY)):
                yield _existence_query(part, listed)
                part, size, is_new = {}, 0, True
            size += added + (common_size if is_new else 0)
            part.setdefault(common, []).append(each)
    if part:
        yield _existence_query(part, listed)


def _listed_position(schema: EntityType, wanted: Sequence[Wanted]) -> int | None:
    """Return the position of the condition whose values are listed, with which there are the fewest alternatives.

    Only text and ids are listed. None is for data that is identified by values of other types.
    """
    positions = [
        position for position, condition in enumerate(wanted[0].conditions) if _can_be_listed(schema, condition.path)
    ]
    counts = {position: len({_without(each.conditions, position) for each in wanted}) for position in positions}
    return min(positions, key=counts.__getitem__) if positions else None


def _can_be_listed(schema: EntityType, path: Path) -> bool:
    attribute = schema.attributes.get(path.steps[0].name)
    is_text = attribute is not None and attribute.value_type is ValueType.TEXT
    return len(path.steps) > 1 or is_text


def _alternatives(wanted: Sequence[Wanted], listed: int | None) -> Mapping[tuple[Comparison, ...], Sequence[Wanted]]:
    alternatives: dict[tuple[Comparison, ...], list[Wanted]] = {}
    for each in wanted:
        common = each.conditions if listed is None else _without(each.conditions, listed)
        alternatives.setdefault(common, []).append(each)
    return alternatives


def _existence_query(part: Mapping[tuple[Comparison, ...], Sequence[Wanted]], listed: int | None) -> _ExistenceQuery:
    alternatives = [
        criterion
        for common, members in part.items()
        if (criterion := conjunction(*common, _list_criterion(members, listed))) is not None
    ]
    return _ExistenceQuery([each for members in part.values() for each in members], disjunction(*alternatives))


def _list_criterion(members: Sequence[Wanted], listed: int | None) -> Criterion | None:
    """Return the criterion that the listed attribute has one of the values of *members*."""
    if listed is None:
        return None
    path = members[0].conditions[listed].path
    values = dict.fromkeys(each.conditions[listed].value for each in members)
    present = tuple(value for value in values if value is not None)
    criteria: list[Criterion] = [Comparison(path, Operator.IS, None)] if None in values else []
    if len(present) == 1:
        criteria.append(Comparison(path, Operator.IS, present[0]))
    elif present:
        criteria.append(Membership(path, present))
    return disjunction(*criteria)


def _without(conditions: tuple[Comparison, ...], position: int) -> tuple[Comparison, ...]:
    return conditions[:position] + conditions[position + 1 :]


def _size(condition: Comparison) -> int:
    return len(condition.path.text) + len(str(condition.value)) + _WORDS
