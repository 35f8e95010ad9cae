"""Pure: evaluates queries on data in memory: entities, and mappings such as rows and events.

The result is the one that a server returns, by the rules stated in `matching` and `predicates`. Nothing is loaded: a
value that is not loaded raises `NotFetched`. Without a schema the type of a value is its Python type, and ISO 8601 text
is text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.checks import check_criterion, check_select
from ftrack_orm.query.language.nodes import Criterion, Path, Select

from .access import read_loaded
from .predicates import CriterionCompiler, ResolveSubquery
from .reader import Read, ValueReader

if TYPE_CHECKING:
    from ftrack_orm.query.language.schema_protocol import SchemaInfo

T = TypeVar("T")

Missing = Literal["refuse", "false"]


def predicate(
    criterion: Criterion,
    schema: SchemaInfo | None = None,
    *,
    entity_type: str | None = None,
    read: Read = read_loaded,
    missing: Missing = "refuse",
    resolve_subquery: ResolveSubquery | None = None,
) -> Callable[[object], bool]:
    """Return the function that decides whether an entity or a mapping meets *criterion*. Use it for many entities.

    With a *schema*, names are checked from *entity_type* on, and values have its types. *read* returns the value of an
    attribute of an entity or a mapping, or `NOT_LOADED`. With *missing* "false", a condition on a value that is not
    loaded is false, as in event subscriptions, instead of an error. *resolve_subquery* returns the values that the
    query of an `in (select ...)` selects.

    Raises `UnknownEntityType`, `UnknownAttribute` and `QueryError` for an invalid criterion, and `QueryError` for a
    subquery without *resolve_subquery*. The returned function raises `NotFetched` for a value that is not loaded, and
    `QueryError` for a cast of a mapping without a type.
    """
    compiler = CriterionCompiler(ValueReader(schema, read, missing == "false"), resolve_subquery)
    if schema is not None and entity_type is not None:
        check_criterion(criterion, entity_type, schema)
    return compiler.compile_predicate(criterion, entity_type)


def evaluate(
    select: Select,
    candidates: Iterable[T],
    schema: SchemaInfo | None = None,
    *,
    read: Read = read_loaded,
    resolve_subquery: ResolveSubquery | None = None,
) -> list[T]:
    """Return the *candidates* that *select* finds, in its order, within its offset and limit.

    Candidates of other entity types are skipped. Candidates with equal keys of `order by` keep their order; a server
    orders these by primary key. Projections have no effect. Raises the errors of `predicate`, and `QueryError` for
    `group by` and for a candidate whose type is not known.
    """
    if select.group_by:
        raise QueryError("Only the server can group results: a query with group by is not evaluated locally.")
    if schema is not None:
        check_select(select, schema)
    reader = ValueReader(schema, read, is_lenient=False)
    compiler = CriterionCompiler(reader, resolve_subquery)
    results = [candidate for candidate in candidates if reader.is_of_type(candidate, select.entity_type)]
    if select.criterion is not None:
        results = list(filter(compiler.compile_predicate(select.criterion, select.entity_type), results))
    for ordering in reversed(select.order_by):
        results.sort(key=compiler.compile_sort_key(ordering, select.entity_type), reverse=ordering.descending)
    start = select.offset or 0
    return results[start:] if select.limit is None else results[start : start + select.limit]


def selected_values(
    select: Select,
    candidates: Iterable[Any],
    schema: SchemaInfo | None = None,
    *,
    read: Read = read_loaded,
    resolve_subquery: ResolveSubquery | None = None,
) -> list[Any]:
    """Return the values of the one attribute that *select* selects, as `resolve_subquery` has to return them.

    The value of a relation is its id; a missing value is None. Raises the errors of `evaluate`, and `QueryError` when
    *select* does not select exactly one attribute, or its path leads over a collection.
    """
    paths = select.projections
    if len(paths) != 1 or not isinstance(paths[0], Path):
        raise QueryError(f"A subquery must select exactly one attribute; that of {select.entity_type} does not.")
    results = evaluate(select, candidates, schema, read=read, resolve_subquery=resolve_subquery)
    compiler = CriterionCompiler(ValueReader(schema, read, is_lenient=False), resolve_subquery)
    value_of = compiler.compile_path(paths[0], select.entity_type)
    return [value_of(entity) for entity in results]
