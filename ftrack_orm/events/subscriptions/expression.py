"""Pure: the text of subscriptions and targets to conditions, by recursive descent.

The grammar is the official Python client's (PROTOCOL 3.4), which the server understands too::

    condition  = all {"or" all}          all = single {"and" single}          keywords in any case
    single     = "not" single | "(" condition ")" | field operator value
    field      = letters, digits, "_" and "."          operator = "=" | "!=" | "<" | "<=" | ">" | ">="
    value      = quoted text | letters, digits and any of - _ , . / * @ +

What a word is depends on where it stands, so `and=or` compares the field `and` with the value `or`.
"""

from __future__ import annotations

import functools
import re

from ftrack_orm.errors import ExpressionError

from .conditions import And, Comparison, Condition, Not, Or, quoted

__all__ = ["Condition", "parse", "quoted"]

_FIELD = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_OPERATOR = re.compile(r"!=|>=|<=|=|>|<")
_BARE_VALUE = re.compile(r"[A-Za-z0-9\-_,./*@+]+")
_QUOTED_VALUE = re.compile(r"""(["'])((?:\\.|(?!\1)[^\\])*)\1""", re.DOTALL)
_ESCAPE = re.compile(r"""\\([\\"'])""")
_OPENING, _CLOSING = re.compile(r"\("), re.compile(r"\)")
_KEYWORD = re.compile(r"(?:and|or)(?![A-Za-z0-9_.])", re.IGNORECASE)
#: `not` begins a denial, unless it is a field: then an operator follows.
_NEGATION = re.compile(r"not(?![A-Za-z0-9_.])(?!\s*(?:!=|[=<>]))", re.IGNORECASE)

#: Conditions within each other; deeper than anybody writes, and far from the end of Python's stack.
MAXIMUM_NESTING = 100


# The same few expressions come again with every event (targets) and every connection (subscriptions).
@functools.lru_cache(maxsize=512)
def parse(text: str) -> Condition:
    """Return the condition that *text* states; ask its `matches(mapping)` about an event or a subscriber's metadata.

    Raises `ExpressionError`, with the position of what cannot be understood, and for an empty text, which the server
    refuses as well (`topic=*` matches everything).
    """
    return _Reader(text).whole()


class _Reader:
    """Reads one expression from its start to its end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0

    def whole(self) -> Condition:
        if not self.text.strip():
            raise self.error("An event expression cannot be empty; `topic=*` matches every event")
        condition = self.any_of()
        self.skip_space()
        if self.position != len(self.text):
            raise self.error("Expected `and`, `or` or the end here (values with spaces or other signs need quotes)")
        return condition

    def any_of(self) -> Condition:
        parts = [self.all_of()]
        while self.take_keyword("or"):
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all_of(self) -> Condition:
        parts = [self.single()]
        while self.take_keyword("and"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def single(self) -> Condition:
        self.depth += 1
        if self.depth > MAXIMUM_NESTING:
            raise self.error(f"Conditions may be nested {MAXIMUM_NESTING} deep, this goes deeper")
        condition: Condition
        if self.take(_OPENING):
            condition = self.any_of()
            if not self.take(_CLOSING):
                raise self.error("Expected `and`, `or` or `)` here")
        elif self.take(_NEGATION):
            condition = Not(self.single())
        else:
            condition = self.comparison()
        self.depth -= 1
        return condition

    def comparison(self) -> Comparison:
        field = self.take(_FIELD)
        if field is None:
            raise self.error("Expected a field such as `topic` or `data.user.username` here")
        operator = self.take(_OPERATOR)
        if operator is None:
            raise self.error("Expected one of = != < <= > >= here")
        quoted_value = self.take(_QUOTED_VALUE)
        if quoted_value is not None:
            value = _ESCAPE.sub(r"\1", quoted_value.group(2))
        else:
            bare = self.take(_BARE_VALUE)
            if bare is None:
                raise self.error("Expected a value here (in quotes if it is empty or holds other signs)")
            value = bare.group()
        return Comparison(tuple(field.group().split(".")), operator.group(), value)

    def take_keyword(self, keyword: str) -> bool:
        match = _KEYWORD.match(self.text, self.skip_space())
        if match is None or match.group().lower() != keyword:
            return False
        self.position = match.end()
        return True

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return the match of *pattern* after any space and go past it, or None and stay."""
        match = pattern.match(self.text, self.skip_space())
        if match is not None:
            self.position = match.end()
        return match

    def skip_space(self) -> int:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1
        return self.position

    def error(self, message: str) -> ExpressionError:
        around = f"{self.text[: self.position]}⟨here⟩{self.text[self.position :]}"
        return ExpressionError(f"{message}: {around!r}.", position=self.position)
