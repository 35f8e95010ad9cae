"""Pure: deciding queries on what is already in memory: entities, and plain mappings such as rows and events.

The answer is the one a server would give, by the rules stated in `matching` and `predicates`. Nothing is guessed and
nothing is fetched: what is not loaded raises `NotFetched`. A schema is not required, but without one a value is what it
looks like, and ISO 8601 text is text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language import resolve
from ftrack_orm.query.language.nodes import Criterion, Path, Select

from .access import entity_type_of, read_loaded
from .predicates import Evaluation, Read, ResolveSubquery

if TYPE_CHECKING:
    from ftrack_orm.query.language.schema_protocol import SchemaInfo

T = TypeVar("T")

Missing = Literal["refuse", "false"]


def predicate(
    criterion: Criterion,
    vocabulary: SchemaInfo | None = None,
    *,
    entity_type: str | None = None,
    read: Read = read_loaded,
    missing: Missing = "refuse",
    resolve_subquery: ResolveSubquery | None = None,
) -> Callable[[object], bool]:
    """Return what tells whether *criterion* holds for an entity or a mapping; make it once, ask it often.

    With a *vocabulary*, names are checked and values have the types it says, beginning at *entity_type*. *read* gives
    the value an entity or a mapping has for an attribute, or `NOT_LOADED`. With *missing* "false" a condition on what
    is not there is false, as in event subscriptions, instead of an error. *resolve_subquery* gives the values that the
    query of an `in (select ...)` selects.

    Raises `UnknownEntityType`, `UnknownAttribute` and `QueryError` for what the criterion gets wrong, and for a
    subquery that nobody resolves. What is returned raises `NotFetched` for what is not loaded, and `QueryError` where a
    cast cannot be decided for want of a type.
    """
    evaluation = Evaluation(vocabulary, read, missing == "false", resolve_subquery)
    if vocabulary is not None and entity_type is not None:
        resolve.check_criterion(criterion, entity_type, vocabulary)
    return evaluation.predicate(criterion, entity_type)


def matches(
    criterion: Criterion,
    entity: object,
    vocabulary: SchemaInfo | None = None,
    *,
    read: Read = read_loaded,
    missing: Missing = "refuse",
    resolve_subquery: ResolveSubquery | None = None,
) -> bool:
    """Return whether *criterion* holds for one entity or mapping; arguments and errors as those of `predicate`."""
    holds = predicate(
        criterion,
        vocabulary,
        entity_type=entity_type_of(entity),
        read=read,
        missing=missing,
        resolve_subquery=resolve_subquery,
    )
    return holds(entity)


def evaluate(
    select: Select,
    candidates: Iterable[T],
    vocabulary: SchemaInfo | None = None,
    *,
    read: Read = read_loaded,
    resolve_subquery: ResolveSubquery | None = None,
) -> list[T]:
    """Return those of *candidates* that *select* finds, in its order, within its offset and limit.

    Candidates of other entity types are left out. Those that `order by` does not tell apart stay in the order they are
    given in; a server has them in that of their primary key. Projections make no difference. Raises as `predicate`
    does, and `QueryError` for `group by`, and for a candidate of which nobody knows whether it is of the type.
    """
    if select.group_by:
        raise QueryError("Groups can only be made by the server: a query with group by is not evaluated locally.")
    if vocabulary is not None:
        resolve.check(select, vocabulary)
    evaluation = Evaluation(vocabulary, read, False, resolve_subquery)
    found = [candidate for candidate in candidates if evaluation.is_of_type(candidate, select.entity_type)]
    if select.criterion is not None:
        found = list(filter(evaluation.predicate(select.criterion, select.entity_type), found))
    for ordering in reversed(select.order_by):
        found.sort(key=evaluation.order(ordering, select.entity_type), reverse=ordering.descending)
    start = select.offset or 0
    return found[start:] if select.limit is None else found[start : start + select.limit]


def selected_values(
    select: Select,
    candidates: Iterable[Any],
    vocabulary: SchemaInfo | None = None,
    *,
    read: Read = read_loaded,
    resolve_subquery: ResolveSubquery | None = None,
) -> list[Any]:
    """Return the values of the one attribute that *select* selects: what `resolve_subquery` is to give.

    A relation is told by its id, and missing values are None. Raises as `evaluate` does, and `QueryError` when not
    exactly one attribute is selected or a collection is on the way to it.
    """
    paths = select.projections
    if len(paths) != 1 or not isinstance(paths[0], Path):
        raise QueryError(f"A subquery must select exactly one attribute; that of {select.entity_type} does not.")
    found = evaluate(select, candidates, vocabulary, read=read, resolve_subquery=resolve_subquery)
    value_of = Evaluation(vocabulary, read, False, resolve_subquery).value_at(paths[0], select.entity_type)
    return [value_of(entity) for entity in found]
