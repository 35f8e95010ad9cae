"""Pure: removes constant conditions from criteria, so that a query without results needs no request."""

from __future__ import annotations

import attrs

from .nodes import (
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


def simplify(criterion: Criterion | None) -> Criterion | bool:
    """Return *criterion* without `in ()` and `not_in ()`, which servers are not known to accept.

    Return True for a criterion that holds for every entity, and for None; False for one that holds for no entity.
    """
    if criterion is None:
        return True
    if isinstance(criterion, Membership):
        return _simplify_membership(criterion)
    if isinstance(criterion, Not):
        inner = simplify(criterion.operand)
        return not inner if isinstance(inner, bool) else Not(inner)
    if isinstance(criterion, Related):
        inner = simplify(criterion.criterion)
        return False if inner is False else attrs.evolve(criterion, criterion=None if inner is True else inner)
    if isinstance(criterion, (And, Or)):
        return _simplify_junction(criterion)
    return criterion


def _simplify_membership(membership: Membership) -> Criterion | bool:
    values = membership.values
    if not isinstance(values, Select):
        return membership if values else membership.negated
    inner = simplify(values.criterion)
    if inner is False or values.limit == 0:
        return membership.negated
    criterion = None if inner is True else inner
    return attrs.evolve(membership, values=attrs.evolve(values, criterion=criterion))


def _simplify_junction(junction: And | Or) -> Criterion | bool:
    # One False decides `and`, one True decides `or`. The other truth value is neutral and is dropped.
    decisive = isinstance(junction, Or)
    operands: list[Criterion] = []
    for operand in junction.operands:
        inner = simplify(operand)
        if inner is decisive:
            return decisive
        if not isinstance(inner, bool):
            operands.append(inner)
    if not operands:
        return not decisive
    return disjunction(*operands) if decisive else conjunction(*operands)
