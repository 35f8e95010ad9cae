from __future__ import annotations

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.lexer import TokenKind, tokenize


def texts_of(text: str) -> list[str]:
    return [token.text for token in tokenize(text)[:-1]]


def test_only_words_need_whitespace_between_them() -> None:
    assert texts_of('(configuration_id is "x"and entity_id="y")') == [
        *("(", "configuration_id", "is", "x", "and", "entity_id", "=", "y", ")")
    ]
    assert texts_of("a!=1,b<=2") == ["a", "!=", "1", ",", "b", "<=", "2"]


@pytest.mark.parametrize(
    "word",
    ["parent[Shot].name", "jane@studio.com", "2017-02-08T10:00:00+00:00", "{id}", "a/b", "*", "v001.%04d", "hey!"],
)
def test_a_word_is_any_text_that_is_no_other_token(word: str) -> None:
    (token, _) = tokenize(f"  {word} ")
    assert (token.kind, token.text, token.position) == (TokenKind.WORD, word, 2)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (r'"a \"b\" c"', 'a "b" c'),
        (r"'it\'s'", "it's"),
        (r'"\\"', "\\"),
        (r'"\\\""', '\\"'),
        (r'"100\%"', r"100\%"),
        (r'"C:\new"', r"C:\new"),
        ('"a\nb"', "a\nb"),
        ('"it\'s"', "it's"),
        ('""', ""),
    ],
)
def test_only_quotes_and_backslashes_are_unescaped(text: str, content: str) -> None:
    (token, _) = tokenize(text)
    assert (token.kind, token.text) == (TokenKind.STRING, content)


def test_an_unclosed_string_is_refused_at_its_opening_quote() -> None:
    with pytest.raises(QueryError, match="Expected a closing '") as caught:
        tokenize("name is  'abc\\'")
    assert caught.value.position == 9


def test_the_end_is_a_token_after_the_last_one() -> None:
    assert [(token.kind, token.position) for token in tokenize("a \n")] == [(TokenKind.WORD, 0), (TokenKind.END, 3)]
