"""Pure: the expressions that `select`, `order_by` and `having` accept beside attributes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.literals import as_scalar, check_value
from ftrack_orm.query.language.nodes import (
    Aggregate,
    Comparison,
    Criterion,
    Membership,
    Not,
    Operator,
    Ordering,
    Scalar,
    path_of_aggregate,
)
from ftrack_orm.query.language.schema_protocol import SchemaInfo

from .comparable import Comparable

if TYPE_CHECKING:
    from .criteria import CriterionExpression


@attrs.frozen(slots=True)
class OrderingExpression:
    """A key of `order by`, such as `Task.end_date.desc()`; *roots* and *checked_by* as for criteria."""

    node: Ordering
    roots: frozenset[str]
    checked_by: SchemaInfo | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(slots=True, eq=False, repr=False)
class AggregateExpression(Comparable):
    """A value computed over each group, such as `Task.bid.sum()`; *roots* and *checked_by* as for criteria.

    Its comparisons are conditions on groups, for `having`. *value_type* is the type of its values, as in a schema.
    """

    node: Aggregate
    roots: frozenset[str]
    checked_by: SchemaInfo | None = attrs.field(default=None)
    value_type: str = "any"

    def asc(self) -> AggregateOrdering:
        """Return the key that orders groups by this aggregate, smallest first."""
        return AggregateOrdering(self)

    def desc(self) -> AggregateOrdering:
        """Return the key that orders groups by this aggregate, largest first."""
        return AggregateOrdering(self, descending=True)

    def __str__(self) -> str:
        return str(path_of_aggregate(self.node))

    def __repr__(self) -> str:
        return f"<aggregate {self}>"

    @property
    def _spelling(self) -> str:
        path = self.node.path
        subject = f"{next(iter(self.roots))}.{path}" if len(self.roots) == 1 else f'attr("{path}")'
        return f"{subject}.{self.node.function.value}()"

    def _item_advice(self) -> str:
        return f"Compare it instead, such as {self._spelling} > 3, and give the comparison to query.having(...)."

    def _compare(self, operator: Operator, value: Any) -> Any:
        self._refuse_several(operator, value)
        scalar = as_scalar(value, str(self))
        self._check(operator, [scalar])
        return GroupCondition(Comparison(path_of_aggregate(self.node), operator, scalar), self.roots)

    def _member_of(self, values: Any, negated: bool) -> Any:
        members = self._scalars(self._items(values), negated)
        self._check(Operator.IS, members)
        return GroupCondition(Membership(path_of_aggregate(self.node), members, negated), self.roots)

    if TYPE_CHECKING:  # The comparisons of `Comparable`, which return conditions on groups here.

        def __eq__(self, value: object) -> GroupCondition: ...  # type: ignore[override]
        def __ne__(self, value: object) -> GroupCondition: ...  # type: ignore[override]
        def __lt__(self, value: Any) -> GroupCondition: ...  # type: ignore[override]
        def __le__(self, value: Any) -> GroupCondition: ...  # type: ignore[override]
        def __gt__(self, value: Any) -> GroupCondition: ...  # type: ignore[override]
        def __ge__(self, value: Any) -> GroupCondition: ...  # type: ignore[override]
        def is_(self, value: Any) -> GroupCondition: ...  # type: ignore[override]
        def is_not(self, value: Any) -> GroupCondition: ...  # type: ignore[override]
        def in_(self, values: Iterable[Any]) -> GroupCondition: ...  # type: ignore[override]
        def not_in(self, values: Iterable[Any]) -> GroupCondition: ...  # type: ignore[override]

    def _check(self, operator: Operator, values: Iterable[Scalar]) -> None:
        for value in values:
            check_value(self.value_type, operator, value, str(self))


@attrs.frozen(slots=True)
class AggregateOrdering:
    """A key of the order of groups: an aggregate and its direction."""

    aggregate: AggregateExpression
    descending: bool = False


@attrs.frozen(slots=True, repr=False)
class GroupCondition:
    """A condition on groups, for `having`: `Task.id.count() > 3`. *roots* as for criteria."""

    node: Criterion
    roots: frozenset[str]

    def __and__(self, other: GroupCondition | CriterionExpression) -> GroupCondition:
        return self._join("and_", self, other)

    def __or__(self, other: GroupCondition | CriterionExpression) -> GroupCondition:
        return self._join("or_", self, other)

    if not TYPE_CHECKING:  # Checkers refuse other operands by themselves.

        def __rand__(self, other):
            return self._join("and_", other, self)

        def __ror__(self, other):
            return self._join("or_", other, self)

    def __invert__(self) -> GroupCondition:
        return GroupCondition(Not(self.node), self.roots)

    def _join(self, function: str, *operands: object) -> GroupCondition:
        from . import criteria  # which imports this module

        joined: GroupCondition = getattr(criteria, function)(*operands)
        return joined

    def __bool__(self) -> NoReturn:
        raise QueryError(
            f"The condition '{self}' has no truth value of its own: it is decided for each group. Join conditions with "
            "&, | and ~, each in parentheses."
        )

    def __str__(self) -> str:
        from ftrack_orm.query.language.compiler import compile_criterion

        return compile_criterion(self.node)

    def __repr__(self) -> str:
        return f"<condition {self}>"
