"""Pure: the immutable nodes of a query, shared by builder, compiler, parser, evaluator and the embedded server.

A query is a value. Nodes compare and hash by content; nothing in them knows a session or a schema. The shape follows
ftrack's query language::

    select <paths> from <entity type> where <criterion> group by <paths> order by <orderings> offset <n> limit <n>
"""

from __future__ import annotations

import enum
from typing import Any, Union, overload

import attrs

#: What a comparison may be made with; None stands for the language's `none`. Dates and entities are turned into text
#: (ISO 8601 and ids) when a query is built, so that a node says exactly what its text says.
Scalar = Union[str, int, float, bool, None]


class Operator(enum.Enum):
    """The comparison operators, valued by the spelling the compiler writes."""

    def __init__(self, spelling: str) -> None:
        #: The value again: reading `value` is a call until Python 3.12, and every condition is written with one.
        self.spelling = spelling

    IS = "is"
    IS_NOT = "is_not"
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LIKE = "like"
    NOT_LIKE = "not_like"


@attrs.frozen(slots=True)
class Step:
    """One attribute of a path, with the entity type it is cast to (`parent[Shot]`), if any."""

    name: str
    cast: str | None = None


@attrs.frozen(slots=True)
class Path:
    """A dotted walk from an entity over its relations to an attribute: `parent[Shot].status.name`.

    *text* is how it is written: kept, since a path is made once and looked up and written in every query that it is
    used in. *position* is where in a text the path was read, for errors to point at; it is no part of the path's value.
    """

    steps: tuple[Step, ...] = attrs.field(hash=False)  # the text does
    position: int | None = attrs.field(default=None, eq=False, repr=False, kw_only=True)
    text: str = attrs.field(init=False, repr=False)

    @text.default
    def _written(self) -> str:
        steps = self.steps
        if len(steps) == 1 and steps[0].cast is None:
            return steps[0].name
        return ".".join([step.name if step.cast is None else f"{step.name}[{step.cast}]" for step in steps])

    @classmethod
    def of(cls, *names: str) -> Path:
        """Build a path without casts: `Path.of("status", "name")`."""
        return cls(tuple(Step(name) for name in names))

    def __str__(self) -> str:
        return self.text


def _with_type(value: Scalar) -> Any:
    # To Python 1, 1.0 and True are equal; to the language they are different values.
    return type(value), value


def _with_types(values: tuple[Scalar, ...] | Select) -> Any:
    return tuple(map(_with_type, values)) if isinstance(values, tuple) else values


@attrs.frozen(slots=True)
class Comparison:
    """`path operator value`. Over a collection it holds when it holds for at least one item."""

    path: Path
    operator: Operator
    value: Scalar = attrs.field(eq=_with_type)


@attrs.frozen(slots=True)
class Membership:
    """`path in (...)` or `path not_in (...)`, of values or of the single column a subquery selects."""

    path: Path
    values: tuple[Scalar, ...] | Select = attrs.field(eq=_with_types)
    negated: bool = False


class Quantifier(enum.Enum):
    """How a condition binds a relation: `has` for one related entity, `any` for an item of a collection."""

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling  # as of an operator

    HAS = "has"
    ANY = "any"


@attrs.frozen(slots=True)
class Related:
    """`path has (...)` or `path any (...)`; without a criterion it asks whether anything is related at all."""

    path: Path
    quantifier: Quantifier
    criterion: Criterion | None = None


@attrs.frozen(slots=True)
class And:
    """All operands hold; at least two, none of them an `And` (the constructors flatten)."""

    operands: tuple[Criterion, ...]


@attrs.frozen(slots=True)
class Or:
    """At least one operand holds; at least two, none of them an `Or`."""

    operands: tuple[Criterion, ...]


@attrs.frozen(slots=True)
class Not:
    """The operand does not hold."""

    operand: Criterion


Criterion = Union[Comparison, Membership, Related, And, Or, Not]


class Function(enum.Enum):
    """The aggregate functions, valid only together with `group by`."""

    COUNT = "count"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"


@attrs.frozen(slots=True)
class Aggregate:
    """`function(path)` in a projection; the answer names its column `<function>_<path>`."""

    function: Function
    path: Path


Projection = Union[Path, Aggregate]


@attrs.frozen(slots=True)
class Ordering:
    """One key of `order by`."""

    path: Path
    descending: bool = False


@attrs.frozen(slots=False)  # refined by copying its dictionary, see the builder
class Select:
    """A whole query. Empty *projections* means the entity type's default projections, filled in by who sends it.

    *position* is where in a text the entity type was read, for errors to point at; it is no part of the value.
    """

    entity_type: str
    projections: tuple[Projection, ...] = ()
    criterion: Criterion | None = None
    group_by: tuple[Path, ...] = ()
    order_by: tuple[Ordering, ...] = ()
    offset: int | None = None
    limit: int | None = None
    position: int | None = attrs.field(default=None, eq=False, repr=False, kw_only=True)


@overload
def conjunction(first: Criterion, /, *others: Criterion | None) -> Criterion: ...


@overload
def conjunction(*criteria: Criterion | None) -> Criterion | None: ...


def conjunction(*criteria: Criterion | None) -> Criterion | None:
    """Join criteria with `and`, flattening nested conjunctions and leaving out None; None when nothing is left."""
    operands: list[Criterion] = []
    for criterion in criteria:
        if isinstance(criterion, And):
            operands.extend(criterion.operands)
        elif criterion is not None:
            operands.append(criterion)
    if not operands:
        return None
    return operands[0] if len(operands) == 1 else And(tuple(operands))


def disjunction(*criteria: Criterion) -> Criterion:
    """Join criteria with `or`, flattening nested disjunctions; at least one is needed."""
    operands: list[Criterion] = []
    for criterion in criteria:
        if isinstance(criterion, Or):
            operands.extend(criterion.operands)
        else:
            operands.append(criterion)
    return operands[0] if len(operands) == 1 else Or(tuple(operands))
