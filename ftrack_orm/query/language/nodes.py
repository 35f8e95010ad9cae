"""Pure: the immutable nodes of a query, shared by builder, compiler, parser, evaluator and the embedded server.

Nodes compare and hash by content, and refer to neither a session nor a schema. They follow the structure of ftrack's
query language::

    select <paths> from <entity type> where <criterion> group by <paths> order by <orderings> offset <n> limit <n>
"""

from __future__ import annotations

import enum
from typing import Any, Union, overload

import attrs

#: A literal of the language; None is its `none`. Dates and entities are converted to text (ISO 8601 and ids) when a
#: query is built, so that a node and its text are equivalent.
Scalar = Union[str, int, float, bool, None]


class Operator(enum.Enum):
    """The comparison operators. The value of each is the spelling that the compiler writes."""

    def __init__(self, spelling: str) -> None:
        #: The same as `value`, which is a function call before Python 3.12; compiling reads it for every condition.
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
    """One attribute of a path, and the entity type it is cast to (`parent[Shot]`) or None."""

    name: str
    cast: str | None = None


@attrs.frozen(slots=True)
class Path:
    """A dotted path from an entity over its relations to an attribute: `parent[Shot].status.name`.

    *text* is its spelling. It is stored because a path is created once but hashed and compiled with every query that
    uses it. *position* is the index of the path in the text it was parsed from, for errors; it takes no part in
    comparison.
    """

    steps: tuple[Step, ...] = attrs.field(hash=False)  # *text* is hashed instead
    position: int | None = attrs.field(default=None, eq=False, repr=False, kw_only=True)
    text: str = attrs.field(init=False, repr=False)

    @text.default
    def _default_text(self) -> str:
        steps = self.steps
        if len(steps) == 1 and steps[0].cast is None:
            return steps[0].name
        return ".".join([step.name if step.cast is None else f"{step.name}[{step.cast}]" for step in steps])

    @classmethod
    def of(cls, *names: str) -> Path:
        """Return the path of *names*, without casts: `Path.of("status", "name")`."""
        return cls(tuple(Step(name) for name in names))

    def __str__(self) -> str:
        return self.text


def _typed(value: Scalar) -> Any:
    # In Python 1, 1.0 and True are equal; in the language they are different values.
    return type(value), value


def _typed_members(values: tuple[Scalar, ...] | Select) -> Any:
    return tuple(map(_typed, values)) if isinstance(values, tuple) else values


@attrs.frozen(slots=True)
class Comparison:
    """`path operator value`. On a path through a collection it holds when it holds for at least one item."""

    path: Path
    operator: Operator
    value: Scalar = attrs.field(eq=_typed)


@attrs.frozen(slots=True)
class Membership:
    """`path in (...)` or `path not_in (...)`, with values or with the one attribute that a subquery selects."""

    path: Path
    values: tuple[Scalar, ...] | Select = attrs.field(eq=_typed_members)
    negated: bool = False


class Quantifier(enum.Enum):
    """Binds the criterion on a relation: `has` to the one related entity, `any` to an item of a collection."""

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling  # as for operators

    HAS = "has"
    ANY = "any"


@attrs.frozen(slots=True)
class Related:
    """`path has (...)` or `path any (...)`. Without a criterion it holds when there is a related entity."""

    path: Path
    quantifier: Quantifier
    criterion: Criterion | None = None


@attrs.frozen(slots=True)
class And:
    """Holds when all operands hold. There are at least two, and none is an `And`: `conjunction` flattens."""

    operands: tuple[Criterion, ...]


@attrs.frozen(slots=True)
class Or:
    """Holds when at least one operand holds. There are at least two, and none is an `Or`: `disjunction` flattens."""

    operands: tuple[Criterion, ...]


@attrs.frozen(slots=True)
class Not:
    """Holds when the operand does not hold."""

    operand: Criterion


Criterion = Union[Comparison, Membership, Related, And, Or, Not]


class Function(enum.Enum):
    """The aggregate functions, which are valid in a query with `group by` only."""

    COUNT = "count"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"


@attrs.frozen(slots=True)
class Aggregate:
    """`function(path)` in a projection. The rows of the reply name it `<function>_<path>`."""

    function: Function
    path: Path


Projection = Union[Path, Aggregate]


def path_of_aggregate(aggregate: Aggregate) -> Path:
    """Return the path that stands for *aggregate* in conditions and orders of groups: one step, `count(id)`."""
    return Path((Step(f"{aggregate.function.value}({aggregate.path})"),))


@attrs.frozen(slots=True)
class Ordering:
    """One key of `order by`."""

    path: Path
    descending: bool = False


@attrs.frozen(slots=False)  # the builder copies the `__dict__` of a query to refine it
class Select:
    """A whole query. Empty *projections* stand for the default projections of the entity type, added when it is sent.

    *position* is the index of the entity type in the text it was parsed from, for errors; it takes no part in
    comparison.
    """

    entity_type: str
    projections: tuple[Projection, ...] = ()
    criterion: Criterion | None = None
    group_by: tuple[Path, ...] = ()
    order_by: tuple[Ordering, ...] = ()
    offset: int | None = None
    limit: int | None = None
    position: int | None = attrs.field(default=None, eq=False, repr=False, kw_only=True)


@attrs.frozen(slots=True)
class Groups:
    """The parts of a grouped query that ftrack's language does not have; the module `grouping` evaluates them.

    *names* are names of columns with their contents. *condition* and *order_by* name columns by paths: keys, names of
    columns, and aggregates as `path_of_aggregate` writes them. An empty *order_by* is the order of the query itself.
    """

    names: tuple[tuple[str, Projection], ...] = ()
    condition: Criterion | None = None
    order_by: tuple[Ordering, ...] = ()

    @property
    def is_evaluated_here(self) -> bool:
        """Whether all groups are needed, and the condition, the order and the window are evaluated on them."""
        return self.condition is not None or bool(self.order_by)


@overload
def conjunction(first: Criterion, /, *others: Criterion | None) -> Criterion: ...


@overload
def conjunction(*criteria: Criterion | None) -> Criterion | None: ...


def conjunction(*criteria: Criterion | None) -> Criterion | None:
    """Join *criteria* with `and`, flatten nested conjunctions and skip None; return None when there is no criterion."""
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
    """Join *criteria*, at least one, with `or`, and flatten nested disjunctions."""
    operands: list[Criterion] = []
    for criterion in criteria:
        if isinstance(criterion, Or):
            operands.extend(criterion.operands)
        else:
            operands.append(criterion)
    return operands[0] if len(operands) == 1 else Or(tuple(operands))
