"""Pure: the expressions that `select` and `order_by` accept beside attributes."""

from __future__ import annotations

import attrs

from ftrack_orm.query.language.nodes import Aggregate, Ordering
from ftrack_orm.query.language.schema_protocol import SchemaInfo


@attrs.frozen(slots=True)
class OrderingExpression:
    """A key of `order by`, such as `Task.end_date.desc()`; *roots* and *checked_by* as for criteria."""

    node: Ordering
    roots: frozenset[str]
    checked_by: SchemaInfo | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(slots=True)
class AggregateExpression:
    """A value computed over each group, such as `Task.bid.sum()`; *roots* and *checked_by* as for criteria."""

    node: Aggregate
    roots: frozenset[str]
    checked_by: SchemaInfo | None = attrs.field(default=None, eq=False, repr=False)
