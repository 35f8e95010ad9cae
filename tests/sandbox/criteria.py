"""Short constructors of criteria: `any_("assignments", is_("resource_id", "user-1"))`."""

from __future__ import annotations

from typing import Any

from ftrack_orm.query.language.nodes import And, Comparison, Criterion, Operator, Path, Quantifier, Related, Step


def path(text: str) -> Path:
    """Return a dotted path with casts: `children[Task].status`."""
    steps = []
    for piece in text.split("."):
        name, _, cast = piece.partition("[")
        steps.append(Step(name, cast.removesuffix("]") or None))
    return Path(tuple(steps))


def compare(text: str, operator: Operator, value: Any) -> Comparison:
    return Comparison(path(text), operator, value)


def is_(text: str, value: Any) -> Comparison:
    return compare(text, Operator.IS, value)


def any_(text: str, *criteria: Criterion) -> Related:
    return Related(path(text), Quantifier.ANY, _all(criteria))


def has(text: str, *criteria: Criterion) -> Related:
    return Related(path(text), Quantifier.HAS, _all(criteria))


def _all(criteria: tuple[Criterion, ...]) -> Criterion | None:
    if len(criteria) > 1:
        return And(criteria)
    return criteria[0] if criteria else None
