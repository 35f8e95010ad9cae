"""Pure: validates the entity data of a request and converts it to column values and collections.

`status` and `status_id` set the same column. An attribute that cannot be set is refused by name, so that a wrong name
or type is never ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import UnknownAttribute, suggestion
from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.relations import Derived, ForeignKey, HiddenKey

from . import column_values, legacy_names

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType


@attrs.frozen
class EntityData:
    """The data of a request: values by column, and the members of collections by attribute, as sent."""

    columns: Mapping[str, Any]
    collections: Mapping[str, list[Any]]
    attributes: tuple[str, ...]  # the names in the request


def validate(
    tables: Tables, entity_type: EntityType, data: Mapping[str, Any], current: Mapping[str, Any] | None
) -> EntityData:
    """Return *data* as values for an entity of this type; *current* is its row, or None for a new entity.

    Raises `UnknownAttribute` with near names, and validation errors for values of the wrong type, for attributes that
    the server computes, and for changes of immutable attributes.
    """
    scalars: dict[str, Any] = {}
    references: dict[str, Any] = {}
    collections: dict[str, list[Any]] = {}
    for name, value in data.items():
        attribute = _settable(tables, entity_type, name)
        if attribute.is_plural:
            collections[name] = _members(entity_type, attribute, value)
            continue
        if attribute.kind is Kind.REFERENCE:
            column, new_value = _reference(tables, entity_type, attribute, value)
            references[column] = new_value
        else:
            column, new_value = _scalar(tables, entity_type, attribute, value)
            scalars[column] = new_value
        # Clients also send attributes that they did not change, so only a changed value is refused.
        if current is not None and attribute.immutable and current[column] != new_value:
            raise server_errors.validation_error(
                f"{entity_type.name}.{name} can be set only when the entity is created; it is {current[column]!r} "
                f"and cannot become {new_value!r}."
            )
    # The official client sends a key's default (`priority_id`) together with the reference that its user set
    # (`priority`), which takes precedence.
    return EntityData({**scalars, **references}, collections, tuple(data))


def _settable(tables: Tables, entity_type: EntityType, name: str) -> Attribute:
    attribute = entity_type.attributes.get(name)
    if attribute is None:
        message = f"{entity_type.name} has no attribute {name!r}.{suggestion(name, entity_type.attributes)}"
        raise UnknownAttribute(message, entity_type=entity_type.name, attribute=name)
    derived = (
        attribute.computed
        or attribute.restricted
        or (attribute.kind is Kind.SCALAR and tables.column(entity_type.name, name) is None)
        or (attribute.is_relation and isinstance(tables.relation(entity_type.name, name), Derived))
    )
    if derived:
        raise server_errors.validation_error(f"{entity_type.name}.{name} is computed by the server and cannot be set.")
    return attribute


def _scalar(tables: Tables, entity_type: EntityType, attribute: Attribute, value: Any) -> tuple[str, Any]:
    column = tables.column(entity_type.name, attribute.name)
    assert column is not None  # `_settable` raised for attributes without a column
    new_value = column_values.from_json(entity_type, attribute, value)
    if attribute.translates_type and new_value is not None:
        new_value = legacy_names.entity_type_name(tables.schema, new_value)
    return column.name, new_value


def _reference(tables: Tables, entity_type: EntityType, attribute: Attribute, value: Any) -> tuple[str, Any]:
    key = tables.relation(entity_type.name, attribute.name)
    if not isinstance(key, (ForeignKey, HiddenKey)) or attribute.target is None:
        raise server_errors.validation_error(f"{entity_type.name}.{attribute.name} cannot be set.")
    column = tables.key_column(entity_type.name, key).name
    if value is None:
        return column, None
    target = tables.schema.type(attribute.target)
    (new_value,) = column_values.reference_key(entity_type, attribute, value, target.primary_key[:1])
    sent = value[ENTITY_TYPE]
    if sent not in tables.schema.types or not tables.schema.related(sent, target.name):
        raise server_errors.validation_error(
            f"{entity_type.name}.{attribute.name} must be a {target.name}, not a {sent} ({new_value})."
        )
    return column, new_value


def _members(entity_type: EntityType, attribute: Attribute, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise server_errors.validation_error(
            f"{entity_type.name}.{attribute.name} must be a list of references to {attribute.target}, not {value!r}."
        )
    return value
