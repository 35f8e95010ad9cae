"""Compiling and parsing are inverse to each other, and no text escapes its quotes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.compiler import compile_criterion, compile_pretty, compile_select
from ftrack_orm.query.language.lexer import TokenKind, tokenize
from ftrack_orm.query.language.nodes import (
    Comparison,
    Criterion,
    Membership,
    Operator,
    Path,
    Quantifier,
    Related,
    Select,
    conjunction,
)
from ftrack_orm.query.language.parser import parse, parse_criterion
from tests.property_settings import examples

from .strategies import criteria, selects, texts

every_form = settings(max_examples=examples(500, 5_000))
#: For a property that another one nearly implies.
some_forms = settings(max_examples=examples(100, 1_000))


@every_form
@given(selects())
def test_a_compiled_query_is_read_back_as_the_same_query(select: Select) -> None:
    assert parse(compile_select(select)) == select


@some_forms
@given(selects())
def test_the_pretty_form_means_the_same(select: Select) -> None:
    assert parse(compile_pretty(select)) == select


@some_forms
@given(criteria())
def test_a_compiled_criterion_is_read_back_as_the_same_criterion(criterion: Criterion) -> None:
    assert parse_criterion(compile_criterion(criterion)) == criterion


@every_form
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


@every_form
@given(st.text(alphabet="\"'\\abnot in(),=<>!.[]1%", max_size=30))
def test_any_text_is_either_read_or_refused_with_a_position_in_it(text: str) -> None:
    try:
        parse_criterion(text)
    except QueryError as error:
        assert error.position is not None
        assert 0 <= error.position <= len(text)
