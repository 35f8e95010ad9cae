"""State: the position of a parser in the tokens of one text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ftrack_orm.errors import QueryError

from .errors_at import excerpt_at
from .lexer import Token, TokenKind, tokenize

#: Levels of parentheses, `not`, `has`, `any` and subqueries within each other. The limit keeps every recursive function
#: on the nodes of a query far from the end of Python's stack.
MAXIMUM_NESTING = 100

#: Characters of a token that an error quotes.
_QUOTED_CHARACTERS = 40

T = TypeVar("T")


class TokenStream:
    """The tokens of one text, consumed from left to right. `token` is the next token."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0
        self.token = self.tokens[0]
        self.depth = 0
        self.after_bare_value = False

    @property
    def keyword(self) -> str:
        """The next token in lower case, or "" for a string, which is never a keyword."""
        return "" if self.token.kind is TokenKind.STRING else self.token.text.lower()

    @property
    def lookahead(self) -> Token:
        """The token after the next one."""
        return self.tokens[min(self.index + 1, len(self.tokens) - 1)]

    def take(self) -> Token:
        """Consume the next token and return it."""
        token = self.token
        self.index += 1
        self.token = self.tokens[self.index]
        self.after_bare_value = False
        return token

    def accept(self, keyword: str) -> bool:
        """Consume the next token if it is *keyword*, and return whether it was."""
        if self.keyword != keyword:
            return False
        self.take()
        return True

    def expect(self, keyword: str, expected: str) -> None:
        """Consume the next token if it is *keyword*; otherwise raise `QueryError` with the wording *expected*."""
        if not self.accept(keyword):
            raise self.unexpected(expected)

    def nested(self, rule: Callable[[], T]) -> T:
        """Parse with *rule* one level of nesting deeper; raise `QueryError` beyond `MAXIMUM_NESTING`."""
        self.depth += 1
        if self.depth > MAXIMUM_NESTING:
            raise self.error_at(self.token, f"Conditions may be nested {MAXIMUM_NESTING} deep, this goes deeper.")
        result = rule()
        self.depth -= 1
        return result

    def separated(self, rule: Callable[[], T]) -> tuple[T, ...]:
        """Parse one or more results of *rule*, separated by commas."""
        items = [rule()]
        while self.accept(","):
            items.append(rule())
        return tuple(items)

    def error_at(self, token: Token, message: str) -> QueryError:
        """Return the error *message* with the position and the excerpt of *token*."""
        return QueryError(f"{message}\n{excerpt_at(self.text, token.position)}", position=token.position)

    def unexpected(self, expected: str) -> QueryError:
        """Return the error that *expected* was expected, which is not the next token."""
        message = f"Expected {expected}, found {_describe(self.token)}."
        if self.after_bare_value and self.token.kind is TokenKind.WORD:
            message += " A value of several words needs quotes around it."
        return self.error_at(self.token, message)


def _describe(token: Token) -> str:
    if token.kind is TokenKind.END:
        return "the end of the text"
    text = token.text
    shown = text if len(text) <= _QUOTED_CHARACTERS else text[: _QUOTED_CHARACTERS - 3] + "..."
    return f"the string {shown!r}" if token.kind is TokenKind.STRING else repr(shown)
