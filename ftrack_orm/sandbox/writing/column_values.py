"""Pure: converts one attribute's value from a client's JSON to the value of a column, and back.

Columns hold text, numbers, booleans and JSON; datetimes are stored as "YYYY-MM-DDTHH:MM:SS" in UTC. A value of the
wrong type is refused with the entity, the attribute and the value named.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import FtrackError, ServerValidationError
from ftrack_orm.sandbox import server_errors
from ftrack_orm.schema.attribute import Attribute, ValueType
from ftrack_orm.wire.codec import ENTITY_TYPE, VALUE_TYPE, decode_typed, parse_datetime

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

#: The largest integer of the database, of 64 bits.
_MAX_INTEGER = 2**63 - 1

_EXPECTED = {
    ValueType.TEXT: "text",
    ValueType.BOOLEAN: "true or false",
    ValueType.INTEGER: "an integer of 64 bits",
    ValueType.NUMBER: "a number",
    ValueType.DATETIME: "a datetime",
}


def from_json(entity_type: EntityType, attribute: Attribute, value: Any) -> Any:
    """Return the column value of a scalar attribute for a JSON *value*; raises a validation error."""
    if value is None:
        return None
    value_type = attribute.value_type
    if value_type is ValueType.DATETIME:
        return _datetime(entity_type, attribute, value)
    if value_type in (ValueType.ANY, ValueType.OBJECT):
        return value
    if value_type is ValueType.TEXT:
        value = plain_text(value)
    if value is not None and not _fits(value_type, value):
        raise _wrong_type(entity_type, attribute, value)
    if value_type is ValueType.BOOLEAN:
        return bool(value)
    if attribute.enumeration and value is not None and value not in attribute.enumeration:
        options = ", ".join(repr(option) for option in attribute.enumeration)
        raise server_errors.validation_error(
            f"{entity_type.name}.{attribute.name} must be one of {options}, not {value!r}."
        )
    # The database refuses longer integers. To JSON, integers and floats are alike.
    return float(value) if value_type is ValueType.NUMBER and abs(value) > _MAX_INTEGER else value


def plain_text(value: Any) -> Any:
    """Return the text of a datetime or date that a client has sent for a text; other values are returned unchanged.

    The JavaScript client sends every text that looks like an ISO date as a datetime (PROTOCOL 8.1).
    """
    if isinstance(value, Mapping) and value.get(VALUE_TYPE) in ("datetime", "date"):
        return value.get("value")
    return value


def _fits(value_type: ValueType | None, value: Any) -> bool:
    if value_type is ValueType.BOOLEAN:
        # MySQL stores booleans as 0 and 1, and clients have sent them so.
        return isinstance(value, bool) or (isinstance(value, int) and value in (0, 1))
    if isinstance(value, bool):
        return False
    if value_type is ValueType.INTEGER:
        return isinstance(value, (int, float)) and abs(value) <= _MAX_INTEGER and value == int(value)
    if value_type is ValueType.NUMBER:
        return isinstance(value, (int, float))
    return isinstance(value, str)


def _wrong_type(entity_type: EntityType, attribute: Attribute, value: Any) -> ServerValidationError:
    expected = _EXPECTED[attribute.value_type or ValueType.TEXT]
    return server_errors.validation_error(
        f"{entity_type.name}.{attribute.name} must be {expected}, not {value!r} of type {type(value).__name__}."
    )


def _datetime(entity_type: EntityType, attribute: Attribute, value: Any) -> str | None:
    try:
        moment = parse_datetime_value(value)
    except (ValueError, TypeError, FtrackError):
        raise _wrong_type(entity_type, attribute, value) from None
    return None if moment is None else datetime_text(moment)


def parse_datetime_value(value: Any) -> datetime.datetime | None:
    """Parse the datetime that a client sent as ISO text, with or without offset, or as a typed object.

    A date becomes its midnight in UTC. Raises `ValueError`, `TypeError` or `ProtocolError` for any other value.
    """
    if isinstance(value, Mapping):
        decoded = decode_typed({VALUE_TYPE: value.get(VALUE_TYPE), "value": value.get("value")})
        if decoded is None or isinstance(decoded, datetime.datetime):
            return decoded
        return datetime.datetime(decoded.year, decoded.month, decoded.day, tzinfo=datetime.timezone.utc)
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a datetime.")
    return parse_datetime(value)


def datetime_text(moment: datetime.datetime) -> str:
    """Return a datetime as columns store it: UTC, whole seconds, no offset (MySQL stores no fractions either)."""
    return moment.astimezone(datetime.timezone.utc).replace(tzinfo=None, microsecond=0).isoformat()


def sent_fraction(value: Any) -> dict[str, Any] | None:
    """Return the datetime that a client sent as JSON if it has a fraction of a second, else None."""
    moment = None if value is None else parse_datetime_value(value)
    if moment is None or not moment.microsecond:
        return None
    return {VALUE_TYPE: "datetime", "value": moment.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat()}


def to_json(attribute: Attribute, value: Any) -> Any:
    """Return the column value of a scalar attribute as the JSON value that is sent to a client."""
    if value is not None and attribute.value_type is ValueType.DATETIME:
        return {VALUE_TYPE: "datetime", "value": value}
    return value


def reference_key(entity_type: EntityType, attribute: Attribute, value: Any, key: tuple[str, ...]) -> tuple[str, ...]:
    """Return the primary key values in a reference that a client sent for a relation; raises a validation error.

    The rest of the object is ignored: the official client sends changed attributes along.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get(ENTITY_TYPE), str):
        raise server_errors.validation_error(
            f"{entity_type.name}.{attribute.name} must be a reference to a {attribute.target}, such as "
            f'{{"{ENTITY_TYPE}": "{attribute.target}", "id": "..."}}, not {value!r}.'
        )
    absent = [name for name in key if value.get(name) is None]
    if absent:
        raise server_errors.validation_error(
            f"The reference to a {value[ENTITY_TYPE]} for {entity_type.name}.{attribute.name} lacks {absent[0]!r}."
        )
    return tuple(str(value[name]) for name in key)
