"""Pure: conditions, orders and names of groups beyond ftrack's language, and their evaluation on the server's rows.

ftrack groups and aggregates, orders groups by their keys, and limits their number (PROTOCOL 1.1, 1.2). It has no
conditions on aggregates, no order by them and no names for columns. With one of the first two, the server is asked for
all groups, and condition, order, offset and limit are evaluated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import ProtocolError, QueryError, UsageError

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
    Step,
    conjunction,
    path_of_aggregate,
)
from .language.parser import parse_group_condition, parse_group_orderings, parse_projections
from .language.resolve import resolve_path, value_type_of_aggregate

if TYPE_CHECKING:
    from .builder import Query
    from .executable import Runner

Row = dict[str, Any]


NO_GROUPS = Groups()


def describe(groups: Groups) -> str:
    """Return *groups* as the end of a description of their query."""
    parts = [f"{_text(content)} as {name}" for name, content in groups.names]
    if groups.condition is not None:
        parts.append(f"having {compile_criterion(groups.condition)}")
    if groups.order_by:
        keys = (each.path.text + (" descending" if each.descending else "") for each in groups.order_by)
        parts.append(f"order by {', '.join(keys)}")
    return "".join(f", {part}" for part in parts)


# -- building ---------------------------------------------------------------------------------------------------------


def name_columns(query: Query[Any], contents: Mapping[str, Sequence[Projection]]) -> Query[Any]:
    """Return *query* with names for columns; raises `QueryError` for a name of several columns, or one taken."""
    groups = query.groups or NO_GROUPS
    names = dict(groups.names)
    for name, nodes in contents.items():
        if len(nodes) != 1:
            raise QueryError(f"The column {name!r} is one attribute or aggregate, not {len(nodes)}.")
        if names.setdefault(name, nodes[0]) != nodes[0]:
            raise QueryError(f"Two columns are called {name!r}: {_text(names[name])} and {_text(nodes[0])}.")
    return query._with_options(groups=attrs.evolve(groups, names=tuple(names.items())))


def order_groups(query: Query[Any], keys: Iterable[Any]) -> Query[Any]:
    """Return *query* ordered by its previous keys and then by *keys*, which may be aggregates and names of columns."""
    groups = query.groups or NO_GROUPS
    names = column_contents(query.node, groups)
    order = list(groups.order_by or query.node.order_by)
    for key in keys:
        for ordering in _orderings(query, key, names):
            content = names.get(ordering.path.text)
            order.append(ordering if content is None else Ordering(_path(content), ordering.descending))
    is_plain = not any(_is_aggregate(ordering.path) for ordering in order)
    plain = tuple(ordering for ordering in order if not _is_aggregate(ordering.path))
    return query._with_clauses(order_by=plain)._with_options(
        groups=attrs.evolve(groups, order_by=() if is_plain else tuple(order))
    )


def add_condition(query: Query[Any], conditions: Iterable[Any]) -> Query[Any]:
    """Return *query* restricted to groups that also meet all of *conditions*, which are expressions or texts."""
    groups = query.groups or NO_GROUPS
    nodes = [_condition(query, each) for each in conditions]
    return query._with_options(groups=attrs.evolve(groups, condition=conjunction(groups.condition, *nodes)))


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
    for ordering in orderings if schema is not None else ():
        try:
            if _is_aggregate(ordering.path):
                check_projection(_aggregate(ordering.path), entity_type, schema)
            elif ordering.path.text not in names:
                check_ordering(ordering, entity_type, schema)
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
        if _is_aggregate(ordering.path):
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
    if not _is_aggregate(path):
        return
    aggregate, resolved = _aggregate(path), None
    if query.schema is not None:
        check_projection(aggregate, query.node.entity_type, query.schema)
        resolved = resolve_path(aggregate.path, query.node.entity_type, query.schema)
    for value in values:
        check_value(value_type_of_aggregate(aggregate.function, resolved), operator, value, path.text)


# -- columns ----------------------------------------------------------------------------------------------------------


def _is_aggregate(path: Path) -> bool:
    return "(" in path.text


def _aggregate(path: Path) -> Aggregate:
    (aggregate,) = parse_projections(path.text)
    assert isinstance(aggregate, Aggregate)
    return aggregate


def _path(content: Projection) -> Path:
    return content if isinstance(content, Path) else path_of_aggregate(content)


def _text(content: Projection) -> str:
    return _path(content).text


def column_contents(node: Select, groups: Groups) -> dict[str, Projection]:
    """Return the contents of the columns that have names other than their own text: `count_id`, and those given."""
    defaults = {column_name(each): each for each in node.projections if isinstance(each, Aggregate)}
    return {**defaults, **dict(groups.names)}


def _content(path: Path, node: Select, groups: Groups) -> Projection:
    """Return the key or the aggregate that *path* names in a condition or an order."""
    content = column_contents(node, groups).get(path.text)
    if content is not None:
        return content
    if _is_aggregate(path):
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


# -- evaluation -------------------------------------------------------------------------------------------------------


@attrs.frozen
class GroupPlan:
    """The *select* to send for a grouped query, and the evaluation of its rows."""

    select: Select
    node: Select
    groups: Groups

    def finish(self, rows: Sequence[Row]) -> list[Row]:
        """Return the results for all *rows* of the response: those that meet the condition, in order, within limits.

        Raises `ProtocolError` for a row without one of the columns.
        """
        node, groups = self.node, self.groups
        columns = output_columns(node, groups)
        for row in rows:
            missing = [name for name in map(column_name, (*node.group_by, *self.select.projections)) if name not in row]
            if missing:
                message = f"The server sent a row of groups of {node.entity_type} without {missing[0]}."
                raise ProtocolError(message, entity_type=node.entity_type)
        results = list(rows)
        if groups.is_evaluated_here:
            if groups.condition is not None:
                results = _filter(results, groups.condition, node, groups)
            results = _sort(results, groups.order_by, node, groups)
            start = node.offset or 0
            results = results[start:] if node.limit is None else results[start : start + node.limit]
        return [{name: row[column_name(content)] for name, content in columns} for row in results]


def plan_groups(node: Select, groups: Groups) -> GroupPlan:
    """Return the plan for the grouped query *node* with *groups*; raises `QueryError` for unknown columns."""
    if not groups.is_evaluated_here:
        return GroupPlan(node, node, groups)
    paths = [ordering.path for ordering in groups.order_by]
    if groups.condition is not None:
        paths += _paths(groups.condition)
    needed = [_content(path, node, groups) for path in paths]
    projections = dict.fromkeys((*node.projections, *(each for each in needed if isinstance(each, Aggregate))))
    return GroupPlan(attrs.evolve(node, projections=tuple(projections), offset=None, limit=None), node, groups)


def _paths(condition: Criterion) -> list[Path]:
    if isinstance(condition, (And, Or)):
        return [path for operand in condition.operands for path in _paths(operand)]
    return _paths(condition.operand) if isinstance(condition, Not) else [condition.path]


def _filter(rows: Sequence[Row], condition: Criterion, node: Select, groups: Groups) -> list[Row]:
    """Return the *rows* that meet *condition*, by the rules of the evaluator for values without a schema."""
    from .evaluation.evaluator import predicate

    matches = predicate(_with_rowcolumn_contents(condition, node, groups), read=lambda row, name: row[name])
    return [row for row in rows if matches(row)]


def _with_rowcolumn_contents(condition: Criterion, node: Select, groups: Groups) -> Criterion:
    """Return *condition* with the names of columns in the response in place of its paths."""
    if isinstance(condition, (And, Or)):
        operands = tuple(_with_rowcolumn_contents(operand, node, groups) for operand in condition.operands)
        return attrs.evolve(condition, operands=operands)
    if isinstance(condition, Not):
        return Not(_with_rowcolumn_contents(condition.operand, node, groups))
    name = column_name(_content(condition.path, node, groups))
    return attrs.evolve(condition, path=Path((Step(name),)))


def _sort(rows: list[Row], order: Sequence[Ordering], node: Select, groups: Groups) -> list[Row]:
    """Return *rows*, which the server has ordered by the keys in *order*, in the whole order with its aggregates.

    Values of keys are not compared here: their order is that of the rows.
    """
    from .evaluation.normalization import ANY, sort_key

    leading: list[str] = []
    passes: list[tuple[list[Any], bool]] = []
    for ordering in order:
        content = _content(ordering.path, node, groups)
        name = column_name(content)
        if isinstance(content, Path):
            leading.append(name)
            passes.append((_ranks(rows, leading), False))
        else:
            passes.append(([sort_key(row[name], ANY, _text(content)) for row in rows], ordering.descending))
    positions = list(range(len(rows)))
    for keys, descending in reversed(passes):
        positions.sort(key=keys.__getitem__, reverse=descending)
    return [rows[position] for position in positions]


def _ranks(rows: Sequence[Row], names: Sequence[str]) -> list[int]:
    """Return for each row the number of its run of equal values of *names*, by which the rows are ordered."""
    ranks: list[int] = []
    previous: list[Any] | None = None
    for row in rows:
        values = [row[name] for name in names]
        ranks.append((ranks[-1] if ranks else -1) + (values != previous))
        previous = values
    return ranks


def check_is_grouped(groups: Groups | None, node: Select) -> None:
    """Raise `QueryError` if a query without groups has names, conditions or orders of groups."""
    if node.group_by or groups is None or groups == NO_GROUPS:
        return
    if groups.is_evaluated_here:
        raise QueryError("Conditions on aggregates and orders by aggregates need groups: group_by('status.name').")
    (name, content), *_ = groups.names
    raise QueryError(
        f"Attributes of entities keep their names, so {_text(content)} cannot be called {name!r}. "
        f"query.rows({name}={_text(content)!r}) names the columns of rows."
    )
