r"""Pure: deciding how one value of an entity compares with a value of a query, as a server's database would.

This is the one statement of the rules; the embedded server says the same in SQL.

* **Nothing.** `is none` and `is_not none` are decided for every value. Any other comparison with a missing value is
  neither true nor false, so neither it nor its negation finds the entity.
* **Text** compares and sorts without regard to the case of ASCII letters, as in the default collation of the database
  that ftrack runs on. **Ids** compare exactly. What is compared with text is text: `name is 5` looks for "5".
* **`like`** never regards case. `%` stands for any text, `\%` for a percent sign, `\\` for a backslash, everything
  else for itself. Numbers are matched by their digits, booleans as 1 and 0, datetimes by their ISO 8601 text.
* **Numbers** compare as numbers with whatever reads as one; true and false count as 1 and 0.
* **Booleans** are true, false, 1 or 0 in any spelling, and have no order.
* **Datetimes** compare as moments, in UTC unless an offset is given. A day (`2024-05-31`) is its midnight, except that
  `is`, `is_not`, `in` and `not_in` mean any moment of that day.
* **Any** value, such as a custom attribute's, compares by what it is: a number with what reads as a number, a boolean
  with a boolean, a datetime with a datetime, text with text. A list holds when one of its items does, and the negative
  operators are the negation of the positive ones.
* **`in`** holds for any of its values, of which `none` is one that a missing value equals. `not_in` is its negation.
  The missing values that a subquery selects are left out.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Union

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.nodes import Operator, Scalar

#: Whether something holds; None when it is neither true nor false, for want of a value.
Verdict = Union[bool, None]
Matcher = Callable[[Any], Verdict]

#: The type of a value that only the value itself tells.
ANY = "any"

_ORDER: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.IS: eq,
    Operator.IS_NOT: ne,
    Operator.LESS: lt,
    Operator.LESS_OR_EQUAL: le,
    Operator.GREATER: gt,
    Operator.GREATER_OR_EQUAL: ge,
}
_POSITIVE = {Operator.IS_NOT: Operator.IS, Operator.NOT_LIKE: Operator.LIKE}
_LIKE = (Operator.LIKE, Operator.NOT_LIKE)
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_LOWER_CASE = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_PATTERN_PART = re.compile(r"\\\\|\\%|%|[^\\%]+|\\")
_UTC = datetime.timezone.utc


def matcher(operator: Operator, operand: Scalar, value_type: str, label: str, *, exact: bool = False) -> Matcher:
    """Return what decides `value operator operand` for values of *value_type*, which are named as in a vocabulary.

    *exact* text is an id. *label* is what errors call the value. Raises `QueryError` when the operand cannot be read
    as the type, or the operator does not go with it.
    """
    if operand is None:
        return _matcher_of_none(operator, label)
    if operator in _POSITIVE and (value_type == ANY or operator is Operator.NOT_LIKE):
        return negated(matcher(_POSITIVE[operator], operand, value_type, label, exact=exact))
    if value_type == ANY:
        return _present(_any_matcher(operator, operand, exact))
    if value_type == "object":
        raise QueryError(f"{label} holds objects, which can only be compared with none.")
    if operator is Operator.LIKE:
        matches = _like(_text(operand))
        return _present(lambda value: matches(_shown(value, value_type)))
    if value_type == "datetime":
        return _present(_moment_matcher(operator, operand, label))
    if value_type == "boolean" and operator not in (Operator.IS, Operator.IS_NOT):
        raise QueryError(f"{label} has no order, so {operator.value} cannot be used with it.")
    compare, wanted = _ORDER[operator], _operand(operand, value_type, label, exact)
    normal = _normal_form(value_type, exact)
    return _present(lambda value: compare(normal(value), wanted))


def among(operands: Sequence[Scalar], value_type: str, label: str, *, exact: bool = False) -> Matcher:
    """Return what decides whether a value is one of *operands*; the rest as for `matcher`."""
    present = [operand for operand in operands if operand is not None]
    has_none = len(present) < len(operands)
    if value_type in (ANY, "object", "datetime"):
        tests = [matcher(Operator.IS, operand, value_type, label, exact=exact) for operand in present]

        def one_of(value: Any) -> Verdict:
            return any(test(value) for test in tests)

    else:
        wanted = {_operand(operand, value_type, label, exact) for operand in present}
        normal = _normal_form(value_type, exact)

        def one_of(value: Any) -> Verdict:
            return normal(value) in wanted

    missing: Verdict = True if has_none else None if present else False
    return lambda value: missing if value is None else one_of(value)


def among_selected(values: Iterable[Any], value_type: str, *, exact: bool = False) -> Matcher:
    """Return what decides whether a value is one of *values* that a subquery selected; lists never are."""
    normal = _normal_form(value_type, exact)
    wanted = {normal(value) for value in values if value is not None and not isinstance(value, (list, Mapping))}
    missing: Verdict = None if wanted else False

    def one_of(value: Any) -> Verdict:
        if value is None:
            return missing
        return not isinstance(value, (list, Mapping)) and normal(value) in wanted

    return one_of


def sort_key(value: Any, value_type: str, label: str, *, exact: bool = False) -> tuple[int, Any]:
    """Return what orders values as a server does: missing ones first, then numbers, text, and datetimes.

    Raises `QueryError` for lists and objects, which have no order.
    """
    if value is None:
        return 0, None
    normal = _normal_form(value_type, exact)(value)
    if isinstance(normal, (bool, int, float)):
        return 1, normal
    if isinstance(normal, str):
        return 2, normal
    if isinstance(normal, datetime.datetime):
        return 3, normal
    raise QueryError(f"{label} cannot be ordered by: {value!r} has no order.")


def as_moment(value: Any) -> datetime.datetime:
    """Return the moment that a datetime, a date or ISO 8601 text stands for; in UTC where nothing else is said.

    Raises `ValueError` or `OverflowError` for text that is no datetime, and for years that UTC has not.
    """
    if isinstance(value, str):
        # Python 3.10 does not know the Z that browsers write.
        value = datetime.datetime.fromisoformat(value[:-1] + "+00:00" if value.endswith(("Z", "z")) else value)
    elif not isinstance(value, datetime.datetime):
        if not isinstance(value, datetime.date):
            raise ValueError(f"{value!r} is no datetime.")
        value = datetime.datetime.combine(value, datetime.time())
    moment: datetime.datetime = value
    return moment.replace(tzinfo=_UTC) if moment.utcoffset() is None else moment.astimezone(_UTC)


def negated(test: Matcher) -> Matcher:
    """Return the negation of *test*, which leaves undecided what it does."""

    def negative(value: Any) -> Verdict:
        verdict = test(value)
        return None if verdict is None else not verdict

    return negative


# -- ways to decide -----------------------------------------------------------------------------------------------


def _present(test: Callable[[Any], bool]) -> Matcher:
    """Leave a comparison with a missing value undecided."""
    return lambda value: None if value is None else test(value)


def _matcher_of_none(operator: Operator, label: str) -> Matcher:
    if operator is Operator.IS:
        return lambda value: value is None
    if operator is Operator.IS_NOT:
        return lambda value: value is not None
    raise QueryError(f"{label} {operator.value} none makes no sense: none can be compared with 'is' and 'is_not' only.")


def _like(pattern: str) -> Callable[[str], bool]:
    """Return what decides whether a whole text matches *pattern*: its parts in their order, with anything between."""
    parts = [""]
    for mark in _PATTERN_PART.findall(_fold(pattern)):
        if mark == "%":
            parts.append("")
        else:
            parts[-1] += mark[1:] if mark in ("\\\\", "\\%") else mark
    first, last = parts[0], parts[-1]

    def matches(text: str) -> bool:
        text = _fold(text)
        if len(parts) == 1:
            return text == first
        if not text.startswith(first):
            return False
        position = len(first)
        for part in parts[1:-1]:
            position = text.find(part, position)
            if position < 0:
                return False
            position += len(part)
        return len(text) - len(last) >= position and text.endswith(last)

    return matches


def _moment_matcher(operator: Operator, operand: Scalar, label: str) -> Callable[[Any], bool]:
    text = _text(operand)
    try:
        moment = as_moment(text)
        end = moment + datetime.timedelta(days=1)
    except (ValueError, OverflowError):
        raise QueryError(
            f"{label} is a datetime, and was compared with {operand!r}. Write it as 2018-05-25 or 2018-05-25T10:00:00."
        ) from None
    if _DAY.match(text) and operator in (Operator.IS, Operator.IS_NOT):
        wanted = operator is Operator.IS
        return lambda value: (moment <= as_moment(value) < end) is wanted
    compare = _ORDER[operator]
    return lambda value: compare(as_moment(value), moment)


def _any_matcher(operator: Operator, operand: Scalar, exact: bool) -> Callable[[Any], bool]:
    """Decide by what a value turns out to be; *operator* is a positive one."""
    test = _any_item(operator, operand, exact)

    def matches(value: Any) -> bool:
        if isinstance(value, Mapping):
            return any(test(item) for item in value.values())
        if isinstance(value, (list, tuple, set, frozenset)):
            return any(test(item) for item in value)
        return test(value)

    return matches


def _any_item(operator: Operator, operand: Scalar, exact: bool) -> Callable[[Any], bool]:
    text = _text(operand)
    normal = _exact_text if exact else _folded_text
    if operator is Operator.LIKE:
        like = _like(text)
        return lambda item: like(_shown(item, ANY)) if isinstance(item, (str, datetime.date)) else False
    compare, number, wanted = _ORDER[operator], _number(operand), normal(text)
    try:
        in_time: Callable[[Any], bool] | None = _moment_matcher(operator, operand, "")
    except QueryError:
        in_time = None

    def matches(item: Any) -> bool:
        if isinstance(item, bool) or isinstance(operand, bool):
            return isinstance(item, bool) and isinstance(operand, bool) and compare(item, operand)
        if isinstance(item, (int, float)):
            return number is not None and compare(item, number)
        if isinstance(item, datetime.date) and in_time is not None:
            return in_time(item)
        return isinstance(item, (str, datetime.date)) and compare(normal(_shown(item, ANY)), wanted)

    return matches


# -- what values and operands are to each other -------------------------------------------------------------------


def _operand(operand: Scalar, value_type: str, label: str, exact: bool) -> Any:
    """Return what a query's text says as a value of the type."""
    if value_type == "boolean":
        truth = _TRUTHS.get(str(operand).lower())
        if truth is None:
            raise QueryError(f"{label} is true or false, and was compared with {operand!r}.")
        return truth
    if value_type in ("integer", "number"):
        number = _number(operand)
        if number is None:
            raise QueryError(f"{label} is a number, and was compared with {operand!r}.")
        return number
    return _exact_text(operand) if exact else _folded_text(operand)


def _number(operand: Scalar) -> int | float | None:
    if isinstance(operand, int):
        return operand
    try:
        number = float(operand) if operand is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _fold(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_LOWER_CASE)


def _text(value: Any) -> str:
    """Return how the language writes a value that is compared with text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _exact_text(value: Any) -> str:
    return value if isinstance(value, str) else _text(value)


def _folded_text(value: Any) -> str:
    return _fold(_exact_text(value))


def _shown(value: Any, value_type: str) -> str:
    """Return the text that `like` sees of a value."""
    if isinstance(value, datetime.date):
        return as_moment(value).replace(tzinfo=None).isoformat()
    if isinstance(value, bool) or value_type == "boolean":
        return str(int(value))
    return str(value)


def _normal_form(value_type: str, exact: bool) -> Callable[[Any], Any]:
    """Return what turns values into something that Python compares as the rules say."""
    if value_type == "datetime":
        return as_moment
    if value_type == "boolean":
        return bool
    if value_type in ("integer", "number", ANY, "object"):
        return lambda value: _plain(value, exact)
    return _exact_text if exact else _folded_text


def _plain(value: Any, exact: bool) -> Any:
    if isinstance(value, str):
        return value if exact else _fold(value)
    return as_moment(value) if isinstance(value, datetime.date) else value
