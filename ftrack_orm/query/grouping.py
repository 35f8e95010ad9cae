"""Pure: builds and checks the conditions, orders and names of groups, which ftrack's language does not have.

`entities.reading.grouped_rows` evaluates them on the rows of a response.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from ftrack_orm.errors import QueryError, UnknownAttribute, UsageError

from .columns import Column, column_name
from .expressions.attributes import AttributeExpression
from .expressions.clause_elements import AggregateExpression, AggregateOrdering, GroupCondition
from .expressions.clauses import build_ordering
from .expressions.criteria import as_criterion
from .expressions.roots import check_roots
from .language.checks import check_ordering, check_projection
from .language.compiler import compile_criterion
from .language.errors_at import with_excerpt
from .language.literals import check_value
from .language.nodes import (
    Aggregate,
    And,
    Comparison,
    Criterion,
    Groups,
    Membership,
    Not,
    Operator,
    Or,
    Ordering,
    Path,
    Projection,
    Scalar,
    Select,
    conjunction,
    path_of_aggregate,
)
from .language.parser import parse_group_condition, parse_group_orderings, parse_grouped, parse_projections
from .language.resolve import resolve_path, value_type_of_aggregate

if TYPE_CHECKING:
    from .builder import Query
    from .executable import Runner

Q = TypeVar("Q", bound="Query[Any]")

NO_GROUPS = Groups()


def describe(groups: Groups) -> str:
    """Return *groups* as the end of a description of their query."""
    parts = [f"{text_of(content)} as {name}" for name, content in groups.names]
    if groups.condition is not None:
        parts.append(f"having {compile_criterion(groups.condition)}")
    if groups.order_by:
        keys = (each.path.text + (" descending" if each.descending else "") for each in groups.order_by)
        parts.append(f"order by {', '.join(keys)}")
    return "".join(f", {part}" for part in parts)


def parse_with_aggregates(text: str) -> tuple[Select, Groups] | None:
    """Return the parts of a query whose text orders groups by aggregates, None for a text that is no such query."""
    try:
        select = parse_grouped(text)
    except QueryError:
        return None
    plain = tuple(ordering for ordering in select.order_by if not is_aggregate(ordering.path))
    return attrs.evolve(select, order_by=plain), Groups(order_by=select.order_by)


# -- building ---------------------------------------------------------------------------------------------------------


def name_columns(query: Q, contents: Mapping[str, Sequence[Projection]]) -> Q:
    """Return *query* with names for columns; raises `QueryError` for a name of several columns, or one taken."""
    groups = query.groups or NO_GROUPS
    names = dict(groups.names)
    for name, nodes in contents.items():
        if len(nodes) != 1:
            raise QueryError(f"The column {name!r} is one attribute or aggregate, not {len(nodes)}.")
        if names.setdefault(name, nodes[0]) != nodes[0]:
            raise QueryError(f"Two columns are called {name!r}: {text_of(names[name])} and {text_of(nodes[0])}.")
    return _with_groups(query, attrs.evolve(groups, names=tuple(names.items())))


def order_groups(query: Q, keys: Iterable[Any]) -> Q:
    """Return *query* ordered by its previous keys and then by *keys*, which may be aggregates and names of columns."""
    groups = query.groups or NO_GROUPS
    names = column_contents(query.node, groups)
    order = list(groups.order_by or query.node.order_by)
    for key in keys:
        for ordering in _orderings(query, key, names):
            content = names.get(ordering.path.text)
            order.append(ordering if content is None else Ordering(_path(content), ordering.descending))
    is_plain = not any(is_aggregate(ordering.path) for ordering in order)
    plain = tuple(ordering for ordering in order if not is_aggregate(ordering.path))
    return _with_groups(
        query._with_clauses(order_by=plain), attrs.evolve(groups, order_by=() if is_plain else tuple(order))
    )


def add_condition(query: Q, conditions: Iterable[Any]) -> Q:
    """Return *query* restricted to groups that also meet all of *conditions*, which are expressions or texts."""
    groups = query.groups or NO_GROUPS
    nodes = [_condition(query, each) for each in conditions]
    return _with_groups(query, attrs.evolve(groups, condition=conjunction(groups.condition, *nodes)))


def _with_groups(query: Q, groups: Groups) -> Q:
    """Return *query* with *groups*, None if they are empty, so that equal queries are equal values."""
    return query._with_options(groups=None if groups == NO_GROUPS else groups)


def _orderings(query: Query[Any], key: Any, names: Mapping[str, Projection]) -> tuple[Ordering, ...]:
    entity_type, schema = query.node.entity_type, query.schema
    if isinstance(key, AggregateExpression):
        key = key.asc()
    if isinstance(key, AggregateOrdering):
        _check_aggregate(key.aggregate.node, key.aggregate.roots, query)
        return (Ordering(path_of_aggregate(key.aggregate.node), key.descending),)
    if not isinstance(key, str):
        return (build_ordering(key, entity_type, schema),)
    orderings = parse_group_orderings(key)
    for ordering in orderings:
        if schema is None:
            break
        try:
            if is_aggregate(ordering.path):
                check_projection(_aggregate(ordering.path), entity_type, schema)
            elif ordering.path.text not in names:
                check_ordering(ordering, entity_type, schema)
        except UnknownAttribute as error:
            advice = " Names of columns are given before they are used: select(...) and then order_by(...)."
            raise with_excerpt(UnknownAttribute(error.message + advice, **error.details), key) from None
        except UsageError as error:
            raise with_excerpt(error, key) from None
    return orderings


def _condition(query: Query[Any], given: Any) -> Criterion:
    if isinstance(given, str):
        node = parse_group_condition(given)
        try:
            _check_condition(node, query)
        except UsageError as error:
            raise with_excerpt(error, given) from None
        return node
    if isinstance(given, (AttributeExpression, AggregateExpression)):
        raise QueryError(f"having takes conditions such as Task.id.count() > 3, not {given!r}.")
    expression = given if isinstance(given, GroupCondition) else as_criterion(given, "having")
    if query.schema is not None:
        check_roots(expression.roots, query.node.entity_type, query.schema)
    _check_condition(expression.node, query)
    return expression.node


def _check_aggregate(aggregate: Aggregate, roots: Iterable[str], query: Query[Any]) -> None:
    if query.schema is not None:
        check_roots(roots, query.node.entity_type, query.schema)
        check_projection(aggregate, query.node.entity_type, query.schema)


def check_groups(query: Query[Any]) -> None:
    """Check the aggregates and the values in the groups of *query* with its schema."""
    groups = query.groups or NO_GROUPS
    if groups.condition is not None:
        _check_condition(groups.condition, query)
    for ordering in groups.order_by:
        if is_aggregate(ordering.path):
            _check_aggregate(_aggregate(ordering.path), (), query)


def _check_condition(node: Criterion, query: Query[Any]) -> None:
    """Check that *node* compares columns with values, and that these fit the aggregates."""
    if isinstance(node, (And, Or)):
        for operand in node.operands:
            _check_condition(operand, query)
    elif isinstance(node, Not):
        _check_condition(node.operand, query)
    elif isinstance(node, Comparison):
        _check_values(node.path, node.operator, (node.value,), query)
    elif isinstance(node, Membership) and isinstance(node.values, tuple):
        _check_values(node.path, Operator.IS, node.values, query)
    else:
        raise QueryError("having compares keys and aggregates with values: has, any and subqueries belong in where.")


def _check_values(path: Path, operator: Operator, values: Sequence[Scalar], query: Query[Any]) -> None:
    if not is_aggregate(path):
        return
    aggregate, resolved = _aggregate(path), None
    if query.schema is not None:
        check_projection(aggregate, query.node.entity_type, query.schema)
        resolved = resolve_path(aggregate.path, query.node.entity_type, query.schema)
    for value in values:
        check_value(value_type_of_aggregate(aggregate.function, resolved), operator, value, path.text)


# -- columns ----------------------------------------------------------------------------------------------------------


def is_aggregate(path: Path) -> bool:
    """Whether *path* stands for an aggregate, see `path_of_aggregate`."""
    return "(" in path.text


def _aggregate(path: Path) -> Aggregate:
    (aggregate,) = parse_projections(path.text)
    assert isinstance(aggregate, Aggregate)
    return aggregate


def _path(content: Projection) -> Path:
    return content if isinstance(content, Path) else path_of_aggregate(content)


def text_of(content: Projection) -> str:
    """Return the text of a key or an aggregate in the language."""
    return _path(content).text


def column_contents(node: Select, groups: Groups) -> dict[str, Projection]:
    """Return the contents of the columns that have names other than their own text: `count_id`, and those given."""
    defaults = {column_name(each): each for each in node.projections if isinstance(each, Aggregate)}
    return {**defaults, **dict(groups.names)}


def content_of(path: Path, node: Select, groups: Groups) -> Projection:
    """Return the key or the aggregate that *path* names in a condition or an order."""
    content = column_contents(node, groups).get(path.text)
    if content is not None:
        return content
    if is_aggregate(path):
        return _aggregate(path)
    if path in node.group_by:
        return path
    raise QueryError(
        f"{path} is neither a key of group by nor an aggregate. Conditions on entities belong in where(...).",
        position=path.position,
    )


def output_columns(node: Select, groups: Groups) -> list[tuple[str, Projection]]:
    """Return the columns of the rows of a grouped query: the keys and then the aggregates, by their names."""
    columns: list[tuple[str, Projection]] = []
    for content in dict.fromkeys((*node.group_by, *node.projections)):
        given = [name for name, named in groups.names if named == content]
        columns += [(name, content) for name in given or [column_name(content)]]
    return columns


def rows_of_groups(query: Query[Any], runner: Runner, columns: Sequence[Column]) -> tuple[list[str], list[Any]]:
    """Return the names of *columns*, or of all columns of *query*, and a tuple of their values for each group."""
    groups = query.groups or NO_GROUPS
    if any(column.item is not None for column in columns):
        raise QueryError("A group has keys and aggregates, and no items of metadata or custom attributes.")
    if columns:
        aggregates = dict.fromkeys(each.content for each in columns if isinstance(each.content, Aggregate))
        keys = dict.fromkeys(each.content for each in columns if isinstance(each.content, Path))
        node = attrs.evolve(query.node, projections=(*keys, *aggregates))
        query = query._with_clauses(projections=node.projections)
        by_content = {content: name for name, content in output_columns(node, groups)}
        names = [column.name for column in columns]
        sources = [by_content.get(column.content, column.name) for column in columns]
    else:
        names = sources = [name for name, _ in output_columns(query.node, groups)]
    prepared = query._prepare()
    rows = [] if prepared is None else runner.rows(prepared)
    return names, [tuple([row[source] for source in sources]) for row in rows]


def check_is_grouped(groups: Groups | None, node: Select) -> None:
    """Raise `QueryError` for names, conditions or orders of groups without groups, and for a name of two columns."""
    if groups is None or groups == NO_GROUPS:
        return
    if node.group_by:
        contents: dict[str, Projection] = {}
        for name, content in output_columns(node, groups):
            if contents.setdefault(name, content) != content:
                raise QueryError(f"Two columns are called {name!r}: {text_of(contents[name])} and {text_of(content)}.")
        return
    if groups.is_evaluated_here:
        raise QueryError("Conditions on aggregates and orders by aggregates need groups: group_by('status.name').")
    (name, content), *_ = groups.names
    raise QueryError(
        f"Attributes of entities keep their names, so {text_of(content)} cannot be called {name!r}. "
        f"query.rows({name}={text_of(content)!r}) names the columns of rows."
    )
