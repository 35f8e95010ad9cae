"""Pure: converts values and operands to normal forms, which Python compares and sorts as the server's database does.

The module `matching` states the rules.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.errors import QueryError

if TYPE_CHECKING:
    from ftrack_orm.query.language.nodes import Scalar

#: The type of values that may be of any type, such as those of custom attributes.
ANY: Final = "any"

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_UTC = datetime.timezone.utc
_LOWER_CASE = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def normalizer(value_type: str, exact: bool) -> Callable[[Any], Any]:
    """Return the function that converts values of *value_type* to their normal form; *exact* text keeps its case."""
    if value_type == "datetime":
        return as_moment
    if value_type == "boolean":
        return bool
    if value_type in ("integer", "number", ANY, "object"):
        return lambda value: _normalize_any(value, exact)
    return exact_text if exact else folded_text


def _normalize_any(value: Any, exact: bool) -> Any:
    if isinstance(value, str):
        return value if exact else fold(value)
    return as_moment(value) if isinstance(value, datetime.date) else value


def normalize_operand(operand: Scalar, value_type: str, label: str, exact: bool) -> Any:
    """Return the normal form of the operand of a comparison with a value of *value_type*, other than a datetime.

    *label* names the attribute. Raises `QueryError` when the operand cannot be read as the type.
    """
    if value_type == "boolean":
        boolean = _BOOLEANS.get(str(operand).lower())
        if boolean is None:
            raise QueryError(f"{label} is true or false, and was compared with {operand!r}.")
        return boolean
    if value_type in ("integer", "number"):
        number = as_number(operand)
        if number is None:
            raise QueryError(f"{label} is a number, and was compared with {operand!r}.")
        return number
    return exact_text(operand) if exact else folded_text(operand)


def sort_key(value: Any, value_type: str, label: str, *, exact: bool = False) -> tuple[int, Any]:
    """Return the key that sorts values as the server does: missing values first, then numbers, text and datetimes.

    *label* names the attribute. Raises `QueryError` for lists and objects, which have no order.
    """
    if value is None:
        return 0, None
    normal = normalizer(value_type, exact)(value)
    if isinstance(normal, (bool, int, float)):
        return 1, normal
    if isinstance(normal, str):
        return 2, normal
    if isinstance(normal, datetime.datetime):
        return 3, normal
    raise QueryError(f"{label} cannot be ordered by: {value!r} has no order.")


def as_moment(value: Any) -> datetime.datetime:
    """Return the moment of a datetime, a date or ISO 8601 text, which are in UTC unless they have an offset.

    Raises `ValueError` for text that is not a datetime, and `OverflowError` for years out of range in UTC.
    """
    if isinstance(value, str):
        # Python 3.10 does not read the Z that browsers write.
        value = datetime.datetime.fromisoformat(value[:-1] + "+00:00" if value.endswith(("Z", "z")) else value)
    elif not isinstance(value, datetime.datetime):
        if not isinstance(value, datetime.date):
            raise ValueError(f"{value!r} is not a datetime.")
        value = datetime.datetime.combine(value, datetime.time())
    moment: datetime.datetime = value
    return moment.replace(tzinfo=_UTC) if moment.utcoffset() is None else moment.astimezone(_UTC)


def as_number(operand: Scalar) -> int | float | None:
    """Return the finite number that *operand* is or that its text reads as, or None."""
    if isinstance(operand, int):
        return operand
    try:
        number = float(operand) if operand is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def fold(text: str) -> str:
    """Return *text* with its ASCII letters in lower case."""
    return text.lower() if text.isascii() else text.translate(_LOWER_CASE)


def literal_text(value: Any) -> str:
    """Return the text of a literal: booleans in lower case, as the language writes them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def exact_text(value: Any) -> str:
    """Return the text of *value* for comparisons that regard case."""
    return value if isinstance(value, str) else literal_text(value)


def folded_text(value: Any) -> str:
    """Return the text of *value* for comparisons that disregard case."""
    return fold(exact_text(value))


def pattern_text(value: Any, value_type: str) -> str:
    """Return the text of *value* that `like` matches."""
    if isinstance(value, datetime.date):
        return as_moment(value).replace(tzinfo=None).isoformat()
    if isinstance(value, bool) or value_type == "boolean":
        return str(int(value))
    return str(value)
