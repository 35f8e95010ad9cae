"""Pure: the rows of a query with groups: evaluates the conditions, orders and names that ftrack's language lacks.

ftrack groups and aggregates, orders groups by their keys, and limits their number (PROTOCOL 1.1, 1.2). It has no
conditions on aggregates, no order by them and no names for columns. With one of the first two, the server is asked for
all groups, and condition, order, offset and limit are evaluated here. Servers group certain types only, which their
schema marks; the entities of other types are grouped here by the rules of the server's database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import ProtocolError, QueryError
from ftrack_orm.query.columns import Column, column_name
from ftrack_orm.query.evaluation.evaluator import predicate
from ftrack_orm.query.evaluation.normalization import ANY, sort_key
from ftrack_orm.query.grouping import NO_GROUPS, content_of, output_columns, text_of
from ftrack_orm.query.language.nodes import (
    Aggregate,
    And,
    Criterion,
    Function,
    Groups,
    Not,
    Or,
    Ordering,
    Path,
    Select,
    Step,
)
from ftrack_orm.query.language.resolve import resolve_path

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

Row = dict[str, Any]


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


def plan_groups(node: Select, groups: Groups | None) -> GroupPlan:
    """Return the plan for the grouped query *node* with *groups*; raises `QueryError` for unknown columns."""
    groups = groups or NO_GROUPS
    if not groups.is_evaluated_here:
        return GroupPlan(node, node, groups)
    paths = [ordering.path for ordering in groups.order_by]
    if groups.condition is not None:
        paths += _paths(groups.condition)
    needed = [content_of(path, node, groups) for path in paths]
    projections = dict.fromkeys((*node.projections, *(each for each in needed if isinstance(each, Aggregate))))
    return GroupPlan(attrs.evolve(node, projections=tuple(projections), offset=None, limit=None), node, groups)


def _paths(condition: Criterion) -> list[Path]:
    if isinstance(condition, (And, Or)):
        return [path for operand in condition.operands for path in _paths(operand)]
    return _paths(condition.operand) if isinstance(condition, Not) else [condition.path]


def _filter(rows: Sequence[Row], condition: Criterion, node: Select, groups: Groups) -> list[Row]:
    """Return the *rows* that meet *condition*, by the rules of the evaluator for values without a schema."""
    matches = predicate(_with_rowcolumn_contents(condition, node, groups), read=lambda row, name: row[name])
    return [row for row in rows if matches(row)]


def _with_rowcolumn_contents(condition: Criterion, node: Select, groups: Groups) -> Criterion:
    """Return *condition* with the names of columns in the response in place of its paths."""
    if isinstance(condition, (And, Or)):
        operands = tuple(_with_rowcolumn_contents(operand, node, groups) for operand in condition.operands)
        return attrs.evolve(condition, operands=operands)
    if isinstance(condition, Not):
        return Not(_with_rowcolumn_contents(condition.operand, node, groups))
    name = column_name(content_of(condition.path, node, groups))
    return attrs.evolve(condition, path=Path((Step(name),)))


def _sort(rows: list[Row], order: Sequence[Ordering], node: Select, groups: Groups) -> list[Row]:
    """Return *rows*, which the server has ordered by the keys in *order*, in the whole order with its aggregates.

    Values of keys are not compared here: their order is that of the rows.
    """
    leading: list[str] = []
    passes: list[tuple[list[Any], bool]] = []
    for ordering in order:
        content = content_of(ordering.path, node, groups)
        name = column_name(content)
        if isinstance(content, Path):
            leading.append(name)
            passes.append((_ranks(rows, leading), False))
        else:
            passes.append(([sort_key(row[name], ANY, text_of(content)) for row in rows], ordering.descending))
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


# -- grouping here ----------------------------------------------------------------------------------------------------


def columns_to_group(select: Select, schema: Schema) -> list[Column]:
    """Return the columns that the grouped query *select* needs of each entity: its keys, then the aggregated values.

    Raises `QueryError` for an aggregate over a collection, of which an entity has several values.
    """
    columns = [Column(str(path), path) for path in select.group_by]
    for aggregate in _aggregates(select):
        if resolve_path(aggregate.path, select.entity_type, schema).through_collection:
            raise QueryError(
                f"The server cannot group {select.entity_type}, and {text_of(aggregate)} leads through a collection, "
                "so that it cannot be computed here either. Query the type of the items."
            )
        columns.append(Column(text_of(aggregate), aggregate.path))
    return columns


def group_rows(rows: Sequence[tuple[Any, ...]], select: Select, schema: Schema) -> list[Row]:
    """Return the rows that a server would return for the grouped query *select*, made from those of its entities.

    *rows* have the values of `columns_to_group`.
    """
    count = len(select.group_by)
    normal_forms = [_normal_form(path, select.entity_type, schema) for path in select.group_by]
    groups: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in rows:
        key = tuple([normal(value) for normal, value in zip(normal_forms, row, strict=False)])
        groups.setdefault(key, []).append(row)
    order = [(select.group_by.index(each.path), each.descending) for each in select.order_by]
    keys = sorted(groups)
    for index, descending in reversed(order):
        keys.sort(key=lambda key: key[index], reverse=descending)
    start = select.offset or 0
    keys = keys[start:] if select.limit is None else keys[start : start + select.limit]
    aggregates = list(enumerate(_aggregates(select), start=count))
    results: list[Row] = []
    for key in keys:
        members = groups[key]
        group: Row = dict(zip(map(str, select.group_by), members[0], strict=False))
        for index, aggregate in aggregates:
            values = [member[index] for member in members if member[index] is not None]
            normal = _normal_form(aggregate.path, select.entity_type, schema)
            group[column_name(aggregate)] = _aggregate_value(aggregate.function, values, normal)
        results.append(group)
    return results


def _aggregates(select: Select) -> list[Aggregate]:
    return [projection for projection in select.projections if isinstance(projection, Aggregate)]


def _normal_form(path: Path, entity_type: str, schema: Schema) -> Callable[[Any], tuple[int, Any]]:
    """Return the function that gives a value at *path* the form by which the server compares and orders it."""
    value_type = resolve_path(path, entity_type, schema).value_type
    name = path.steps[-1].name
    exact = name == "id" or name.endswith("_id")
    return lambda value: sort_key(value, value_type, str(path), exact=exact)


def _aggregate_value(function: Function, values: list[Any], normal: Callable[[Any], tuple[int, Any]]) -> Any:
    """Return the aggregate of *values*, which has none that are missing; without values only a count has a value."""
    if function is Function.COUNT:
        return len(values)
    if not values:
        return None
    if function is Function.SUM:
        return sum(values)
    if function is Function.AVG:
        return sum(values) / len(values)
    return min(values, key=normal) if function is Function.MIN else max(values, key=normal)
