"""Pure: what Python values are to a query, and which values and operators fit which attributes."""

from __future__ import annotations

import datetime
import math
import re
import uuid
from typing import Any

from ftrack_orm.errors import QueryError
from ftrack_orm.values import Reference

from .nodes import Operator, Scalar, Select

_SYMMETRIC = (Operator.IS, Operator.IS_NOT)
_PATTERNS = (Operator.LIKE, Operator.NOT_LIKE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}|\Z)")

#: What the values of each type of attribute are called, and which Python types a query may compare them with.
_FITTING: dict[str, tuple[str, tuple[type, ...]]] = {
    "text": ("text", (str,)),
    "boolean": ("True or False", (bool,)),
    "integer": ("a number", (int, float)),
    "number": ("a number", (int, float)),
    "datetime": ("a datetime with a timezone, a date, or text such as '2024-05-31'", (str,)),
    "any": ("any value", (str, bool, int, float)),
}

#: Of what is most often compared: the types whose values fit by any operator and are in the language as they are.
#: Patterns are text, so a number can be compared with a number by any operator that is given one.
_PLAIN_TYPES: dict[str, frozenset[type]] = {
    "text": frozenset((str,)),
    "integer": frozenset((int,)),
    "number": frozenset((int,)),
}


def scalar(value: Any, label: str) -> Scalar:
    """Return *value* as the language has it: datetimes and dates as ISO 8601 text, ids as text.

    Datetimes become UTC without an offset and without fractions of a second, since that is what the server keeps
    (protocol fact). *label* says in errors what the value was given for. Raises `QueryError` for naive datetimes, for
    numbers that are not finite, and for values that the language has no form for.
    """
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return str.__str__(value)  # An enumeration of strings is compared by what it holds, not by its name.
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise QueryError(f"{label} cannot be compared with {value!r}: ftrack knows only finite numbers.")
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime.datetime):
        return _utc_text(value, label)
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise QueryError(f"{label} cannot be compared with {value!r} ({type(value).__name__}).{_advice(value)}")


def _utc_text(value: datetime.datetime, label: str) -> str:
    if value.tzinfo is None:
        raise QueryError(
            f"{label} cannot be compared with {value!r}, which does not say its timezone. Use value.astimezone() if it "
            "is local time, or value.replace(tzinfo=timezone.utc) if it is UTC."
        )
    return value.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds")


def _advice(value: Any) -> str:
    if isinstance(value, (list, tuple, set, frozenset)) or subquery(value) is not None:
        return " Use in_(...) for one of several values."
    if type_name(value) is not None:
        return " Compare with an entity, or cast a relation to the type: relation[Type]."
    if isinstance(value, datetime.timedelta):
        return " Use value.total_seconds(), or datetime.now(timezone.utc) - value for a moment in the past."
    return ""


def reference(value: Any) -> Reference | None:
    """Return what points at the entity *value*, None when it is no entity.

    Entities are recognised by their `__reference__` method, since this room knows no entity classes.
    """
    if isinstance(value, Reference):
        return value
    if isinstance(value, type) or not hasattr(type(value), "__reference__"):
        return None
    found: Reference = value.__reference__()
    return found


def subquery(value: Any) -> Select | None:
    """Return the nodes of the query *value*, None when it is no query; a query has a `__select__` method."""
    if isinstance(value, Select):
        return value
    if isinstance(value, type) or not hasattr(type(value), "__select__"):
        return None
    found: Select = value.__select__()
    return found


def type_name(value: Any) -> str | None:
    """Return the entity type that the class *value* stands for, None when it is no entity class."""
    name = getattr(value, "__entity_type__", None) if isinstance(value, type) else None
    return name if isinstance(name, str) else None


def escape_pattern(text: str) -> str:
    r"""Return *text* as a part of a `like` pattern that matches just that text.

    Only `%` is known to be special to ftrack, and `\%` to stand for itself; the backslash is doubled so that one at
    the end of *text* cannot take away the meaning of what follows.
    """
    return text.replace("\\", "\\\\").replace("%", "\\%")


def plain_types(value_type: str) -> frozenset[type]:
    """Return the types of which every value can be compared with an attribute of *value_type*, without a look at it.

    So neither `scalar` nor `check_fit` has anything to say about them. Subclasses are not meant.
    """
    return _PLAIN_TYPES.get(value_type, frozenset())


def check_fit(value_type: str, operator: Operator, value: Scalar, label: str) -> None:
    """Raise `QueryError` when an attribute of *value_type* cannot be compared with *value*, or not with *operator*.

    *label* names the attribute in the error. None fits every type, but only with `is` and `is_not`.
    """
    spelling = operator.value
    if operator in _PATTERNS and value_type not in ("text", "any"):
        raise QueryError(f"{label} is not text, so {spelling} cannot be used with it.")
    if operator not in _SYMMETRIC and value_type in ("boolean", "object"):
        raise QueryError(f"{label} has no order, so {spelling} cannot be used with it.")
    if value is None:
        if operator not in _SYMMETRIC:
            raise QueryError(f"{label} {spelling} None can never hold; use is_(None) or is_not(None).")
        return
    if value_type not in _FITTING:
        raise QueryError(f"{label} holds an object, which can only be compared with None.")
    holds, fitting = _FITTING[value_type]
    is_misplaced_boolean = isinstance(value, bool) and bool not in fitting  # To Python a bool is an int.
    if is_misplaced_boolean or not isinstance(value, fitting):
        raise QueryError(f"{label} is compared with {holds}, not with {value!r} ({type(value).__name__}).")
    if value_type == "datetime" and isinstance(value, str) and not _DATE.match(value):
        raise QueryError(f"{label} is compared with {holds}, not with {value!r}.")
