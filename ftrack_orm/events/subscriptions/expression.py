"""Pure: the parser of subscription and target expressions, a recursive descent.

The grammar is that of the official Python client (PROTOCOL 3.4), which the server accepts too::

    condition  = all {"or" all}          all = single {"and" single}          keywords in any case
    single     = "not" single | "(" condition ")" | field operator value
    field      = letters, digits, "_" and "."          operator = "=" | "!=" | "<" | "<=" | ">" | ">="
    value      = quoted text | letters, digits and any of - _ , . / * @ +

Keywords are recognised by position, so `and=or` compares the field `and` with the value `or`.
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
#: `not` is a keyword unless an operator follows, which makes it a field.
_NEGATION = re.compile(r"not(?![A-Za-z0-9_.])(?!\s*(?:!=|[=<>]))", re.IGNORECASE)

#: The deepest nesting of conditions: far more than people write, and far below Python's recursion limit.
MAX_NESTING = 100
#: The most characters of an expression.
MAX_LENGTH = 1 << 16
#: The most characters of an expression whose condition is remembered.
_MAX_REMEMBERED_LENGTH = 1_024
#: The characters of an expression that an error shows before and after the position of the mistake.
_EXCERPT_LENGTH = 200


def parse(text: str) -> Condition:
    """Return the condition of *text*; its `matches(mapping)` evaluates an event or a subscriber's metadata.

    Raises `ExpressionError`, with the position of the mistake. An empty text is a mistake too, since the server refuses
    it (`topic=*` matches everything).
    """
    return _parse_remembered(text) if len(text) <= _MAX_REMEMBERED_LENGTH else _parse(text)


def _parse(text: str) -> Condition:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"An event expression can have at most {MAX_LENGTH:,} characters, and this one has {len(text):,}: "
            f"{text[:_EXCERPT_LENGTH]!r}…"
        )
    try:
        return _Parser(text).parse()
    except RecursionError as error:
        raise ExpressionError(f"The event expression is nested too deeply: {text[:_EXCERPT_LENGTH]!r}.") from error


# The same few expressions recur with every event (targets) and every connection (subscriptions).
_parse_remembered = functools.lru_cache(maxsize=512)(_parse)


class _Parser:
    """Parses one expression from start to end; each method parses a rule of the grammar at the present position."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0

    def parse(self) -> Condition:
        if not self.text.strip():
            raise self.error("An event expression cannot be empty; `topic=*` matches every event")
        condition = self.disjunction()
        self.skip_space()
        if self.position != len(self.text):
            hint = "values with spaces or special characters need quotes"
            raise self.error(f"Expected `and`, `or` or the end here ({hint})")
        return condition

    def disjunction(self) -> Condition:
        parts = [self.conjunction()]
        while self.take_keyword("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self) -> Condition:
        parts = [self.single()]
        while self.take_keyword("and"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def single(self) -> Condition:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.error(f"Conditions can be nested at most {MAX_NESTING} deep")
        condition: Condition
        if self.take(_OPENING):
            condition = self.disjunction()
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
                raise self.error("Expected a value here (empty values and special characters need quotes)")
            value = bare.group()
        return Comparison(tuple(field.group().split(".")), operator.group(), value)

    def take_keyword(self, keyword: str) -> bool:
        match = _KEYWORD.match(self.text, self.skip_space())
        if match is None or match.group().lower() != keyword:
            return False
        self.position = match.end()
        return True

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return the match of *pattern* after any space and advance past it, or return None and do not advance."""
        match = pattern.match(self.text, self.skip_space())
        if match is not None:
            self.position = match.end()
        return match

    def skip_space(self) -> int:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1
        return self.position

    def error(self, message: str) -> ExpressionError:
        before = self.text[max(0, self.position - _EXCERPT_LENGTH) : self.position]
        around = f"{before}⟨here⟩{self.text[self.position : self.position + _EXCERPT_LENGTH]}"
        return ExpressionError(f"{message}: {around!r}.", position=self.position)
