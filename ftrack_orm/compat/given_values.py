"""Pure: values that scripts set, in the types of the schema: the server takes text for dates, numbers for booleans."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.schema.attribute import ValueType

from .conversion import moment, unwrap

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema


def given_value(schema: Schema, entity_type: str, name: str, value: Any) -> Any:
    """Return *value*, in the form of this library, for the attribute *name*. A value that does not fit is kept."""
    value = unwrap(value)
    if type(value) not in (str, int) or entity_type not in schema:
        return value
    attribute = schema.type(entity_type).attributes.get(name)
    value_type = attribute.value_type if attribute is not None else None
    if value_type is ValueType.DATETIME and isinstance(value, str):
        return _date(value)
    if value_type is ValueType.BOOLEAN and value in (0, 1):
        return bool(value)
    return value


def given_values(schema: Schema, entity_type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return *data*, in the form of this library, for an entity of a type."""
    return {name: given_value(schema, entity_type, name, value) for name, value in data.items()}


def _date(text: str) -> Any:
    try:
        return moment(datetime.datetime.fromisoformat(text)).datetime
    except ValueError:
        return text
