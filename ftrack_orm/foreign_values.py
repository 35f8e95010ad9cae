"""Pure: converts values of other libraries to Python's own types, and advises how to write those that are refused.

The libraries are not imported: their values are recognised by the classes and protocols of the standard library.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import math
import numbers
import operator
import os
import uuid
from collections.abc import Callable, KeysView, Mapping, ValuesView
from typing import Any, Final, TypeAlias

#: The types that are kept as they are. Members of enumerations and other instances of their subclasses are converted.
_NATIVE: Final = frozenset({str, int, float, bool, type(None), datetime.datetime, datetime.date})
_UTC: Final = "tzinfo=datetime.timezone.utc"


def native_value(value: Any) -> Any:
    """Return the value of Python's own types that *value* means, or *value* itself if it does not mean exactly one.

    Instances of subclasses of `str`, `int`, `float`, `datetime` and `date` become plain ones: members of enumerations
    among them, `numpy.float64`, `pandas.Timestamp`. Numbers of `numpy`, `decimal` and `fractions` become an `int` if
    they are whole by their type or their exact value, otherwise the nearest `float`. An object with a `datetime`
    property, such as `arrow.Arrow`, becomes that datetime. `uuid.UUID` and paths become text.
    """
    kind = type(value)
    if kind in _NATIVE or hasattr(kind, "__reference__"):
        # An entity is never read: an attribute of it might have to be requested.
        return value
    if isinstance(value, str):
        # Not str(value), which is the name of the member for an enumeration.
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, datetime.date):
        return value if is_missing(value) else _native_date(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, os.PathLike):
        path = os.fspath(value)
        return path if type(path) is str else value
    if isinstance(value, (numbers.Number, decimal.Decimal)):
        return _native_number(value)
    if isinstance(getattr(kind, "datetime", None), property) and isinstance(value.datetime, datetime.datetime):
        return native_value(value.datetime)
    if hasattr(kind, "dtype") and getattr(value, "shape", None) == ():
        return _native_scalar(value)
    return value


def native_values(value: Any) -> Any:
    """Return *value* with `native_value` applied at any depth of mappings, lists, tuples, sets and arrays."""
    if isinstance(value, Mapping):
        return {native_value(key): native_values(item) for key, item in value.items()}
    items = listed(value)
    return native_value(value) if items is None else [native_values(item) for item in items]


def listed(value: Any) -> list[Any] | None:
    """Return the items of a list, tuple, set, array or view of a dict as a list, None for any other value.

    An iterator is no list: it can be read only once, and a value may be checked twice.
    """
    if isinstance(value, (list, tuple, KeysView, ValuesView)):
        return list(value)
    if isinstance(value, (set, frozenset)):
        # A set has no order, but the same set has to become the same list.
        return sorted(value, key=lambda item: (type(item).__name__, str(item)))
    if hasattr(type(value), "tolist") and getattr(value, "shape", None) != ():
        return list(value)
    return None


def _native_date(value: datetime.date) -> datetime.date:
    if not isinstance(value, datetime.datetime):
        return datetime.date(value.year, value.month, value.day)
    time = (value.hour, value.minute, value.second, value.microsecond)
    return datetime.datetime(value.year, value.month, value.day, *time, value.tzinfo, fold=value.fold)


def _native_number(value: Any) -> Any:
    if isinstance(value, numbers.Integral):
        try:
            return operator.index(value)
        except TypeError:  # a duration of numpy, which is an integer by its class
            return value
    if isinstance(value, numbers.Complex) and not isinstance(value, numbers.Real):
        return value
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return value
    if not math.isfinite(number):
        # Not a number, infinite, or too large: the caller refuses it.
        return value
    is_exact = isinstance(value, (decimal.Decimal, numbers.Rational))
    return int(value) if is_exact and value == int(value) else number


def _native_scalar(value: Any) -> Any:
    """Return the value of a scalar of `numpy`, or of an array without dimensions, that is no number by its class."""
    kind = getattr(value.dtype, "kind", None)
    if kind == "b":
        return bool(value)
    if kind in ("i", "u", "f", "U"):
        return native_value(value.item())
    # A day is a date. Other units have no timezone, as a naive datetime.
    day = value.item() if kind == "M" and str(value.dtype) == "datetime64[D]" else None
    return value if day is None else day


def is_missing(value: Any) -> bool:
    """Return whether *value* stands for a missing one by not being equal to itself: NaN, `pandas.NaT`, `pandas.NA`."""
    try:
        return bool(value != value)
    except (TypeError, ArithmeticError):  # NA, which has no truth value, and a signaling NaN
        return True
    except Exception:  # an array, or any other object that cannot be compared
        return False


# -- advice -----------------------------------------------------------------------------------------------------------


def advice_for(value: Any, value_type: str) -> str:
    """Return a sentence with the expression to write instead of *value*, which was refused, or an empty text.

    *value_type* is the type of the attribute, by the names of `schema.attribute.ValueType`. The expression has been
    evaluated: its value fits the attribute.
    """
    if value_type not in _FITS:
        return ""
    if is_missing(value):
        return " Write None, which empties the attribute."
    fits = _FITS[value_type]
    for expression, applies, evaluate in _GENERAL_CONVERSIONS if value_type == "any" else _CONVERSIONS:
        try:
            if applies(value) and fits(native_value(evaluate(value))):
                return f" Write {expression}."
        except Exception:
            # The code of another library; another expression may fit.
            continue
    return ""


def _is_moment(value: Any) -> bool:
    if isinstance(value, datetime.datetime):
        # Raises an error outside of the calendar in UTC.
        return value.utcoffset() is not None and bool(value.astimezone(datetime.timezone.utc))
    return isinstance(value, datetime.date)


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


#: Type of an attribute -> whether it holds a native value.
_FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "text": lambda value: type(value) is str,
    "boolean": lambda value: type(value) is bool,
    "integer": lambda value: type(value) is int,
    "number": _is_number,
    "datetime": _is_moment,
    "any": lambda value: type(value) in (str, bool) or _is_number(value) or _is_moment(value),
}


def _of(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


def _in_unit(kind: str) -> Callable[[Any], bool]:
    """Return the test for the datetimes (`M`) or durations (`m`) of `numpy`."""
    return lambda value: getattr(getattr(value, "dtype", None), "kind", None) == kind


def _flag(value: Any) -> bool:
    if value not in (0, 1):
        raise ValueError(value)
    return bool(value)


def _whole_number(value: Any) -> int:
    whole = int(value)
    if not isinstance(value, str) and whole != value:
        raise ValueError(value)
    return whole


#: Seconds since 1970 that are taken for a moment: those of the years 1973 to 5138. Smaller numbers may be frames.
_TIMESTAMPS: Final = (1e8, 1e11)

#: An expression in terms of `value`, whether it applies, and its evaluation.
_Conversion: TypeAlias = "tuple[str, Callable[[Any], bool], Callable[[Any], Any]]"

#: The first one whose value fits is advised. These are right for an attribute of any type.
_GENERAL_CONVERSIONS: Final[tuple[_Conversion, ...]] = (
    ("value.value", _of(enum.Enum), lambda value: value.value),
    (
        "value.id",
        lambda value: hasattr(type(value), "__reference__"),
        lambda value: dict(value.__reference__().key)["id"],
    ),
    ("value.decode()", _of(bytes, bytearray), lambda value: value.decode()),
    ("os.fsdecode(value)", _of(os.PathLike), os.fsdecode),
    ("value.total_seconds()", _of(datetime.timedelta), lambda value: value.total_seconds()),
    ("round(value.total_seconds())", _of(datetime.timedelta), lambda value: round(value.total_seconds())),
    ("value.item().total_seconds()", _in_unit("m"), lambda value: value.item().total_seconds()),
    (
        f"value.astype('datetime64[s]').item().replace({_UTC})",
        _in_unit("M"),
        lambda value: value.astype("datetime64[s]").item().replace(tzinfo=datetime.timezone.utc),
    ),
    (
        f"value.replace({_UTC}) if it is UTC, or value.astimezone() if it is local time",
        # The first and the last day have no local time everywhere, and a naive `pandas.Timestamp` has none.
        lambda value: value.utcoffset() is None and bool(value.astimezone()),
        lambda value: value.replace(tzinfo=datetime.timezone.utc),
    ),
    (
        f"value.replace({_UTC})",
        lambda value: value.utcoffset() is None,
        lambda value: value.replace(tzinfo=datetime.timezone.utc),
    ),
    ("value.item()", lambda value: hasattr(type(value), "item"), lambda value: value.item()),
)
#: Those that are right only for an attribute whose type is known.
_CONVERSIONS: Final[tuple[_Conversion, ...]] = (
    *_GENERAL_CONVERSIONS,
    ("bool(value)", _of(int, float), _flag),
    ("int(value)", _of(str, numbers.Real), _whole_number),
    ("round(value)", _of(numbers.Real, decimal.Decimal), round),
    ("float(value)", _of(str), float),
    ("datetime.date.fromisoformat(value)", _of(str), datetime.date.fromisoformat),
    ("datetime.datetime.fromisoformat(value)", _of(str), datetime.datetime.fromisoformat),
    (
        f"datetime.datetime.fromisoformat(value).replace({_UTC})",
        _of(str),
        lambda value: datetime.datetime.fromisoformat(value).replace(tzinfo=datetime.timezone.utc),
    ),
    (
        "datetime.datetime.fromtimestamp(value, datetime.timezone.utc)",
        lambda value: _TIMESTAMPS[0] < value < _TIMESTAMPS[1],
        lambda value: datetime.datetime.fromtimestamp(value, datetime.timezone.utc),
    ),
    ("value.isoformat()", _of(datetime.date, datetime.time), lambda value: value.isoformat()),
    ("str(value)", _of(int, float, decimal.Decimal, numbers.Number), str),
)
