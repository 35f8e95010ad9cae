from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.compiler import compile_criterion, compile_pretty, compile_select
from ftrack_orm.query.language.lexer import TokenKind, tokenize
from ftrack_orm.query.language.nodes import (
    Aggregate,
    Comparison,
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
from ftrack_orm.query.language.parser import parse, parse_criterion

KEYWORDS = [
    *("select", "from", "where", "group", "order", "by", "offset", "limit", "and", "or", "is", "is_not", "in"),
    *("not_in", "like", "has", "any", "before", "asc", "desc", "descending", "none", "true", "count", "date", "to"),
]
# `not` alone is the one name that cannot begin a condition; no ftrack attribute is called so.
names = st.one_of(st.sampled_from(KEYWORDS), st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)).filter(
    lambda name: name != "not"
)
type_names = st.from_regex(r"[A-Z][A-Za-z0-9]{0,8}", fullmatch=True).filter(lambda name: name.lower() != "select")
steps = st.builds(Step, names, st.one_of(st.none(), type_names))
paths = st.lists(steps, min_size=1, max_size=4).map(lambda found: Path(tuple(found)))

# Most of what can go wrong is in a few characters and words, so they are drawn often.
awkward = st.text(alphabet="\"'\\%_(),=<>! \n\tantdor{}[]", max_size=12)
texts = st.one_of(st.text(max_size=20), awkward, st.sampled_from([*KEYWORDS, "", "\\", '"', '" or "" is "']))
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
scalars: st.SearchStrategy[Any] = st.one_of(st.none(), st.booleans(), numbers, texts)

conditions = st.one_of(
    st.builds(Comparison, paths, st.sampled_from(Operator), scalars),
    st.builds(Membership, paths, st.lists(scalars, max_size=4).map(tuple), st.booleans()),
)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=2, max_size=3)
    subqueries = st.builds(Select, type_names, st.tuples(paths), st.one_of(st.none(), inner))
    return st.one_of(
        several.map(lambda operands: conjunction(*operands)),
        several.map(lambda operands: disjunction(*operands)),
        inner.map(Not),
        st.builds(Related, paths, st.sampled_from(Quantifier), st.one_of(st.none(), inner)),
        st.builds(Membership, paths, subqueries, st.booleans()),
    )


criteria = st.recursive(conditions, _nested, max_leaves=8)
projections = st.one_of(paths, st.builds(Aggregate, st.sampled_from(Function), paths))
amounts = st.one_of(st.none(), st.integers(min_value=0))
selects = st.builds(
    Select,
    type_names,
    st.lists(projections, max_size=3).map(tuple),
    st.one_of(st.none(), criteria),
    st.lists(paths, max_size=2).map(tuple),
    st.lists(st.builds(Ordering, paths, st.booleans()), max_size=2).map(tuple),
    amounts,
    amounts,
)

#: How many cases of a property are tried; a fifth where another property says nearly the same.
CASES = 5_000


@settings(max_examples=CASES, deadline=None)
@given(selects)
def test_a_compiled_query_is_read_back_as_the_same_query(select: Select) -> None:
    assert parse(compile_select(select)) == select


@settings(max_examples=CASES // 5, deadline=None)
@given(selects)
def test_the_pretty_form_means_the_same(select: Select) -> None:
    assert parse(compile_pretty(select)) == select


@settings(max_examples=CASES // 5, deadline=None)
@given(criteria)
def test_a_compiled_criterion_is_read_back_as_the_same_criterion(criterion: Any) -> None:
    assert parse_criterion(compile_criterion(criterion)) == criterion


@settings(max_examples=CASES, deadline=None)
@given(texts)
def test_no_text_changes_the_structure_of_the_query_it_is_put_into(text: str) -> None:
    criterion = conjunction(
        Comparison(Path.of("name"), Operator.IS, text),
        Membership(Path.of("id"), (text, "b")),
        Related(Path.of("metadata"), Quantifier.ANY, Comparison(Path.of("value"), Operator.LIKE, text)),
    )
    tokens = tokenize(compile_select(Select("Task", (), criterion, limit=1)))
    outline = [token.text for token in tokens if token.kind is not TokenKind.STRING]
    assert outline == [
        *("Task", "where", "name", "is", "and", "id", "in", "(", ",", ")"),
        *("and", "metadata", "any", "(", "value", "like", ")", "limit", "1", ""),
    ]
    assert [token.text for token in tokens if token.kind is TokenKind.STRING] == [text, text, "b", text]


@settings(max_examples=CASES, deadline=None)
@given(st.text(alphabet="\"'\\abnot in(),=<>!.[]1%", max_size=30))
def test_any_text_is_either_read_or_refused_with_a_position_in_it(text: str) -> None:
    try:
        parse_criterion(text)
    except QueryError as error:
        assert error.position is not None
        assert 0 <= error.position <= len(text)
