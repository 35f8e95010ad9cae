r"""Pure: compares one value of an entity with the operand of a query, as a server's database does.

This module states the rules; the embedded server implements the same rules in SQL.

* **Missing values.** `is none` and `is_not none` are true or false for every value. Any other comparison with a missing
  value is undecided, and so is its negation, so neither finds the entity.
* **Text** compares and sorts without regard to the case of ASCII letters, as in the default collation of the database
  that ftrack runs on. **Ids** compare exactly. An operand that is compared with text is read as text: `name is 5`
  compares with "5".
* **`like`** always disregards case. `%` matches any text, `\\%` a percent sign, `\\\\` a backslash, every other
  character itself. Numbers are matched by their digits, booleans as 1 and 0, datetimes by their ISO 8601 text.
* **Numbers** compare as numbers with any operand that reads as a number; true and false are 1 and 0.
* **Booleans** are true, false, 1 or 0 in any spelling, and have no order.
* **Datetimes** compare as moments, in UTC unless an offset is given. A day (`2024-05-31`) is its midnight, except that
  `is`, `is_not`, `in` and `not_in` mean any moment of that day.
* **Any** value, such as that of a custom attribute, compares by its own type: a number with an operand that reads as a
  number, a boolean with a boolean, a datetime with a datetime, text with text. A list matches when one of its items
  does, and the negative operators are the negations of the positive ones.
* **`in`** is true for any of its values, of which `none` equals a missing value. `not_in` is its negation. The missing
  values that a subquery selects are ignored.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Union

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.nodes import Operator, Scalar

from .normalization import (
    ANY,
    as_moment,
    as_number,
    exact_text,
    folded_text,
    literal_text,
    normalize_operand,
    normalizer,
    pattern_text,
)
from .patterns import compile_pattern

#: True, false, or undecided (None) because a value is missing: SQL's three-valued logic.
TruthValue = Union[bool, None]
Matcher = Callable[[Any], TruthValue]

_FUNCTIONS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.IS: eq,
    Operator.IS_NOT: ne,
    Operator.LESS: lt,
    Operator.LESS_OR_EQUAL: le,
    Operator.GREATER: gt,
    Operator.GREATER_OR_EQUAL: ge,
}
_POSITIVE = {Operator.IS_NOT: Operator.IS, Operator.NOT_LIKE: Operator.LIKE}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def comparison_matcher(
    operator: Operator, operand: Scalar, value_type: str, label: str, *, exact: bool = False
) -> Matcher:
    """Return the matcher of `value operator operand` for values of *value_type*, which is named as in a schema.

    *exact* text is an id. *label* names the attribute in errors. Raises `QueryError` when the operand cannot be read as
    the type, or the operator cannot be used with it.
    """
    if operand is None:
        return _none_matcher(operator, label)
    if operator in _POSITIVE and (value_type == ANY or operator is Operator.NOT_LIKE):
        return negate(comparison_matcher(_POSITIVE[operator], operand, value_type, label, exact=exact))
    if value_type == ANY:
        return _unless_missing(_any_matcher(operator, operand, exact))
    if value_type == "object":
        raise QueryError(f"{label} holds objects, which can only be compared with none.")
    if operator is Operator.LIKE:
        matches_pattern = compile_pattern(literal_text(operand))
        return _unless_missing(lambda value: matches_pattern(pattern_text(value, value_type)))
    if value_type == "datetime":
        return _unless_missing(_moment_matcher(operator, operand, label))
    if value_type == "boolean" and operator not in (Operator.IS, Operator.IS_NOT):
        raise QueryError(f"{label} has no order, so {operator.value} cannot be used with it.")
    compare, expected = _FUNCTIONS[operator], normalize_operand(operand, value_type, label, exact)
    normalize = normalizer(value_type, exact)
    return _unless_missing(lambda value: compare(normalize(value), expected))


def membership_matcher(operands: Sequence[Scalar], value_type: str, label: str, *, exact: bool = False) -> Matcher:
    """Return the matcher that decides whether a value is one of *operands*; the rest is as for `comparison_matcher`."""
    present = [operand for operand in operands if operand is not None]
    has_none = len(present) < len(operands)
    if value_type in (ANY, "object", "datetime"):
        matchers = [comparison_matcher(Operator.IS, operand, value_type, label, exact=exact) for operand in present]

        def is_member(value: Any) -> TruthValue:
            return any(matches(value) for matches in matchers)

    else:
        members = {normalize_operand(operand, value_type, label, exact) for operand in present}
        normalize = normalizer(value_type, exact)

        def is_member(value: Any) -> TruthValue:
            return normalize(value) in members

    when_missing: TruthValue = True if has_none else None if present else False
    return lambda value: when_missing if value is None else is_member(value)


def subquery_matcher(values: Iterable[Any], value_type: str, *, exact: bool = False) -> Matcher:
    """Return the matcher that decides whether a value is one of *values*, selected by a subquery; lists never are."""
    normalize = normalizer(value_type, exact)
    members = {normalize(value) for value in values if value is not None and not isinstance(value, (list, Mapping))}
    when_missing: TruthValue = None if members else False

    def is_member(value: Any) -> TruthValue:
        if value is None:
            return when_missing
        return not isinstance(value, (list, Mapping)) and normalize(value) in members

    return is_member


def negate(matcher: Matcher) -> Matcher:
    """Return the negation of *matcher*. An undecided value stays undecided."""

    def negation(value: Any) -> TruthValue:
        truth = matcher(value)
        return None if truth is None else not truth

    return negation


# -- matchers by type -------------------------------------------------------------------------------------------------


def _unless_missing(matches: Callable[[Any], bool]) -> Matcher:
    """Return the matcher that leaves a comparison with a missing value undecided."""
    return lambda value: None if value is None else matches(value)


def _none_matcher(operator: Operator, label: str) -> Matcher:
    if operator is Operator.IS:
        return lambda value: value is None
    if operator is Operator.IS_NOT:
        return lambda value: value is not None
    raise QueryError(f"{label} {operator.value} none makes no sense: none can be compared with 'is' and 'is_not' only.")


def _moment_matcher(operator: Operator, operand: Scalar, label: str) -> Callable[[Any], bool]:
    text = literal_text(operand)
    try:
        moment = as_moment(text)
    except (ValueError, OverflowError):
        raise QueryError(
            f"{label} is a datetime, and was compared with {operand!r}. Write it as 2018-05-25 or 2018-05-25T10:00:00."
        ) from None
    if _DAY.match(text) and operator in (Operator.IS, Operator.IS_NOT):
        expected = operator is Operator.IS
        # Not the end of the day, which the last day of the calendar does not have.
        day = datetime.timedelta(days=1)
        return lambda value: (datetime.timedelta(0) <= as_moment(value) - moment < day) is expected
    compare = _FUNCTIONS[operator]
    return lambda value: compare(as_moment(value), moment)


def _any_matcher(operator: Operator, operand: Scalar, exact: bool) -> Callable[[Any], bool]:
    """Return the matcher of values of any type, and of their items; *operator* is a positive one."""
    matches_item = _any_item_matcher(operator, operand, exact)

    def matches(value: Any) -> bool:
        if isinstance(value, Mapping):
            return any(matches_item(item) for item in value.values())
        if isinstance(value, (list, tuple, set, frozenset)):
            return any(matches_item(item) for item in value)
        return matches_item(value)

    return matches


def _any_item_matcher(operator: Operator, operand: Scalar, exact: bool) -> Callable[[Any], bool]:
    text = literal_text(operand)
    normalize = exact_text if exact else folded_text
    if operator is Operator.LIKE:
        matches_pattern = compile_pattern(text)
        return lambda item: isinstance(item, (str, datetime.date)) and matches_pattern(pattern_text(item, ANY))
    compare, number, expected = _FUNCTIONS[operator], as_number(operand), normalize(text)
    try:
        matches_moment: Callable[[Any], bool] | None = _moment_matcher(operator, operand, "")
    except QueryError:
        matches_moment = None

    def matches(item: Any) -> bool:
        if isinstance(item, bool) or isinstance(operand, bool):
            return isinstance(item, bool) and isinstance(operand, bool) and compare(item, operand)
        if isinstance(item, (int, float)):
            return number is not None and compare(item, number)
        if isinstance(item, datetime.date) and matches_moment is not None:
            return matches_moment(item)
        return isinstance(item, (str, datetime.date)) and compare(normalize(pattern_text(item, ANY)), expected)

    return matches
