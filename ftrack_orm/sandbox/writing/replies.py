"""Edge: what a client is told about an entity it created or changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ftrack_orm.sandbox.relations import ForeignKey, HiddenKey
from ftrack_orm.sandbox.tables import ENTITY_TYPE
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.model import EntityType

from . import column_values, membership
from .store import Row, Store


def created(store: Store, entity_type: EntityType, row: Row, named: Iterable[str]) -> dict[str, Any]:
    """Return the answer to a create: every stored value the entity has, defaults included; nulls are left out.

    Of its relations there are those that the request *named*. (Recorded answers of a real server have this shape.)
    """
    scalars = [name for name, attribute in entity_type.attributes.items() if attribute.kind is Kind.SCALAR]
    answer = _entity(store, entity_type, row, scalars)
    for name in named:
        if entity_type.attributes[name].is_relation:
            answer[name] = _related(store, entity_type, name, row)
    return answer


def updated(
    store: Store, entity_type: EntityType, row: Row, named: Iterable[str], columns: Iterable[str]
) -> dict[str, Any]:
    """Return the answer to an update: key, system projections, what the request *named* and what changed with it."""
    touched = set(columns)
    scalars = [
        name
        for name, attribute in entity_type.attributes.items()
        if attribute.kind is Kind.SCALAR
        and (column := store.tables.column(entity_type.name, name)) is not None
        and column.name in touched
    ]
    answer = _entity(store, entity_type, row, scalars)
    for name in named:
        attribute = entity_type.attributes[name]
        if attribute.kind is Kind.SCALAR:
            answer[name] = _value(store, entity_type, name, row)
        else:
            answer[name] = _related(store, entity_type, name, row)
    return answer


def _entity(store: Store, entity_type: EntityType, row: Row, scalars: Iterable[str]) -> dict[str, Any]:
    # What tells the types of a family of contexts apart comes with every entity of it (recorded answers).
    always = (*entity_type.primary_key, *entity_type.system_projections, *entity_type.classifiers)
    answer: dict[str, Any] = {ENTITY_TYPE: entity_type.name}
    for name in dict.fromkeys((*scalars, *always)):
        value = _value(store, entity_type, name, row)
        if value is not None:
            answer[name] = value
    return answer


def _value(store: Store, entity_type: EntityType, name: str, row: Row) -> Any:
    attribute = entity_type.attributes[name]
    if attribute.kind is not Kind.SCALAR:
        return None
    column = store.tables.column(entity_type.name, name)
    if column is None:
        return _configuration_key(store, row) if name == "key" and "configuration_id" in row else None
    return column_values.outgoing(attribute, row.get(column.name))


def _configuration_key(store: Store, row: Mapping[str, Any]) -> Any:
    """Return the key of a custom attribute value, which is its configuration's."""
    found = store.find("CustomAttributeConfiguration", (row["configuration_id"],))
    return found["key"] if found else None


def _related(store: Store, entity_type: EntityType, name: str, row: Row) -> Any:
    # The official client trusts the answer for what a collection holds after a commit; without it, it would go on with
    # what it read before, and its next change would send that as the whole collection.
    if entity_type.attributes[name].is_plural:
        return membership.members(store, entity_type, row, name)
    return _reference(store, entity_type, name, row)


def _reference(store: Store, entity_type: EntityType, name: str, row: Row) -> dict[str, Any] | None:
    key = store.tables.relation(entity_type.name, name)
    target = entity_type.attributes[name].target
    if not isinstance(key, (ForeignKey, HiddenKey)) or target is None:
        return None
    value = row.get(store.tables.key_column(entity_type.name, key).name)
    if value is None:
        return None
    found = store.find(target, (value,))
    concrete = target if found is None or store.tables.view(target) else found[ENTITY_TYPE]
    return {ENTITY_TYPE: concrete, store.schema.types[target].primary_key[0]: value}
