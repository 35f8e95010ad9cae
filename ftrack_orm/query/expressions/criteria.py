"""Pure: the criteria that comparing attributes gives, and joining them with `&`, `|` and `~`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import attrs

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.compiler import compile_criterion
from ftrack_orm.query.language.nodes import Criterion, Not, conjunction, disjunction
from ftrack_orm.query.language.schema_protocol import SchemaInfo


@attrs.frozen(slots=True, repr=False)
class CriterionExpression:
    """A condition on entities, to be given to `where`, `has` or `any`.

    *roots* are the entity types whose class attributes it was made with, so that a criterion on `Shot` is not applied
    to something that is no `Shot`; names given with `attr` leave it empty. *checked_by* is the vocabulary that all of
    it was checked with, as a criterion on its only root, so that a query on that type need not do it again.
    """

    node: Criterion
    roots: frozenset[str] = frozenset()
    checked_by: SchemaInfo | None = attrs.field(default=None, eq=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # A schema does not go into a pickle.
        return CriterionExpression, (self.node, self.roots)

    def __and__(self, other: object) -> CriterionExpression:
        return and_(self, other)

    def __rand__(self, other: object) -> CriterionExpression:
        return and_(other, self)

    def __or__(self, other: object) -> CriterionExpression:
        return or_(self, other)

    def __ror__(self, other: object) -> CriterionExpression:
        return or_(other, self)

    def __invert__(self) -> CriterionExpression:
        return not_(self)

    def __bool__(self) -> NoReturn:
        raise QueryError(
            f"The criterion '{self}' has no truth value of its own: the server decides it for each entity. Write "
            "(a) & (b) instead of 'a and b', (a) | (b) instead of 'a or b', ~(a) instead of 'not a', each with the "
            "parentheses, and (1 < a) & (a < 2) instead of '1 < a < 2'."
        )

    def __str__(self) -> str:
        return compile_criterion(self.node)

    def __repr__(self) -> str:
        return f"<criterion {self}>"


def and_(*criteria: object) -> CriterionExpression:
    """Return the criterion that all of *criteria* hold; raises `QueryError` for none, or for what is no criterion."""
    return _joined("and_", conjunction, criteria)


def or_(*criteria: object) -> CriterionExpression:
    """Return the criterion that at least one of *criteria* holds; raises `QueryError` as `and_` does."""
    return _joined("or_", disjunction, criteria)


def not_(criterion: object) -> CriterionExpression:
    """Return the criterion that *criterion* does not hold; twice gives back the first."""
    expression = as_criterion(criterion, "not_")
    node = expression.node
    opposite = node.operand if isinstance(node, Not) else Not(node)
    return CriterionExpression(opposite, expression.roots, expression.checked_by)


def as_criterion(value: object, where: str) -> CriterionExpression:
    """Return *value* if it is a criterion; else raise `QueryError` saying what was probably meant at *where*."""
    if isinstance(value, CriterionExpression):
        return value
    message = f"{where} takes criteria such as Task.name == 'x', not {value!r}."
    if isinstance(value, bool):
        message += " Python decided this one: 'is', 'in' and 'not' cannot be used on attributes; use is_, in_ and ~."
    raise QueryError(message)


def _joined(where: str, join: Callable[..., Criterion], criteria: tuple[object, ...]) -> CriterionExpression:
    """Return what *join* makes of *criteria*: checked when all of them were, by the same and on the same type."""
    if not criteria:
        raise QueryError(f"{where} takes at least one criterion.")
    first = as_criterion(criteria[0], where)
    roots, checked_by = first.roots, first.checked_by
    nodes = []
    for criterion in criteria:
        expression = as_criterion(criterion, where)
        nodes.append(expression.node)
        if expression.checked_by is not checked_by or expression.roots != roots:
            checked_by = None
            roots |= expression.roots
    return CriterionExpression(join(*nodes), roots, checked_by)
