"""Pure: criteria as expressions, which `&`, `|` and `~` join, and the criteria that methods such as `where` accept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn, cast, overload

import attrs

from ftrack_orm.errors import QueryError, UsageError
from ftrack_orm.query.language.checks import check_criterion
from ftrack_orm.query.language.compiler import compile_criterion
from ftrack_orm.query.language.errors_at import with_excerpt
from ftrack_orm.query.language.nodes import Criterion, Not, conjunction, disjunction
from ftrack_orm.query.language.parser import parse_criterion
from ftrack_orm.query.language.schema_protocol import SchemaInfo

from .clause_elements import GroupCondition
from .roots import check_roots, is_checked


@attrs.frozen(slots=True, repr=False)
class CriterionExpression:
    """A condition on entities, for `where`, `has` and `any`.

    *roots* are the entity types whose class attributes the criterion was made with, so that a criterion on `Shot` is
    refused for another type. Names given with `attr` have no root. *checked_by* is the schema that all of the criterion
    was checked with, as a criterion on its only root; a query on that type does not check it again.
    """

    node: Criterion
    roots: frozenset[str] = frozenset()
    checked_by: SchemaInfo | None = attrs.field(default=None, eq=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # The schema is not pickled.
        return CriterionExpression, (self.node, self.roots)

    def __copy__(self) -> CriterionExpression:
        return self  # immutable

    def __deepcopy__(self, memo: dict[int, Any]) -> CriterionExpression:
        return self

    @overload
    def __and__(self, other: CriterionExpression) -> CriterionExpression: ...
    @overload
    def __and__(self, other: GroupCondition) -> GroupCondition: ...
    def __and__(self, other: Any) -> Any:
        return and_(self, other)

    @overload
    def __or__(self, other: CriterionExpression) -> CriterionExpression: ...
    @overload
    def __or__(self, other: GroupCondition) -> GroupCondition: ...
    def __or__(self, other: Any) -> Any:
        return or_(self, other)

    if not TYPE_CHECKING:  # Checkers refuse other operands by themselves.

        def __rand__(self, other):
            return and_(other, self)

        def __ror__(self, other):
            return or_(other, self)

    def __invert__(self) -> CriterionExpression:
        return not_(self)

    def __bool__(self) -> NoReturn:
        raise QueryError(
            f"The criterion '{self}' has no truth value of its own: the server decides it for each entity. Write "
            "(a) & (b) instead of 'a and b', (a) | (b) instead of 'a or b', ~(a) instead of 'not a', each with the "
            "parentheses, and (1 < a) & (a < 2) instead of '1 < a < 2'."
        )

    if not TYPE_CHECKING:  # Checkers refuse this by themselves.

        def __iter__(self):
            raise QueryError(
                f"The criterion '{self}' has no items: any(...), all(...) and loops of Python cannot be used with it, "
                "since the server decides it for each entity. Give it to query.where(...). Give a condition on the "
                "items of a collection to the collection: Task.assignments.any(criterion)."
            )

    def __str__(self) -> str:
        return compile_criterion(self.node)

    def __repr__(self) -> str:
        return f"<criterion {self}>"


@overload
def and_(*criteria: CriterionExpression) -> CriterionExpression: ...  # type: ignore[overload-overlap]
@overload
def and_(*criteria: CriterionExpression | GroupCondition) -> GroupCondition: ...
def and_(*criteria: object) -> Any:
    """Return the criterion that holds when all of *criteria* hold.

    Raises `QueryError` without criteria, and for an argument that is not a criterion.
    """
    try:
        return _join("and_", conjunction, criteria)
    except _GroupConditionGiven:
        return _join_conditions("and_", conjunction, criteria)


@overload
def or_(*criteria: CriterionExpression) -> CriterionExpression: ...  # type: ignore[overload-overlap]
@overload
def or_(*criteria: CriterionExpression | GroupCondition) -> GroupCondition: ...
def or_(*criteria: object) -> Any:
    """Return the criterion that holds when at least one of *criteria* holds; raises `QueryError` as `and_` does."""
    try:
        return _join("or_", disjunction, criteria)
    except _GroupConditionGiven:
        return _join_conditions("or_", disjunction, criteria)


@overload
def not_(criterion: CriterionExpression) -> CriterionExpression: ...
@overload
def not_(criterion: GroupCondition) -> GroupCondition: ...
def not_(criterion: object) -> Any:
    """Return the criterion that holds when *criterion* does not; a double negation is the criterion itself."""
    if isinstance(criterion, GroupCondition):
        return ~criterion
    expression = as_criterion(criterion, "not_")
    node = expression.node
    opposite = node.operand if isinstance(node, Not) else Not(node)
    return CriterionExpression(opposite, expression.roots, expression.checked_by)


class _GroupConditionGiven(QueryError):
    """A condition on groups was given in place of a criterion."""


def as_criterion(value: object, method: str) -> CriterionExpression:
    """Return *value* if it is a criterion; otherwise raise `QueryError` with advice. *method* is the method called."""
    if isinstance(value, CriterionExpression):
        return value
    if isinstance(value, GroupCondition):
        raise _GroupConditionGiven(f"{method} takes criteria on entities, not '{value}' on groups: use having(...).")
    example = "Task.id.count() > 3" if method == "having" else "Task.name == 'x'"
    message = f"{method} takes criteria such as {example}, not {value!r}."
    if isinstance(value, bool):
        message += " Python decided this one: 'is', 'in' and 'not' cannot be used on attributes; use is_, in_ and ~."
    raise QueryError(message)


def build_criteria(
    method: str, criteria: Iterable[Any], entity_type: str | None, schema: SchemaInfo | None
) -> list[Criterion]:
    """Return the nodes of *criteria*, which are expressions or texts.

    With an entity type and a schema, each is checked to be a criterion on that type. *method* is the method that the
    criteria were given to, for errors.
    """
    nodes: list[Criterion] = []
    for criterion in criteria:
        if isinstance(criterion, str):
            nodes.append(_parse_criterion(criterion, entity_type, schema))
            continue
        expression = criterion if isinstance(criterion, CriterionExpression) else as_criterion(criterion, method)
        nodes.append(expression.node)
        if entity_type is None or schema is None or is_checked(expression, entity_type, schema):
            continue
        check_roots(expression.roots, entity_type, schema)
        check_criterion(expression.node, entity_type, schema, values=True)
    return nodes


def _parse_criterion(text: str, entity_type: str | None, schema: SchemaInfo | None) -> Criterion:
    node = parse_criterion(text)
    if entity_type is not None and schema is not None:
        try:
            check_criterion(node, entity_type, schema)
        except UsageError as error:
            raise with_excerpt(error, text) from None
    return node


def _join(method: str, join: Callable[..., Criterion], criteria: tuple[object, ...]) -> CriterionExpression:
    """Return *criteria* joined by *join*. It is checked if all criteria were, with the same schema and root."""
    if not criteria:
        raise QueryError(f"{method} takes at least one criterion.")
    first = as_criterion(criteria[0], method)
    roots, checked_by = first.roots, first.checked_by
    nodes = []
    for criterion in criteria:
        expression = as_criterion(criterion, method)
        nodes.append(expression.node)
        if expression.checked_by is not checked_by or expression.roots != roots:
            checked_by = None
            roots |= expression.roots
    return CriterionExpression(join(*nodes), roots, checked_by)


def _join_conditions(
    method: str, join: Callable[..., Criterion], conditions: tuple[object, ...]
) -> CriterionExpression:
    """Return conditions on groups, and criteria on their keys, joined by *join*: a condition on groups."""
    operands = [each if isinstance(each, GroupCondition) else as_criterion(each, method) for each in conditions]
    roots = frozenset[str]().union(*(each.roots for each in operands))
    return cast("CriterionExpression", GroupCondition(join(*(each.node for each in operands)), roots))
