"""Pure: compares one value of an entity with the values in a query's text, by the type of the value.

Text compares without regard to case, ids exactly, numbers as numbers, datetimes as moments in UTC, and each custom
attribute value by its own JSON type. As in SQL, a comparison with null is neither true nor false, so neither the
comparison nor its negation finds the entity.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import Grouping

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.nodes import Operator, Scalar
from ftrack_orm.schema.attribute import ValueType
from ftrack_orm.wire.codec import UTC, parse_datetime

_COMPARE: dict[Operator, Callable[[Any, Any], sa.ColumnElement[bool]]] = {
    Operator.IS: lambda left, right: left == right,
    Operator.IS_NOT: lambda left, right: left != right,
    Operator.LESS: lambda left, right: left < right,
    Operator.LESS_OR_EQUAL: lambda left, right: left <= right,
    Operator.GREATER: lambda left, right: left > right,
    Operator.GREATER_OR_EQUAL: lambda left, right: left >= right,
}

#: The number of conditions joined at one level of parentheses.
_CONDITIONS_PER_GROUP = 50

_NEGATIVE = {Operator.IS_NOT: Operator.IS, Operator.NOT_LIKE: Operator.LIKE}
_LIKE = (Operator.LIKE, Operator.NOT_LIKE)
#: The largest integer SQLite stores; it treats larger ones as floating-point numbers.
_MAX_INTEGER = 2**63 - 1

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")


def compare(
    value: sa.ColumnElement[Any], value_type: ValueType | None, operator: Operator, operand: Scalar, name: str
) -> sa.ColumnElement[bool]:
    """Return the condition `value operator operand`; *name* is the attribute's name for errors.

    Raises `QueryError` when the operand cannot be read as the value's type, or the type does not support the operator.
    """
    if operand is None:
        return _compare_with_null(value, value_type, operator, name)
    if value_type is ValueType.ANY:
        return _compare_any(value, operator, operand)
    if value_type is ValueType.OBJECT:
        raise QueryError(f"{name} holds objects, which can only be compared with none.")
    if operator in _LIKE:
        return _like(_as_text(value, value_type), operator, operand)
    if value_type is ValueType.DATETIME:
        return _compare_datetime(value, operator, operand, name)
    if value_type is ValueType.BOOLEAN and operator not in (Operator.IS, Operator.IS_NOT):
        raise QueryError(f"{name} is true or false and has no order, so {operator.value} cannot be used with it.")
    return _COMPARE[operator](value, _operand(operand, value_type, name))


def is_among(
    value: sa.ColumnElement[Any], value_type: ValueType | None, operands: Sequence[Scalar], name: str
) -> sa.ColumnElement[bool]:
    """Return the condition that the value is one of *operands*: any number of values, null included.

    Raises `QueryError` as `compare` does.
    """
    present = [operand for operand in operands if operand is not None]
    alternatives: list[sa.ColumnElement[bool]] = [value.is_(None)] if len(present) < len(operands) else []
    if value_type in (ValueType.ANY, ValueType.OBJECT, ValueType.DATETIME):
        alternatives.extend(compare(value, value_type, Operator.IS, operand, name) for operand in present)
    elif present:
        plain = json.dumps([_operand(operand, value_type, name) for operand in present])
        # One parameter for all values: SQLite limits the parameters of a statement to far fewer than a query may list.
        listed = sa.select(sa.func.json_each(plain).table_valued("value").c.value)
        alternatives.append(value.in_(listed))
    return any_of(alternatives)


class _Parentheses(Grouping[bool]):
    """Parentheses that are kept: SQLAlchemy drops those around operands of the same operator."""

    inherit_cache = True
    operator = None


def all_of(conditions: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """Return the condition that all of any number of *conditions* hold."""
    return sa.and_(sa.true(), *_nest(conditions, sa.and_))


def any_of(conditions: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """Return the condition that at least one of any number of *conditions* holds."""
    return sa.or_(sa.false(), *_nest(conditions, sa.or_))


def _nest(
    conditions: Sequence[sa.ColumnElement[bool]], join: Callable[..., sa.ColumnElement[bool]]
) -> Sequence[sa.ColumnElement[bool]]:
    """Group many conditions into nested parentheses.

    SQLite parses `a or b or c` as a tree that is one level deeper for each operand and allows a thousand levels, while
    clients ask for the values of hundreds of entities with one condition each.
    """
    while len(conditions) > _CONDITIONS_PER_GROUP:
        conditions = [
            _Parentheses(join(*conditions[start : start + _CONDITIONS_PER_GROUP]))
            for start in range(0, len(conditions), _CONDITIONS_PER_GROUP)
        ]
    return conditions


def _compare_with_null(
    value: sa.ColumnElement[Any], value_type: ValueType | None, operator: Operator, name: str
) -> sa.ColumnElement[bool]:
    missing: sa.ColumnElement[bool] = value.is_(None)
    if value_type is ValueType.ANY:
        missing = sa.or_(missing, sa.func.json_type(value) == "null")
    if operator is Operator.IS:
        return missing
    if operator is Operator.IS_NOT:
        return sa.not_(missing)
    raise QueryError(f"{name} {operator.value} none is not possible: compare with none by 'is' or 'is_not' only.")


def _operand(operand: Scalar, value_type: ValueType | None, name: str) -> Any:
    """Convert an operand from the query's text to the attribute's type."""
    if value_type is ValueType.BOOLEAN:
        truth = {"true": True, "false": False, "1": True, "0": False}.get(str(operand).lower())
        if truth is None:
            raise QueryError(f"{name} is true or false, and was compared with {operand!r}.")
        return truth
    if value_type in (ValueType.INTEGER, ValueType.NUMBER):
        number = _number(operand)
        if number is None:
            raise QueryError(f"{name} is a number, and was compared with {operand!r}.")
        return number
    return _text(operand)


def _text(operand: Scalar) -> str:
    return str(operand).lower() if isinstance(operand, bool) else str(operand)


def _number(operand: Scalar) -> int | float | None:
    """Return an operand as a number, or None; true and false count as 1 and 0, as in the server's database."""
    if operand is None:
        return None
    try:
        number = int(operand) if isinstance(operand, int) and abs(operand) <= _MAX_INTEGER else float(operand)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _as_text(value: sa.ColumnElement[Any], value_type: ValueType | None) -> sa.ColumnElement[Any]:
    return value if value_type in (ValueType.TEXT, ValueType.DATETIME) else sa.cast(value, sa.Text)


def _like(value: sa.ColumnElement[Any], operator: Operator, operand: Scalar) -> sa.ColumnElement[bool]:
    pattern = _pattern(_text(operand))
    condition = value.like(pattern, escape="\\")
    return sa.not_(condition) if operator is Operator.NOT_LIKE else condition


def _pattern(pattern: str) -> str:
    """Convert a pattern of the query language to SQL's: `%` matches any text, a backslash escapes `%` and itself."""
    pieces = re.split(r"(\\\\|\\%|%)", pattern)
    return "".join(
        piece if piece in ("%", "\\%", "\\\\") else piece.replace("\\", "\\\\").replace("_", "\\_") for piece in pieces
    )


# -- datetimes ----------------------------------------------------------------------------------------------------


def _compare_datetime(
    value: sa.ColumnElement[Any], operator: Operator, operand: Scalar, name: str
) -> sa.ColumnElement[bool]:
    """Compare with a datetime, or with a day: `is` means within that day, and an order compares with its midnight.

    MySQL compares a date with a datetime as that day's midnight, so `> 2018-05-25` holds from its first second on.
    Public clients use `Note where date is "2018-05-25"` for the whole day.
    """
    text = _text(operand)
    try:
        start = parse_datetime(text)
    except (ValueError, OverflowError):
        raise QueryError(
            f"{name} is a datetime, and was compared with {operand!r}. Write it as 2018-05-25 or 2018-05-25T10:00:00."
        ) from None
    if _DAY.match(text) and operator in (Operator.IS, Operator.IS_NOT):
        # The last second, since the last day of the calendar has no day after it. Stored times have whole seconds.
        end = start + datetime.timedelta(days=1, seconds=-1)
        within = sa.and_(value >= _datetime_text(start), value <= _datetime_text(end))
        return within if operator is Operator.IS else sa.not_(within)
    return _COMPARE[operator](value, _datetime_text(start))


def _datetime_text(value: datetime.datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat()


# -- custom attribute values --------------------------------------------------------------------------------------


def _compare_any(value: sa.ColumnElement[Any], operator: Operator, operand: Scalar) -> sa.ColumnElement[bool]:
    """Compare a JSON value by its own type: numbers with numbers, text with text, a list by any of its items.

    A negative operator is the negation of the positive one, so that `is_not` holds for a list without the item.
    """
    if operator in _NEGATIVE:
        return sa.not_(_compare_any(value, _NEGATIVE[operator], operand))
    # json_each yields a plain value as itself, a list item by item, and the parts of a typed datetime with their keys.
    item = sa.func.json_each(value).table_valued("key", "value", "type").alias()
    # Only objects have text keys, and typed datetimes are the only objects among the values.
    is_in_object = sa.func.typeof(item.c.key) == "text"
    text = sa.and_(item.c.type == "text", sa.not_(is_in_object), _any_text(item, operator, operand))
    in_datetime = sa.and_(item.c.key == "value", _any_datetime(item, operator, operand))
    alternatives: list[sa.ColumnElement[bool]] = [text, in_datetime]
    number = None if operator is Operator.LIKE else _number(operand)
    if isinstance(operand, bool):
        alternatives = []
        if operator is not Operator.LIKE:
            is_truth = item.c.type.in_(("true", "false"))
            alternatives.append(sa.and_(is_truth, _COMPARE[operator](item.c.value, int(operand))))
    elif number is not None:
        alternatives.append(sa.and_(item.c.type.in_(("integer", "real")), _COMPARE[operator](item.c.value, number)))
    rows = sa.select(sa.literal(1)).select_from(item).where(sa.or_(sa.false(), *alternatives))
    # Without an `else` the case is null where the value is missing, so neither the comparison nor its negation holds.
    return sa.case((value.is_not(None), sa.exists(rows.correlate_except(item))))


def _any_text(item: Any, operator: Operator, operand: Scalar) -> sa.ColumnElement[bool]:
    text = sa.cast(item.c.value, sa.Text).collate("NOCASE")
    if operator is Operator.LIKE:
        return _like(text, operator, operand)
    return _COMPARE[operator](text, _text(operand))


def _any_datetime(item: Any, operator: Operator, operand: Scalar) -> sa.ColumnElement[bool]:
    """Compare the text of a typed datetime, as a datetime if the operand is one, else as text."""
    if operator is not Operator.LIKE:
        try:
            return _compare_datetime(sa.cast(item.c.value, sa.Text), operator, operand, "value")
        except QueryError:
            pass
    return _any_text(item, operator, operand)
