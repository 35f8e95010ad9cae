"""Pure: conditions on events and on subscribers' metadata, as nodes that answer whether a mapping satisfies them.

Each node builds its own closure when it is made, and `matches` is that closure: asking costs no walk over nodes, which
counts where every event is shown to every subscription.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Union

import attrs

Predicate = Callable[[Mapping[str, Any]], bool]

#: The operators whose answer depends on an order; `=` and `!=` have an answer for every value.
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WILDCARD = "*"
#: What JSON and Python call the values that are neither text nor number, in any case.
_CONSTANTS = {"true": True, "false": False, "null": None, "none": None}
_BARE_VALUE = re.compile(r"[A-Za-z0-9\-_,./*@+]+")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_SPECIAL = re.compile(r"""[\\"]""")


@attrs.frozen
class Comparison:
    """*path* (field, field within it, ...) compared with *value* by one of `=`, `!=`, `<`, `<=`, `>`, `>=`.

    `matches(mapping)` is False where the path leads nowhere, whatever the operator.
    """

    path: tuple[str, ...]
    operator: str
    value: str
    matches: Predicate = attrs.field(init=False, eq=False, repr=False)

    @matches.default
    def _build(self) -> Predicate:
        return _comparing(self.path, _test(self.operator, self.value))

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}{self.operator}{quoted(self.value)}"


@attrs.frozen
class Not:
    """The opposite of *condition*."""

    condition: Condition
    matches: Predicate = attrs.field(init=False, eq=False, repr=False)

    @matches.default
    def _build(self) -> Predicate:
        return _denying(self.condition.matches)

    def __str__(self) -> str:
        return f"not {_grouped(self.condition)}"


@attrs.frozen
class And:
    """All of *conditions*, of which there are two or more."""

    conditions: tuple[Condition, ...]
    matches: Predicate = attrs.field(init=False, eq=False, repr=False)

    @matches.default
    def _build(self) -> Predicate:
        return _requiring([part.matches for part in self.conditions])

    def __str__(self) -> str:
        return " and ".join(_grouped(part) for part in self.conditions)


@attrs.frozen
class Or:
    """At least one of *conditions*, of which there are two or more."""

    conditions: tuple[Condition, ...]
    matches: Predicate = attrs.field(init=False, eq=False, repr=False)

    @matches.default
    def _build(self) -> Predicate:
        return _choosing([part.matches for part in self.conditions])

    def __str__(self) -> str:
        return " or ".join(_grouped(part) for part in self.conditions)


Condition = Union[Comparison, Not, And, Or]


@attrs.frozen
class Topics:
    """The topics a condition can be true for: those named in *exact*, and all that begin with one of *prefixes*."""

    exact: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()

    def admit(self, topic: str) -> bool:
        """Return whether an event of *topic* may satisfy the condition; the rest of it is not looked at."""
        return topic in self.exact or topic.startswith(tuple(self.prefixes))


ANY_TOPIC = Topics(prefixes=frozenset({""}))


def topics_of(condition: Condition) -> Topics:
    """Return the topics *condition* can be true for, so that a search for subscribers can leave out the others.

    The answer may be too wide (`ANY_TOPIC` for whatever is not plain), never too narrow.
    """
    if isinstance(condition, Comparison):
        if condition.path != ("topic",) or condition.operator != "=":
            return ANY_TOPIC
        if condition.value.endswith(_WILDCARD):
            return Topics(prefixes=frozenset({condition.value[:-1]}))
        return Topics(exact=frozenset({condition.value}))
    if isinstance(condition, And):
        # Each part is a bound by itself; one is enough, and named topics are the tighter sort.
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
    """Return *value* as an expression writes it: bare where that can be read back, else in quotes."""
    if _BARE_VALUE.fullmatch(value):
        return value
    return '"' + _SPECIAL.sub(lambda match: "\\" + match.group(), value) + '"'


def _grouped(part: Condition) -> str:
    return f"({part})" if isinstance(part, (And, Or)) else str(part)


# -- closures -----------------------------------------------------------------------------------------------------


def _comparing(path: tuple[str, ...], test: Callable[[Any], bool]) -> Predicate:
    def matches(candidate: Mapping[str, Any]) -> bool:
        value: Any = candidate
        try:
            for field in path:
                value = value[field]
        except (LookupError, TypeError):
            # No such field, or something on the way that has no fields.
            return False
        return test(value)

    return matches


def _denying(condition: Predicate) -> Predicate:
    return lambda candidate: not condition(candidate)


def _requiring(parts: list[Predicate]) -> Predicate:
    def matches(candidate: Mapping[str, Any]) -> bool:
        for part in parts:  # noqa: SIM110 - `all` with a generator takes twice as long
            if not part(candidate):
                return False
        return True

    return matches


def _choosing(parts: list[Predicate]) -> Predicate:
    def matches(candidate: Mapping[str, Any]) -> bool:
        for part in parts:  # noqa: SIM110 - `any` with a generator takes twice as long
            if part(candidate):
                return True
        return False

    return matches


def _test(operator_text: str, literal: str) -> Callable[[Any], bool]:
    """Return what decides about the value a path leads to."""
    if operator_text == "=":
        return _prefix_test(literal[:-1]) if literal.endswith(_WILDCARD) else _equality_test(literal)
    if operator_text == "!=":
        equal = _equality_test(literal)
        return lambda value: not equal(value)
    return _order_test(_ORDERS[operator_text], literal)


def _prefix_test(prefix: str) -> Callable[[Any], bool]:
    if not prefix:
        return lambda value: True

    def test(value: Any) -> bool:
        text = value if isinstance(value, str) else _text(value)
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
        return _text(value) == literal

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
    """Return the number *text* is, or None; narrower than Python, which also reads `1_000`, `nan` and `infinity`."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    return float(text) if match.group(1) or match.group(2) else int(text)


def _text(value: Any) -> str | None:
    """Return the text a value is compared by; None for what no text is like: truth, nothing, and what has parts."""
    if value is None or isinstance(value, (bool, Mapping, list, tuple, set, frozenset)):
        return None
    return str(value)
