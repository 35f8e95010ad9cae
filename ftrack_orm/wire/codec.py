"""Pure: converts Python values to ftrack's JSON values and back.

Facts (PROTOCOL 2.1): a datetime is `{"__type__": "datetime", "value": "2022-10-10T10:12:09"}` and means UTC; a date is
`{"__type__": "date", "value": "2022-10-10"}`; an entity is `{"__entity_type__": ...}` with its key.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ftrack_orm.errors import InvalidValue, ProtocolError, quoted
from ftrack_orm.values import NO_TIMEZONE, Reference, utc

ENTITY_TYPE = "__entity_type__"
VALUE_TYPE = "__type__"
UTC = datetime.timezone.utc

#: The length of `2022-10-10T10:12:09`.
_NAIVE_LENGTH = 19


def encode(value: Any) -> Any:
    """Return *value* as a JSON value: datetimes in UTC, references as entities, at any depth.

    Values of other libraries are converted where they have one meaning (`native_value`). Raises `InvalidValue` for a
    naive datetime, whose moment is not known, and for a type that ftrack has no form for.
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, datetime.datetime):
        return {VALUE_TYPE: "datetime", "value": datetime_text(value)}
    if isinstance(value, datetime.date):
        return {VALUE_TYPE: "date", "value": value.isoformat()}
    if isinstance(value, Reference):
        return {ENTITY_TYPE: value.entity_type, **dict(value.key)}
    if isinstance(value, Mapping):
        return {_text_of_key(key): encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [encode(item) for item in value]
    # Imported here, because most requests have values of Python's own types only.
    from ftrack_orm.foreign_values import advice_for, native_values

    native = native_values(value)
    if native is not value:
        return encode(native)
    raise InvalidValue(
        f"ftrack has no form for a value of type {type(value).__name__}: {value!r}.{advice_for(value, 'any')}"
    )


def _text_of_key(key: Any) -> str:
    # The text of a member of an enumeration is its value, and its name is what `str` returns.
    if isinstance(key, str):
        return str.__str__(key)
    from ftrack_orm.foreign_values import native_value

    return str(native_value(key))


def datetime_text(value: datetime.datetime) -> str:
    """Return the UTC text of an aware datetime as ftrack writes it: no offset, and microseconds only if not zero."""
    try:
        return utc(value).replace(tzinfo=None).isoformat()
    except ValueError as error:
        advice = ""
        if str(error) == NO_TIMEZONE:
            advice = " Use datetime.now(timezone.utc), or value.astimezone() for local time."
        raise InvalidValue(f"{value!r} {error}.{advice}") from None


def parse_datetime(text: str) -> datetime.datetime:
    """Return the aware UTC datetime of ISO 8601 *text*, which is UTC without an offset. Raises `ValueError`."""
    if len(text) == _NAIVE_LENGTH and text[-6] == ":":
        # The form that servers write. Parsing it with an offset is several times faster than adding the timezone later.
        return datetime.datetime.fromisoformat(text + "+00:00")
    # Browsers write a Z suffix, which Python 3.10's fromisoformat does not accept.
    normal = text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text
    moment = datetime.datetime.fromisoformat(normal)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def decode(value: Any) -> Any:
    """Return a JSON value with typed values replaced by Python's; entities and plain values stay as they are.

    The nesting of *value* is not limited, so this is a loop.
    """
    if type(value) is not dict and type(value) is not list:
        return value
    result = [value]
    unfinished: list[Any] = [result]
    while unfinished:
        copied = unfinished.pop()
        for key, item in copied.items() if type(copied) is dict else enumerate(copied):
            if type(item) is dict and VALUE_TYPE in item:
                copied[key] = decode_typed(item)
            elif type(item) is dict or type(item) is list:
                # A copy: *value* is not changed.
                copied[key] = item = item.copy()
                unfinished.append(item)
    return result[0]


def decode_typed(value: Mapping[str, Any]) -> datetime.datetime | datetime.date | None:
    """Return the value of a `{"__type__": ...}` object; raises `ProtocolError` for an unknown type or bad text."""
    kind, text = value[VALUE_TYPE], value.get("value")
    if text is None:
        return None
    try:
        if kind == "datetime":
            return parse_datetime(text)
        if kind == "date":
            return datetime.date.fromisoformat(text[:10])
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
        raise ProtocolError(f"The server sent {quoted(text)} where a {kind} was expected.") from error
    raise ProtocolError(f"The server sent a value of the unknown type {quoted(kind)}.")
