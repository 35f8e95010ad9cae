"""Pure: coercion of values to scalar attributes: each value is checked and brought into one form."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from typing import Any

from ftrack_orm.errors import InvalidValue, suggestion
from ftrack_orm.schema.attribute import Attribute, ValueType
from ftrack_orm.values import NOT_ENCODABLE, unencodable_text, utc


def coerce(entity_type: str, attribute: Attribute, value: Any) -> Any:
    """Return *value* in the form the scalar *attribute* keeps: datetimes in UTC and whole seconds, ids as text.

    Values of other libraries are converted to Python's own types where they have one meaning (`native_value`). Other
    values are returned unchanged.

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
    given = value
    if python_type not in _NATIVE_TYPES:
        # Imported here, because most programs set values of Python's own types only.
        from ftrack_orm.foreign_values import native_value

        value = native_value(value)
    try:
        value = coerce_to_type(value)
    except _Misfit as misfit:
        raise _misfit_error(entity_type, attribute, given, misfit) from None
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


def _misfit_error(entity_type: str, attribute: Attribute, value: Any, misfit: _Misfit) -> InvalidValue:
    from ftrack_orm.foreign_values import advice_for

    assert attribute.value_type is not None, "without a type every value fits"
    advice = advice_for(value, attribute.value_type.value)
    return InvalidValue(
        f"{entity_type}.{attribute.name} holds {misfit}, not {value!r:.200} ({type(value).__name__})"
        f"{misfit.reason}.{advice}",
        entity_type=entity_type,
        attribute=attribute.name,
    )


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


#: The types of values that need no conversion to Python's own types.
_NATIVE_TYPES = frozenset({str, bool, int, float, datetime.datetime, datetime.date, dict, list, tuple})


class _Misfit(Exception):
    """The value does not fit; the text describes the values that do. *reason* continues a sentence about the value."""

    def __init__(self, wanted: str, reason: str = "") -> None:
        super().__init__(wanted)
        self.reason = reason


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
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
    # An integer of hundreds of digits is finite, but too large for `isfinite`.
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        return value
    raise _Misfit("a finite number")


def _datetime(value: Any) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        try:
            moment = utc(value)
        except ValueError as error:
            raise _Misfit("a datetime with a timezone", f", which {error}") from None
        # Servers store whole seconds, although some send back the fraction at first (PROTOCOL 8.1).
        return moment.replace(microsecond=0)
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.timezone.utc)
    raise _Misfit("a datetime with a timezone, or a date (its start in UTC)")


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        from ftrack_orm.foreign_values import native_values

        return dict(native_values(value))
    raise _Misfit("a JSON object")


def _any(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return _datetime(value)
    if isinstance(value, (str, int, bool, datetime.date)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    from ftrack_orm.foreign_values import listed, native_values

    items = listed(value)
    if items is not None or isinstance(value, Mapping):
        return native_values(value)
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
