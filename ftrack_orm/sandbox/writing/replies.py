"""Edge: the data of the replies to create and update operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.sandbox.tables import ENTITY_TYPE
from ftrack_orm.schema.attribute import Kind, ValueType
from ftrack_orm.schema.relations import ForeignKey, HiddenKey

from . import column_values, membership

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

    from .store import Row, Store


def created_entity(store: Store, entity_type: EntityType, row: Row, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of the reply to a create: all stored values of the entity with defaults, without nulls.

    Relations are included if they are in *sent*, the data of the request. (Recorded replies of a real server have this
    shape.) Datetimes have the fraction of a second that was sent, although whole seconds are stored (PROTOCOL 8.1).
    """
    scalars = [name for name, attribute in entity_type.attributes.items() if attribute.kind is Kind.SCALAR]
    data = _entity(store, entity_type, row, scalars)
    for name, value in sent.items():
        attribute = entity_type.attributes[name]
        if attribute.is_relation:
            data[name] = _related(store, entity_type, name, row)
        elif attribute.value_type is ValueType.DATETIME:
            fraction = column_values.sent_fraction(value)
            if fraction is not None:
                data[name] = fraction
    return data


def updated_entity(
    store: Store, entity_type: EntityType, row: Row, attributes: Iterable[str], columns: Iterable[str]
) -> dict[str, Any]:
    """Return the data of the reply to an update: key, system projections, requested attributes, changed *columns*."""
    changed = set(columns)
    scalars = [
        name
        for name, attribute in entity_type.attributes.items()
        if attribute.kind is Kind.SCALAR
        and (column := store.tables.column(entity_type.name, name)) is not None
        and column.name in changed
    ]
    data = _entity(store, entity_type, row, scalars)
    for name in attributes:
        attribute = entity_type.attributes[name]
        if attribute.kind is Kind.SCALAR:
            data[name] = _value(store, entity_type, name, row)
        else:
            data[name] = _related(store, entity_type, name, row)
    return data


def _entity(store: Store, entity_type: EntityType, row: Row, scalars: Iterable[str]) -> dict[str, Any]:
    # The attributes that distinguish the types of a family are part of every entity (recorded replies).
    required = (*entity_type.primary_key, *entity_type.system_projections, *entity_type.classifiers)
    data: dict[str, Any] = {ENTITY_TYPE: entity_type.name}
    for name in dict.fromkeys((*scalars, *required)):
        value = _value(store, entity_type, name, row)
        if value is not None:
            data[name] = value
    return data


def _value(store: Store, entity_type: EntityType, name: str, row: Row) -> Any:
    attribute = entity_type.attributes[name]
    if attribute.kind is not Kind.SCALAR:
        return None
    column = store.tables.column(entity_type.name, name)
    if column is None:
        return _configuration_key(store, row) if name == "key" and "configuration_id" in row else None
    return column_values.to_json(attribute, row.get(column.name))


def _configuration_key(store: Store, row: Mapping[str, Any]) -> Any:
    """Return the key of a custom attribute value, which is that of its configuration."""
    configuration = store.find("CustomAttributeConfiguration", (row["configuration_id"],))
    return configuration["key"] if configuration else None


def _related(store: Store, entity_type: EntityType, name: str, row: Row) -> Any:
    # The official client takes the items of a collection after a commit from the reply. Without them it would keep
    # those it read before, and send them as the whole collection with its next change.
    if entity_type.attributes[name].is_plural:
        return membership.member_references(store, entity_type, row, name)
    return _reference(store, entity_type, name, row)


def _reference(store: Store, entity_type: EntityType, name: str, row: Row) -> dict[str, Any] | None:
    key = store.tables.relation(entity_type.name, name)
    target = entity_type.attributes[name].target
    if not isinstance(key, (ForeignKey, HiddenKey)) or target is None:
        return None
    value = row.get(store.tables.key_column(entity_type.name, key).name)
    if value is None:
        return None
    related = store.find(target, (value,))
    concrete = target if related is None or store.tables.view(target) else related[ENTITY_TYPE]
    return {ENTITY_TYPE: concrete, store.schema.types[target].primary_key[0]: value}
