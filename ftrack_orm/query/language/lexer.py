"""Pure: splits the text of a query into words, quoted strings and symbols."""

from __future__ import annotations

import enum
import re

import attrs

from ftrack_orm.errors import QueryError
from ftrack_orm.values import NOT_ENCODABLE

from .errors_at import excerpt_at


class TokenKind(enum.Enum):
    """The kind of a token. Whether a word is a keyword, a name or a value depends on its position."""

    WORD = "word"
    STRING = "string"
    SYMBOL = "symbol"
    END = "end"


@attrs.frozen(slots=True)
class Token:
    """A piece of text and the position of its first character. The *text* of a string is unquoted and unescaped."""

    kind: TokenKind
    text: str
    position: int


# Only two adjacent words need whitespace between them, so `(id is "x"and name="y")` is valid (protocol fact: the
# official client writes that). A word begins with any character that begins no other token: names, `a.b[C]` paths,
# numbers, ids, dates, e-mail addresses, `{placeholders}`.
_TOKEN = re.compile(
    r"""\s*(?:
        ((?:[^\s"'(),=<>!]|!(?!=))+)
      | ("[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')
      | (<=|>=|!=|[=<>(),])
      | (\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_KINDS = (TokenKind.WORD, TokenKind.STRING, TokenKind.SYMBOL, TokenKind.END)

# Only quotes and backslashes are unescaped: `like` interprets `\%` itself.
_ESCAPED = re.compile(r"""\\(["'\\])""")


def tokenize(text: str) -> list[Token]:
    """Return the tokens of *text*, ending with one of kind `END`.

    Raises `QueryError` at the opening quote of a string that is not closed, and at a character that cannot be encoded
    as UTF-8. All other text has tokens.
    """
    _check_encodable(text)
    tokens: list[Token] = []
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unclosed_string(text, position)
        group = match.lastindex or 0
        kind = _KINDS[group - 1]
        content = match[group]
        if kind is TokenKind.STRING:
            content = content[1:-1]
            if "\\" in content:
                content = _ESCAPED.sub(r"\1", content)
        tokens.append(Token(kind, content, match.start(group)))
        if kind is TokenKind.END:
            return tokens
        position = match.end()


def _check_encodable(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        message = f"The query has the character {text[error.start]!r}. Its text {NOT_ENCODABLE}"
        raise QueryError(f"{message}\n{excerpt_at(text, error.start)}", position=error.start) from None


def _unclosed_string(text: str, position: int) -> QueryError:
    while text[position].isspace():
        position += 1
    quote = text[position]
    message = f"Expected a closing {quote} for the string that begins here, found the end of the text."
    return QueryError(f"{message}\n{excerpt_at(text, position)}", position=position)
