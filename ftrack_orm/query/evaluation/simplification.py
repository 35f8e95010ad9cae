"""Pure: finding out without asking that a criterion holds for nothing, or that parts of it make no difference."""

from __future__ import annotations

import attrs

from ftrack_orm.query.language.nodes import (
    And,
    Criterion,
    Membership,
    Not,
    Or,
    Related,
    Select,
    conjunction,
    disjunction,
)


def matches_nothing(criterion: Criterion | None) -> bool:
    """Whether *criterion* can be told to hold for no entity without asking: in the end, an `in` of no values."""
    return simplified(criterion) is False


def simplified(criterion: Criterion | None) -> Criterion | bool:
    """Return *criterion* without the `in` and `not_in` of no values, which servers are not known to understand.

    True stands for a criterion that holds for every entity (so does None), False for one that holds for none.
    """
    if criterion is None:
        return True
    if isinstance(criterion, Membership):
        return _simplified_membership(criterion)
    if isinstance(criterion, Not):
        inner = simplified(criterion.operand)
        return not inner if isinstance(inner, bool) else Not(inner)
    if isinstance(criterion, Related):
        inner = simplified(criterion.criterion)
        return False if inner is False else attrs.evolve(criterion, criterion=None if inner is True else inner)
    if isinstance(criterion, (And, Or)):
        return _simplified_operands(criterion)
    return criterion


def _simplified_membership(membership: Membership) -> Criterion | bool:
    values = membership.values
    if not isinstance(values, Select):
        return membership if values else membership.negated
    inner = simplified(values.criterion)
    if inner is False or values.limit == 0:
        return membership.negated
    criterion = None if inner is True else inner
    return attrs.evolve(membership, values=attrs.evolve(values, criterion=criterion))


def _simplified_operands(junction: And | Or) -> Criterion | bool:
    # What decides the whole: a single False for `and`, a single True for `or`. The other truth value drops out.
    deciding = isinstance(junction, Or)
    operands: list[Criterion] = []
    for operand in junction.operands:
        inner = simplified(operand)
        if inner is deciding:
            return deciding
        if not isinstance(inner, bool):
            operands.append(inner)
    if not operands:
        return not deciding
    return disjunction(*operands) if deciding else conjunction(*operands)
