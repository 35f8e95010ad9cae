"""Pure: the text of a query cut into words, quoted strings and symbols."""

from __future__ import annotations

import enum
import re

import attrs

from ftrack_orm.errors import QueryError

from .errors_at import pointed


class TokenKind(enum.Enum):
    """What a token is; whether a word is a keyword, a name or a value depends on where it stands."""

    WORD = "word"
    STRING = "string"
    SYMBOL = "symbol"
    END = "end"


@attrs.frozen(slots=True)
class Token:
    """A piece of text with the position of its first character; of a string, *text* is what it says, unescaped."""

    kind: TokenKind
    text: str
    position: int


# Nothing needs whitespace around it but two words, so `(id is "x"and name="y")` is five words, two strings and so on
# (protocol fact: the official client writes that). A word is whatever no other token begins with: names, `a.b[C]`
# paths, numbers, ids, dates, e-mail addresses, `{placeholders}`.
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

# Only quotes and backslashes are escaped; `\%` is for `like` to understand and stays as it is written.
_ESCAPED = re.compile(r"""\\(["'\\])""")


def tokenize(text: str) -> list[Token]:
    """Return the tokens of *text*, ending with one of kind `END`.

    Raises `QueryError` at the quote of a string that is never closed; everything else is some token.
    """
    tokens: list[Token] = []
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unclosed(text, position)
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


def _unclosed(text: str, position: int) -> QueryError:
    while text[position].isspace():
        position += 1
    quote = text[position]
    message = f"Expected a closing {quote} for the string that begins here, found the end of the text."
    return QueryError(f"{message}\n{pointed(text, position)}", position=position)
