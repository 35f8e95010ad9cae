"""Pure: conditions on events and on subscribers' metadata, as nodes with a predicate on mappings.

Each node compiles its predicate `matches` to a closure when it is created. Evaluating it does not traverse the nodes,
which matters because every event is compared with many subscriptions.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Union

import attrs

from ftrack_orm.errors import ExpressionError

Predicate = Callable[[Mapping[str, Any]], bool]

#: The operators that require an order; `=` and `!=` are defined for every value.
_ORDER_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WILDCARD = "*"
#: The constants of JSON and Python, in lower case; expressions may use any case.
_CONSTANTS = {"true": True, "false": False, "null": None, "none": None}
_BARE_VALUE = re.compile(r"[A-Za-z0-9\-_,./*@+]+")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_SPECIAL = re.compile(r"""[\\"]""")
#: The most digits of a number in an expression. Python refuses to read numbers of more than 4,300 digits.
MAX_NUMBER_DIGITS = 1_000


@attrs.frozen
class Comparison:
    """A comparison of the value at *path* with *value*, by the operator `=`, `!=`, `<`, `<=`, `>` or `>=`.

    *path* is a field, a field within its value, and so on.
    `matches(mapping)` is False if the mapping has no value at the path, for every operator.
    """

    path: tuple[str, ...]
    operator: str
    value: str
    matches: Predicate = attrs.field(init=False, eq=False, repr=False)

    @matches.default
    def _build(self) -> Predicate:
        return _compile_comparison(self.path, _compile_test(self.operator, self.value))

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}{self.operator}{quoted(self.value)}"


@attrs.frozen
class Not:
    """The negation of *condition*."""

    condition: Condition
    matches: Predicate = attrs.field(init=False, eq=False, repr=False)

    @matches.default
    def _build(self) -> Predicate:
        return _compile_not(self.condition.matches)

    def __str__(self) -> str:
        return f"not {_grouped(self.condition)}"


@attrs.frozen
class And:
    """The conjunction of two or more *conditions*."""

    conditions: tuple[Condition, ...]
    matches: Predicate = attrs.field(init=False, eq=False, repr=False)

    @matches.default
    def _build(self) -> Predicate:
        return _compile_and([part.matches for part in self.conditions])

    def __str__(self) -> str:
        return " and ".join(_grouped(part) for part in self.conditions)


@attrs.frozen
class Or:
    """The disjunction of two or more *conditions*."""

    conditions: tuple[Condition, ...]
    matches: Predicate = attrs.field(init=False, eq=False, repr=False)

    @matches.default
    def _build(self) -> Predicate:
        return _compile_or([part.matches for part in self.conditions])

    def __str__(self) -> str:
        return " or ".join(_grouped(part) for part in self.conditions)


Condition = Union[Comparison, Not, And, Or]


@attrs.frozen
class Topics:
    """The topics for which a condition can be true: those in *exact*, and all that begin with one of *prefixes*."""

    exact: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()

    def admit(self, topic: str) -> bool:
        """Return whether an event of *topic* may satisfy the condition; only the topic is considered."""
        return topic in self.exact or topic.startswith(tuple(self.prefixes))


ANY_TOPIC = Topics(prefixes=frozenset({""}))


def topics_of(condition: Condition) -> Topics:
    """Return the topics for which *condition* can be true, so that an index of subscribers can skip other topics.

    The result may include too many topics (`ANY_TOPIC` for complicated conditions), never too few.
    """
    if isinstance(condition, Comparison):
        if condition.path != ("topic",) or condition.operator != "=":
            return ANY_TOPIC
        if condition.value.endswith(_WILDCARD):
            return Topics(prefixes=frozenset({condition.value[:-1]}))
        return Topics(exact=frozenset({condition.value}))
    if isinstance(condition, And):
        # Each part is a bound by itself, so the narrowest one is enough; whole topics are narrower than prefixes.
        bounds = [topics_of(part) for part in condition.conditions]
        return min(bounds, key=lambda bound: (bound == ANY_TOPIC, len(bound.prefixes)))
    if isinstance(condition, Or):
        bounds = [topics_of(part) for part in condition.conditions]
        return Topics(
            frozenset().union(*(bound.exact for bound in bounds)),
            frozenset().union(*(bound.prefixes for bound in bounds)),
        )
    return ANY_TOPIC


def quoted(value: str) -> str:
    """Return *value* in the syntax of an expression: bare if it can be parsed like that, else in quotes."""
    if _BARE_VALUE.fullmatch(value):
        return value
    return '"' + _SPECIAL.sub(lambda match: "\\" + match.group(), value) + '"'


def _grouped(part: Condition) -> str:
    return f"({part})" if isinstance(part, (And, Or)) else str(part)


# -- closures -----------------------------------------------------------------------------------------------------


def _compile_comparison(path: tuple[str, ...], test: Callable[[Any], bool]) -> Predicate:
    def matches(candidate: Mapping[str, Any]) -> bool:
        value: Any = candidate
        try:
            for field in path:
                value = value[field]
        except (LookupError, TypeError):
            # There is no such field, or a value on the path has no fields.
            return False
        return test(value)

    return matches


def _compile_not(condition: Predicate) -> Predicate:
    return lambda candidate: not condition(candidate)


def _compile_and(parts: list[Predicate]) -> Predicate:
    def matches(candidate: Mapping[str, Any]) -> bool:
        for part in parts:  # noqa: SIM110 - `all` with a generator takes twice as long
            if not part(candidate):
                return False
        return True

    return matches


def _compile_or(parts: list[Predicate]) -> Predicate:
    def matches(candidate: Mapping[str, Any]) -> bool:
        for part in parts:  # noqa: SIM110 - `any` with a generator takes twice as long
            if part(candidate):
                return True
        return False

    return matches


def _compile_test(operator_text: str, literal: str) -> Callable[[Any], bool]:
    """Return the predicate on the value at a path."""
    if operator_text == "=":
        return _prefix_test(literal[:-1]) if literal.endswith(_WILDCARD) else _equality_test(literal)
    if operator_text == "!=":
        equal = _equality_test(literal)
        return lambda value: not equal(value)
    return _order_test(_ORDER_OPERATORS[operator_text], literal)


def _prefix_test(prefix: str) -> Callable[[Any], bool]:
    if not prefix:
        return lambda value: True

    def test(value: Any) -> bool:
        text = value if isinstance(value, str) else _comparable_text(value)
        return text is not None and text.startswith(prefix)

    return test


def _equality_test(literal: str) -> Callable[[Any], bool]:
    number = _number(literal)
    is_constant, constant = literal.lower() in _CONSTANTS, _CONSTANTS.get(literal.lower())

    def test(value: Any) -> bool:
        if isinstance(value, str):
            return value == literal
        if value is None or isinstance(value, bool):
            return is_constant and value is constant
        if number is not None and isinstance(value, (int, float)):
            return value == number
        return _comparable_text(value) == literal

    return test


def _order_test(compare: Callable[[Any, Any], bool], literal: str) -> Callable[[Any], bool]:
    number = _number(literal)

    def test(value: Any) -> bool:
        if isinstance(value, str):
            return compare(value, literal)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        return number is not None and compare(value, number)

    return test


def _number(text: str) -> int | float | None:
    """Return *text* as a number, or None; `1_000`, `nan` and `infinity`, which Python accepts, are not numbers here."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    if len(text) > MAX_NUMBER_DIGITS:
        raise ExpressionError(f"A number in an event expression can have at most {MAX_NUMBER_DIGITS:,} digits.")
    return float(text) if match.group(1) or match.group(2) else int(text)


def _comparable_text(value: Any) -> str | None:
    """Return the text that represents a value in comparisons; None for booleans, None, mappings and sequences."""
    if value is None or isinstance(value, (bool, Mapping, list, tuple, set, frozenset)):
        return None
    try:
        return str(value)
    except (ValueError, RecursionError):
        # Python refuses to write numbers of more than 4,300 digits, and values that are nested too deeply.
        return None
