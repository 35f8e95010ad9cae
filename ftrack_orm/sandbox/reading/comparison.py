"""Pure: comparing one value of an entity with the values a query's text holds, by the type of the value.

Text compares without regard to case, ids exactly, numbers as numbers, datetimes as moments in UTC, custom attribute
values by what each of them is. As in SQL, a comparison with a missing value is neither true nor false, so neither it
nor its negation finds the entity.
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

_ORDER: dict[Operator, Callable[[Any, Any], sa.ColumnElement[bool]]] = {
    Operator.IS: lambda left, right: left == right,
    Operator.IS_NOT: lambda left, right: left != right,
    Operator.LESS: lambda left, right: left < right,
    Operator.LESS_OR_EQUAL: lambda left, right: left <= right,
    Operator.GREATER: lambda left, right: left > right,
    Operator.GREATER_OR_EQUAL: lambda left, right: left >= right,
}

#: How many conditions are joined at one level of parentheses.
_GROUP = 50

_NEGATIVE = {Operator.IS_NOT: Operator.IS, Operator.NOT_LIKE: Operator.LIKE}
_LIKE = (Operator.LIKE, Operator.NOT_LIKE)
#: The largest whole number SQLite keeps; it takes larger ones for decimals.
_LARGEST = 2**63 - 1

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")


def compare(
    value: sa.ColumnElement[Any], value_type: ValueType | None, operator: Operator, operand: Scalar, name: str
) -> sa.ColumnElement[bool]:
    """Return the condition `value operator operand`; *name* is what errors call the value.

    Raises `QueryError` when the operand cannot be read as the value's type, or the operator does not go with it.
    """
    if operand is None:
        return _compare_with_none(value, value_type, operator, name)
    if value_type is ValueType.ANY:
        return _compare_any(value, operator, operand)
    if value_type is ValueType.OBJECT:
        raise QueryError(f"{name} holds objects, which can only be compared with none.")
    if operator in _LIKE:
        return _like(_as_text(value, value_type), operator, operand)
    if value_type is ValueType.DATETIME:
        return _compare_moment(value, operator, operand, name)
    if value_type is ValueType.BOOLEAN and operator not in (Operator.IS, Operator.IS_NOT):
        raise QueryError(f"{name} is true or false and has no order, so {operator.value} cannot be used with it.")
    return _ORDER[operator](value, _operand(operand, value_type, name))


def is_among(
    value: sa.ColumnElement[Any], value_type: ValueType | None, operands: Sequence[Scalar], name: str
) -> sa.ColumnElement[bool]:
    """Return whether the value is one of *operands*, which may be any number and may include none.

    Raises `QueryError` as `compare` does.
    """
    present = [operand for operand in operands if operand is not None]
    alternatives: list[sa.ColumnElement[bool]] = [value.is_(None)] if len(present) < len(operands) else []
    if value_type in (ValueType.ANY, ValueType.OBJECT, ValueType.DATETIME):
        alternatives.extend(compare(value, value_type, Operator.IS, operand, name) for operand in present)
    elif present:
        plain = json.dumps([_operand(operand, value_type, name) for operand in present])
        # One parameter however many values: a statement has room for far fewer than a query may list.
        listed = sa.select(sa.func.json_each(plain).table_valued("value").c.value)
        alternatives.append(value.in_(listed))
    return any_of(alternatives)


class _Parentheses(Grouping[bool]):
    """Parentheses that stay: SQLAlchemy takes away those around operands of the operator they stand among."""

    inherit_cache = True
    operator = None


def all_of(conditions: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """Return whether all of any number of conditions hold."""
    return sa.and_(sa.true(), *_grouped(conditions, sa.and_))


def any_of(conditions: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """Return whether at least one of any number of conditions holds."""
    return sa.or_(sa.false(), *_grouped(conditions, sa.or_))


def _grouped(
    conditions: Sequence[sa.ColumnElement[bool]], join: Callable[..., sa.ColumnElement[bool]]
) -> Sequence[sa.ColumnElement[bool]]:
    """Put many conditions into nested parentheses.

    SQLite reads `a or b or c` as a tree one level deeper for each operand and allows a thousand levels, while clients
    ask for the values of hundreds of entities by one condition each.
    """
    while len(conditions) > _GROUP:
        conditions = [
            _Parentheses(join(*conditions[start : start + _GROUP])) for start in range(0, len(conditions), _GROUP)
        ]
    return conditions


def _compare_with_none(
    value: sa.ColumnElement[Any], value_type: ValueType | None, operator: Operator, name: str
) -> sa.ColumnElement[bool]:
    missing: sa.ColumnElement[bool] = value.is_(None)
    if value_type is ValueType.ANY:
        missing = sa.or_(missing, sa.func.json_type(value) == "null")
    if operator is Operator.IS:
        return missing
    if operator is Operator.IS_NOT:
        return sa.not_(missing)
    raise QueryError(f"{name} {operator.value} none makes no sense: none can be compared with 'is' and 'is_not' only.")


def _operand(operand: Scalar, value_type: ValueType | None, name: str) -> Any:
    """Return what the query's text says as a value of the attribute's type."""
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
    """Return the number an operand reads as; true and false count as 1 and 0, as they do for the server's database."""
    if operand is None:
        return None
    try:
        number = int(operand) if isinstance(operand, int) and abs(operand) <= _LARGEST else float(operand)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _as_text(value: sa.ColumnElement[Any], value_type: ValueType | None) -> sa.ColumnElement[Any]:
    return value if value_type in (ValueType.TEXT, ValueType.DATETIME) else sa.cast(value, sa.Text)


def _like(value: sa.ColumnElement[Any], operator: Operator, operand: Scalar) -> sa.ColumnElement[bool]:
    pattern = _pattern(_text(operand))
    found = value.like(pattern, escape="\\")
    return sa.not_(found) if operator is Operator.NOT_LIKE else found


def _pattern(pattern: str) -> str:
    r"""Return a pattern of the query language as SQL's: `%` is any run, `\%` and `\\` what follows, the rest itself."""
    pieces = re.split(r"(\\\\|\\%|%)", pattern)
    return "".join(
        piece if piece in ("%", "\\%", "\\\\") else piece.replace("\\", "\\\\").replace("_", "\\_") for piece in pieces
    )


# -- datetimes ----------------------------------------------------------------------------------------------------


def _compare_moment(
    value: sa.ColumnElement[Any], operator: Operator, operand: Scalar, name: str
) -> sa.ColumnElement[bool]:
    """Compare with a moment, or with a day: `is` means within that day, and an order compares with its midnight.

    MySQL compares a date with a datetime as that day's midnight, so `> 2018-05-25` holds from its first second on. That
    `is` means the whole day is what public clients intend with `Note where date is "2018-05-25"`.
    """
    text = _text(operand)
    try:
        moment = parse_datetime(text)
        end = moment + datetime.timedelta(days=1)
    except (ValueError, OverflowError):
        raise QueryError(
            f"{name} is a datetime, and was compared with {operand!r}. Write it as 2018-05-25 or 2018-05-25T10:00:00."
        ) from None
    if _DAY.match(text) and operator in (Operator.IS, Operator.IS_NOT):
        within = sa.and_(value >= _moment_text(moment), value < _moment_text(end))
        return within if operator is Operator.IS else sa.not_(within)
    return _ORDER[operator](value, _moment_text(moment))


def _moment_text(moment: datetime.datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


# -- custom attribute values --------------------------------------------------------------------------------------


def _compare_any(value: sa.ColumnElement[Any], operator: Operator, operand: Scalar) -> sa.ColumnElement[bool]:
    """Compare a JSON value by what it is: numbers with numbers, text with text; a list when one of its items compares.

    A negative operator is the negation of the positive one, so that `is_not` holds for a list without the item.
    """
    if operator in _NEGATIVE:
        return sa.not_(_compare_any(value, _NEGATIVE[operator], operand))
    # json_each gives a plain value as itself and a list item by item; a typed datetime's parts are told by their keys.
    item = sa.func.json_each(value).table_valued("key", "value", "type").alias()
    # Only objects have keys of text, and the only objects that are values are typed datetimes.
    in_object = sa.func.typeof(item.c.key) == "text"
    text = sa.and_(item.c.type == "text", sa.not_(in_object), _any_text(item, operator, operand))
    moment = sa.and_(item.c.key == "value", _any_moment(item, operator, operand))
    alternatives: list[sa.ColumnElement[bool]] = [text, moment]
    number = None if operator is Operator.LIKE else _number(operand)
    if isinstance(operand, bool):
        alternatives = []
        if operator is not Operator.LIKE:
            is_truth = item.c.type.in_(("true", "false"))
            alternatives.append(sa.and_(is_truth, _ORDER[operator](item.c.value, int(operand))))
    elif number is not None:
        alternatives.append(sa.and_(item.c.type.in_(("integer", "real")), _ORDER[operator](item.c.value, number)))
    rows = sa.select(sa.literal(1)).select_from(item).where(sa.or_(sa.false(), *alternatives))
    # Without an `else` the case is null where the value is missing: then nothing compares, whichever way it is asked.
    return sa.case((value.is_not(None), sa.exists(rows.correlate_except(item))))


def _any_text(item: Any, operator: Operator, operand: Scalar) -> sa.ColumnElement[bool]:
    text = sa.cast(item.c.value, sa.Text).collate("NOCASE")
    if operator is Operator.LIKE:
        return _like(text, operator, operand)
    return _ORDER[operator](text, _text(operand))


def _any_moment(item: Any, operator: Operator, operand: Scalar) -> sa.ColumnElement[bool]:
    """Compare the text of a typed datetime: as a moment with what reads as one, else as text."""
    if operator is not Operator.LIKE:
        try:
            return _compare_moment(sa.cast(item.c.value, sa.Text), operator, operand, "value")
        except QueryError:
            pass
    return _any_text(item, operator, operand)
