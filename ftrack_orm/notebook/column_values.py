"""Pure: the values of a column in the one Python type that its type of column stands for."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.entities.reading.plain_rows import plain_value
from ftrack_orm.errors import ProtocolError, quoted
from ftrack_orm.schema.attribute import ValueType

if TYPE_CHECKING:
    from .column_types import ColumnType

_WORDS: Final = {
    ValueType.BOOLEAN: "True or False",
    ValueType.INTEGER: "a whole number of 64 bits",
    ValueType.NUMBER: "a number",
    ValueType.DATETIME: "a datetime",
}

#: Value type -> the Python types whose values are taken as they are.
_PLAIN: Final = {
    ValueType.TEXT: str,
    ValueType.BOOLEAN: bool,
    ValueType.NUMBER: float,
    ValueType.DATETIME: datetime.datetime,
    ValueType.OBJECT: str,
    ValueType.ANY: str,
}


class _Unfit(Exception):
    """A value does not fit its type."""


def column_values(name: str, values: Sequence[Any], column_type: ColumnType) -> list[Any]:
    """Return *values* of the column *name* as text, bool, int, float, aware datetimes or JSON text, or lists of these.

    None stays. An empty text where another type is expected becomes None: servers send it for custom attributes that
    have neither a value nor a default. Raises `ProtocolError` for a value that does not fit.
    """
    convert = _CONVERSIONS[column_type.value]
    if column_type.value in _WORDS:
        values = [None if value == "" else value for value in values]
    try:
        if column_type.is_list:
            return [
                None if value is None else [None if item is None else convert(item) for item in _items(value)]
                for value in values
            ]
        if set(map(type, values)) <= {_PLAIN.get(column_type.value), type(None)}:
            return list(values)
        return [None if value is None else convert(value) for value in values]
    except _Unfit as error:
        raise ProtocolError(
            f"The server sent {error} in the column {name!r}, where {_WORDS[column_type.value]} was expected. "
            "query.rows() returns such values as they are."
        ) from None


def _items(value: Any) -> Sequence[Any]:
    """Return the values in *value*; a custom attribute with one option may be sent without a list."""
    return value if isinstance(value, (tuple, list)) else [value]


def _text(value: Any) -> str:
    """Return text as it is, and another value as JSON."""
    return value if isinstance(value, str) else json.dumps(plain_value(value), ensure_ascii=False)


def _boolean(value: Any) -> bool:
    if value in (0, 1):
        return bool(value)
    raise _Unfit(quoted(value))


def _integer(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise _Unfit(quoted(value))
    return int(value)


def _number(value: Any) -> float:
    try:
        if isinstance(value, (int, float)):
            return float(value)
    except OverflowError:
        pass
    raise _Unfit(quoted(value))


def _moment(value: Any) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc)
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.timezone.utc)
    raise _Unfit(quoted(value))


_CONVERSIONS: Final[dict[ValueType, Callable[[Any], Any]]] = {
    ValueType.TEXT: _text,
    ValueType.BOOLEAN: _boolean,
    ValueType.INTEGER: _integer,
    ValueType.NUMBER: _number,
    ValueType.DATETIME: _moment,
    ValueType.OBJECT: _text,
    ValueType.ANY: _text,
}
