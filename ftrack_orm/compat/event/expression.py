"""Pure: expressions on events as objects, as the official client has them."""

from __future__ import annotations

import builtins
import operator
import typing
from collections.abc import Callable, Iterable, Mapping

from ftrack_orm.compat.error_translation import translated
from ftrack_orm.events.subscriptions import conditions
from ftrack_orm.events.subscriptions import expression as native

_OPERATORS: Mapping[str, Callable[[typing.Any, typing.Any], typing.Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_SIGNS = {function: sign for sign, function in _OPERATORS.items()}


class Parser:
    """Parses expressions such as `topic=ftrack.update and source.user.username=jane`."""

    @translated
    def parse(self, expression: str) -> Expression:
        """Return the expression of a text. Raises `ParseError`."""
        return _converted(native.parse(expression))


class Expression:
    """An expression; this one matches everything."""

    def __str__(self) -> str:
        return f"<{type(self).__name__}>"

    def match(self, candidate: Mapping[str, typing.Any]) -> bool:
        """Return whether a mapping, such as an event, fulfils the expression."""
        return True


class All(Expression):
    """Matches where all of *expressions* match."""

    def __init__(self, expressions: Iterable[Expression] | None = None) -> None:
        self._expressions = list(expressions or ())

    def __str__(self) -> str:
        return f"<All [{' '.join(map(str, self._expressions))}]>"

    def match(self, candidate: Mapping[str, typing.Any]) -> bool:
        return builtins.all(each.match(candidate) for each in self._expressions)


class Any(Expression):
    """Matches where any of *expressions* matches."""

    def __init__(self, expressions: Iterable[Expression] | None = None) -> None:
        self._expressions = list(expressions or ())

    def __str__(self) -> str:
        return f"<Any [{' '.join(map(str, self._expressions))}]>"

    def match(self, candidate: Mapping[str, typing.Any]) -> bool:
        return builtins.any(each.match(candidate) for each in self._expressions)


class Not(Expression):
    """Matches where *expression* does not."""

    def __init__(self, expression: Expression) -> None:
        self._expression = expression

    def __str__(self) -> str:
        return f"<Not {self._expression}>"

    def match(self, candidate: Mapping[str, typing.Any]) -> bool:
        return not self._expression.match(candidate)


class Condition(Expression):
    """Compares the value at *key*, whose parts are separated by dots, with *value*."""

    def __init__(self, key: str, operator: Callable[[typing.Any, typing.Any], typing.Any], value: str) -> None:
        self._key = key
        self._operator = operator
        self._value = value
        # By the rules of the hub, so that both decide alike.
        self._condition = conditions.Comparison(tuple(key.split(".")), _SIGNS[operator], value)

    def __str__(self) -> str:
        return f"<Condition {self._key}{_SIGNS[self._operator]}{self._value}>"

    def match(self, candidate: Mapping[str, typing.Any]) -> bool:
        return self._condition.matches(candidate)


def _converted(condition: native.Condition) -> Expression:
    if isinstance(condition, conditions.Not):
        return Not(_converted(condition.condition))
    if isinstance(condition, conditions.And):
        return All(map(_converted, condition.conditions))
    if isinstance(condition, conditions.Or):
        return Any(map(_converted, condition.conditions))
    return Condition(".".join(condition.path), _OPERATORS[condition.operator], condition.value)
