"""Strategies of queries in every form of the language, with few draws each: drawing takes most of a test's time."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from ftrack_orm.query.language.nodes import (
    Aggregate,
    Comparison,
    Criterion,
    Function,
    Membership,
    Not,
    Operator,
    Ordering,
    Path,
    Quantifier,
    Related,
    Select,
    Step,
    conjunction,
    disjunction,
)

# `not` is the one keyword that cannot begin a condition; no ftrack attribute is called so.
KEYWORDS = [
    *("select", "from", "where", "group", "order", "by", "offset", "limit", "and", "or", "is", "is_not", "in"),
    *("not_in", "like", "has", "any", "before", "asc", "desc", "descending", "none", "true", "count", "date", "to"),
]
#: Levels of parentheses, `not`, `has`, `any` and subqueries within each other.
DEPTH = 3


def _words(count: int, first: str, others: str) -> list[str]:
    chance = random.Random(count)
    return [chance.choice(first) + "".join(chance.choices(others, k=chance.randint(0, 8))) for _ in range(count)]


_NAMES = ["a", *KEYWORDS, *_words(80, string.ascii_lowercase + "_", string.ascii_lowercase + string.digits + "_")]
_TYPES = ["T", *_words(30, string.ascii_uppercase, string.ascii_letters + string.digits)]


def _paths(count: int) -> list[Path]:
    chance = random.Random(count)

    def step() -> Step:
        return Step(chance.choice(_NAMES), chance.choice(_TYPES) if chance.random() < 0.3 else None)

    paths = [Path(tuple(step() for _ in range(chance.randint(1, 4)))) for _ in range(count)]
    return sorted(paths, key=lambda path: len(path.text))


# One draw chooses a whole path. In a table of this size every name occurs with and without casts, at every position.
paths = st.sampled_from(_paths(2_000))
type_names = st.sampled_from(_TYPES)

# Most errors in quoting need one of a few characters or words, so these are drawn often.
_awkward = st.text(alphabet="\"'\\%_(),=<>! \n\tantdor{}[]", max_size=12)
texts = st.one_of(st.text(max_size=20), _awkward, st.sampled_from([*KEYWORDS, "", "\\", '"', '" or "" is "']))
scalars: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, True, False]), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts
)
_amounts = st.one_of(st.none(), st.integers(min_value=0))
_operators, _quantifiers, _functions = (st.sampled_from(kind) for kind in (Operator, Quantifier, Function))
_flags = st.booleans()
_zero_to_two, _two_or_three = st.integers(0, 2), st.integers(2, 3)
_leaf_kinds = st.sampled_from(["comparison", "membership"])
_kinds = st.sampled_from(["comparison", "membership", "and", "or", "not", "related", "subquery"])

Draw = Callable[[st.SearchStrategy[Any]], Any]


def _criterion(draw: Draw, depth: int) -> Criterion:
    kind = draw(_kinds if depth else _leaf_kinds)
    if kind == "comparison":
        return Comparison(draw(paths), draw(_operators), draw(scalars))
    if kind == "membership":
        return Membership(draw(paths), tuple(draw(scalars) for _ in range(draw(_zero_to_two))), draw(_flags))
    if kind == "not":
        return Not(_criterion(draw, depth - 1))
    if kind == "related":
        return Related(draw(paths), draw(_quantifiers), _optional_criterion(draw, depth - 1))
    if kind == "subquery":
        subquery = Select(draw(type_names), (draw(paths),), _optional_criterion(draw, depth - 1))
        return Membership(draw(paths), subquery, draw(_flags))
    operands = [_criterion(draw, depth - 1) for _ in range(draw(_two_or_three))]
    return conjunction(*operands) if kind == "and" else disjunction(*operands)


def _optional_criterion(draw: Draw, depth: int) -> Criterion | None:
    return _criterion(draw, depth) if draw(_flags) else None


def _projection(draw: Draw) -> Path | Aggregate:
    return Aggregate(draw(_functions), draw(paths)) if draw(_flags) else draw(paths)


@st.composite
def criteria(draw: Draw) -> Criterion:
    """Generate criteria that are nested up to `DEPTH` levels."""
    return _criterion(draw, DEPTH)


@st.composite
def selects(draw: Draw) -> Select:
    """Generate whole queries, each clause being there or not."""
    return Select(
        draw(type_names),
        tuple(_projection(draw) for _ in range(draw(_zero_to_two))),
        _optional_criterion(draw, DEPTH),
        tuple(draw(paths) for _ in range(draw(_zero_to_two))),
        tuple(Ordering(draw(paths), draw(_flags)) for _ in range(draw(_zero_to_two))),
        draw(_amounts),
        draw(_amounts),
    )
