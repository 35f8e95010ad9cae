from __future__ import annotations

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.token_stream import MAXIMUM_NESTING, TokenStream


def test_tokens_are_consumed_from_left_to_right() -> None:
    stream = TokenStream("Task WHERE a")
    assert (stream.take().text, stream.keyword, stream.lookahead.text) == ("Task", "where", "a")
    assert not stream.accept("order")
    assert stream.accept("where")
    assert stream.token.text == "a"


def test_a_string_is_never_a_keyword() -> None:
    assert TokenStream('"where"').keyword == ""
    assert not TokenStream('"where"').accept("where")


def test_the_lookahead_of_the_last_token_is_the_end() -> None:
    stream = TokenStream("a")
    assert stream.lookahead.text == ""
    stream.take()
    assert stream.lookahead.text == ""


def test_separated_takes_all_items_between_commas() -> None:
    stream = TokenStream("a, b,c where")
    assert [token.text for token in stream.separated(stream.take)] == ["a", "b", "c"]
    assert stream.keyword == "where"


def test_nesting_has_a_limit() -> None:
    stream = TokenStream("a")

    def nest() -> int:
        return stream.nested(nest)

    with pytest.raises(QueryError, match=f"may be nested {MAXIMUM_NESTING} deep"):
        nest()


def test_an_error_quotes_the_token_and_shows_its_position() -> None:
    stream = TokenStream("Task " + "x" * 100)
    stream.take()
    with pytest.raises(QueryError, match=r"Expected the end, found 'x{37}\.\.\.'") as caught:
        stream.expect(")", "the end")
    assert caught.value.position == 5
    assert str(stream.unexpected("a")).splitlines()[-1] == " " * 7 + "^"
