"""Pure: coercion of values to scalar attributes: each value is checked and brought into one form."""

from __future__ import annotations

import datetime
import math
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ftrack_orm.errors import InvalidValue, suggestion
from ftrack_orm.schema.attribute import Attribute, ValueType
from ftrack_orm.values import NOT_ENCODABLE, unencodable_text


def coerce(entity_type: str, attribute: Attribute, value: Any) -> Any:
    """Return *value* in the form the scalar *attribute* keeps: datetimes in UTC and whole seconds, ids as text.

    Other values are returned unchanged.

    Raises `InvalidValue`, naming entity type, attribute and value, when the attribute cannot hold a value of that type,
    and for text that cannot be encoded as UTF-8. None always fits: the server decides whether an attribute may be
    empty.
    """
    python_type = type(value)
    if attribute.value_type in _FITTING_UNCHANGED.get(python_type, ()) and not attribute.enumeration:
        # Only text and floats can be refused although they have the right type.
        if python_type is str:
            if value.isascii():
                return value
        elif python_type is not float or math.isfinite(value):
            return value
    if value is None or attribute.value_type is None:
        return value
    coerce_to_type = _COERCIONS[attribute.value_type]
    try:
        value = coerce_to_type(value)
    except _Misfit as misfit:
        raise InvalidValue(
            f"{entity_type}.{attribute.name} holds {misfit}, not {value!r:.200} ({type(value).__name__}).",
            entity_type=entity_type,
            attribute=attribute.name,
        ) from None
    if attribute.enumeration and value not in attribute.enumeration:
        allowed = ", ".join(map(repr, attribute.enumeration))
        raise InvalidValue(
            f"{entity_type}.{attribute.name} is one of {allowed}, not {value!r:.200}."
            f"{suggestion(str(value), attribute.enumeration)}",
            entity_type=entity_type,
            attribute=attribute.name,
        )
    check_encodable(value, f"{entity_type}.{attribute.name}", entity_type, attribute.name)
    return value


def check_encodable(value: Any, label: str, entity_type: str, attribute: str) -> None:
    """Raise `InvalidValue` if *value*, or a text in it, cannot be encoded as UTF-8; *label* names the attribute."""
    text = unencodable_text(value)
    if text is not None:
        raise InvalidValue(
            f"{label} cannot hold {text!r:.200}, which {NOT_ENCODABLE}", entity_type=entity_type, attribute=attribute
        )


#: The value types that hold values of exactly these Python types without coercion. Nearly all values that are set have
#: one of these types.
_FITTING_UNCHANGED: Mapping[type, tuple[ValueType, ...]] = {
    str: (ValueType.TEXT, ValueType.ANY),
    bool: (ValueType.BOOLEAN, ValueType.ANY),
    int: (ValueType.INTEGER, ValueType.NUMBER, ValueType.ANY),
    float: (ValueType.NUMBER,),  # if it is finite
}


class _Misfit(Exception):
    """The value does not fit; the text describes the values that do."""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, uuid.UUID):
        return str(value)
    raise _Misfit("text")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _Misfit("True or False")


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _Misfit("a whole number")


def _number(value: Any) -> int | float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise _Misfit("a finite number")


def _datetime(value: Any) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise _Misfit(
                "a datetime with a timezone (datetime.now(timezone.utc), or value.astimezone() if it is local)"
            )
        # Servers store whole seconds, although some send back the fraction at first (PROTOCOL 8.1).
        return value.astimezone(datetime.timezone.utc).replace(microsecond=0)
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.timezone.utc)
    raise _Misfit("a datetime with a timezone, or a date (its start in UTC)")


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise _Misfit("a JSON object")


def _any(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return _datetime(value)
    if isinstance(value, (str, int, float, bool, list, tuple, Mapping, datetime.date)):
        return value
    raise _Misfit("text, a number, a boolean, a date or a list")


_COERCIONS: Mapping[ValueType, Callable[[Any], Any]] = {
    ValueType.TEXT: _text,
    ValueType.BOOLEAN: _boolean,
    ValueType.INTEGER: _integer,
    ValueType.NUMBER: _number,
    ValueType.DATETIME: _datetime,
    ValueType.OBJECT: _object,
    ValueType.ANY: _any,
}
