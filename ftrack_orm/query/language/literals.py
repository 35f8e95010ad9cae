"""Pure: converts Python values to literals of the language and checks which values and operators fit an attribute."""

from __future__ import annotations

import datetime
import math
import re
from typing import Any

from ftrack_orm.errors import QueryError
from ftrack_orm.values import NO_TIMEZONE, NOT_ENCODABLE, Reference, unencodable_text, utc

from .nodes import Operator, Scalar, Select

_EQUALITY_OPERATORS = (Operator.IS, Operator.IS_NOT)
_PATTERN_OPERATORS = (Operator.LIKE, Operator.NOT_LIKE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}|\Z)")

#: Type of an attribute -> the wording for its values in errors, and the Python types that a query compares them with.
_ACCEPTED: dict[str, tuple[str, tuple[type, ...]]] = {
    "text": ("text", (str,)),
    "boolean": ("True or False", (bool,)),
    "integer": ("a number", (int, float)),
    "number": ("a number", (int, float)),
    "datetime": ("a datetime with a timezone, a date, or text such as '2024-05-31'", (str,)),
    "any": ("any value", (str, bool, int, float)),
}

#: Type of an attribute -> the Python types whose values need neither `as_scalar` nor `check_value`, whatever the
#: operator is. Only the most common types are listed. A number never reaches `like`, which takes text only.
_PLAIN_TYPES: dict[str, frozenset[type]] = {
    "text": frozenset((str,)),
    "integer": frozenset((int,)),
    "number": frozenset((int,)),
}


def as_scalar(value: Any, label: str, value_type: str = "any") -> Scalar:
    """Return *value* as a literal of the language: datetimes and dates as ISO 8601 text, ids as text.

    Datetimes are converted to UTC, without an offset and without fractions of a second, because the server stores
    them so (protocol fact). *label* names the attribute in errors, which advise about values of *value_type*. Raises
    `QueryError` for naive datetimes, for numbers that are not finite, for text that cannot be encoded as UTF-8, and for
    values that have no literal.
    """
    given, kind = value, type(value)
    if value is None or kind is bool or kind is int:
        return value  # type: ignore[no-any-return]  # checked by its type
    if kind is not str and kind is not float:
        # Imported here, because most values are text and numbers.
        from ftrack_orm.foreign_values import native_value

        value = native_value(value)
    if isinstance(value, str):
        check_encodable(value, f"{label} cannot be compared with")
        return value
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise QueryError(f"{label} cannot be compared with {given!r}: ftrack knows only finite numbers.")
    if isinstance(value, datetime.datetime):
        return _utc_text(value, label, given)
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise QueryError(f"{label} cannot be compared with {given!r:.200} ({kind.__name__}).{_advice(given, value_type)}")


def check_encodable(text: str, beginning: str) -> None:
    """Raise `QueryError` if *text* cannot be encoded as UTF-8; *beginning* is that of the error, before the text."""
    if unencodable_text(text) is not None:
        raise QueryError(f"{beginning} {text!r:.300}, which {NOT_ENCODABLE}")


def _utc_text(value: datetime.datetime, label: str, given: Any) -> str:
    try:
        moment = utc(value)
    except ValueError as error:
        advice = _advice(given, "datetime")
        if str(error) == NO_TIMEZONE and type(given) is datetime.datetime:
            advice = (
                " Use value.astimezone() if it is local time, or value.replace(tzinfo=datetime.timezone.utc) if it is "
                "UTC."
            )
        raise QueryError(f"{label} cannot be compared with {given!r}, which {error}.{advice}") from None
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


def _advice(value: Any, value_type: str) -> str:
    is_several = isinstance(value, (list, tuple, set, frozenset)) or getattr(value, "shape", ()) not in ((), (1,))
    if is_several or as_select(value) is not None:
        return " Use in_(...) for one of several values."
    if entity_type_of_class(value) is not None:
        return " Compare with an entity, or cast a relation to the type: relation[Type]."
    if isinstance(value, datetime.timedelta):
        return " Use value.total_seconds(), or datetime.now(timezone.utc) - value for a moment in the past."
    from ftrack_orm.foreign_values import advice_for, is_missing

    return " Use is_(None) for attributes without a value." if is_missing(value) else advice_for(value, value_type)


def as_reference(value: Any) -> Reference | None:
    """Return the reference to the entity *value*, or None when *value* is not an entity.

    Entities are recognised by their `__reference__` method, because this package does not import entity classes.
    """
    if isinstance(value, Reference):
        return value
    if isinstance(value, type) or not hasattr(type(value), "__reference__"):
        return None
    reference: Reference = value.__reference__()
    return reference


def as_select(value: Any) -> Select | None:
    """Return the nodes of the query *value*, or None when *value* is not a query.

    Queries are recognised by their `__select__` method.
    """
    if isinstance(value, Select):
        return value
    if isinstance(value, type) or not hasattr(type(value), "__select__"):
        return None
    select: Select = value.__select__()
    return select


def entity_type_of_class(value: Any) -> str | None:
    """Return the entity type of the entity class *value*, or None when *value* is not an entity class."""
    name = getattr(value, "__entity_type__", None) if isinstance(value, type) else None
    return name if isinstance(name, str) else None


def escape_pattern(text: str) -> str:
    r"""Return *text* as a part of a `like` pattern that matches exactly that text.

    Only `%` is known to be special to ftrack, and `\%` to match a percent sign. Backslashes are doubled so that one at
    the end of *text* does not escape the character after it.
    """
    return text.replace("\\", "\\\\").replace("%", "\\%")


def plain_types(value_type: str) -> frozenset[type]:
    """Return the Python types whose values are literals for an attribute of *value_type* without a conversion or check.

    Subclasses of these types are not included.
    """
    return _PLAIN_TYPES.get(value_type, frozenset())


def check_value(value_type: str, operator: Operator, value: Scalar, label: str) -> None:
    """Raise `QueryError` unless *operator* can compare an attribute of *value_type* with *value*.

    *label* names the attribute in the error. None fits every type, but only with `is` and `is_not`.
    """
    spelling = operator.value
    if operator in _PATTERN_OPERATORS and value_type not in ("text", "any"):
        raise QueryError(f"{label} is not text, so {spelling} cannot be used with it.")
    if operator not in _EQUALITY_OPERATORS and value_type in ("boolean", "object"):
        raise QueryError(f"{label} has no order, so {spelling} cannot be used with it.")
    if value is None:
        if operator not in _EQUALITY_OPERATORS:
            raise QueryError(f"{label} {spelling} None can never hold; use is_(None) or is_not(None).")
        return
    if value_type not in _ACCEPTED:
        raise QueryError(f"{label} holds an object, which can only be compared with None.")
    wording, accepted = _ACCEPTED[value_type]
    is_misplaced_boolean = isinstance(value, bool) and bool not in accepted  # In Python a bool is an int.
    if is_misplaced_boolean or not isinstance(value, accepted):
        from ftrack_orm.foreign_values import advice_for

        advice = advice_for(value, value_type)
        raise QueryError(f"{label} is compared with {wording}, not with {value!r} ({type(value).__name__}).{advice}")
    if value_type == "datetime" and isinstance(value, str) and not _DATE.match(value):
        raise QueryError(f"{label} is compared with {wording}, not with {value!r}.")
