"""Pure: the rows of a query with groups: evaluates the conditions, orders and names that ftrack's language lacks.

ftrack groups and aggregates, orders groups by their keys, and limits their number (PROTOCOL 1.1, 1.2). It has no
conditions on aggregates, no order by them and no names for columns. With one of the first two, the server is asked for
all groups, and condition, order, offset and limit are evaluated here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from ftrack_orm.errors import ProtocolError
from ftrack_orm.query.columns import column_name
from ftrack_orm.query.evaluation.evaluator import predicate
from ftrack_orm.query.evaluation.normalization import ANY, sort_key
from ftrack_orm.query.grouping import content_of, output_columns, text_of
from ftrack_orm.query.language.nodes import (
    Aggregate,
    And,
    Criterion,
    Groups,
    Not,
    Or,
    Ordering,
    Path,
    Select,
    Step,
)

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


def plan_groups(node: Select, groups: Groups) -> GroupPlan:
    """Return the plan for the grouped query *node* with *groups*; raises `QueryError` for unknown columns."""
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
