"""Edge: writes values of custom attributes, and checks that their configuration applies to the entity.

Protocol facts: an entity has a value for each configuration that applies to it, so an update of
`ContextCustomAttributeValue` works even if there is no row yet. `CustomAttributeValue` is the view of the existing
rows, which can be created, updated and deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.tables import ENTITY_TYPE
from ftrack_orm.schema.custom_attributes import CONDITIONS, ConfigurationScope, applies
from ftrack_orm.schema.facts import (
    CONTEXT,
    CUSTOM_ATTRIBUTE_CONFIGURATION,
    CUSTOM_ATTRIBUTE_VALUE,
    PARENT_RELATIONS,
    PROJECT,
)

from .custom_attribute_types import validate_value
from .defaults import project_id_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ftrack_orm.schema.model import EntityType

    from .store import Row, Store


def is_value_view(store: Store, name: str) -> bool:
    """Whether a type shows the values of one entity type, which exist even without rows."""
    return name != CUSTOM_ATTRIBUTE_VALUE and store.tables.root(name) == CUSTOM_ATTRIBUTE_VALUE


def check_new(store: Store, entity_type: EntityType, row: Row) -> None:
    """Check a new value against its configuration; other entity types pass."""
    if store.tables.root(entity_type.name) != CUSTOM_ATTRIBUTE_VALUE:
        return
    if is_value_view(store, entity_type.name):
        raise server_errors.validation_error(
            f"Create operations are not allowed for {entity_type.name}: its values are there already. "
            "Update the one with key [configuration_id, entity_id]."
        )
    row["value"] = _validated_value(store, row, row.get("value"))


def check_change(store: Store, entity_type: EntityType, row: Row, changes: dict[str, Any]) -> None:
    """Check a changed value against its configuration; other entity types pass."""
    if store.tables.root(entity_type.name) == CUSTOM_ATTRIBUTE_VALUE and "value" in changes:
        changes["value"] = _validated_value(store, row, changes["value"])


def insert_missing(store: Store, entity_type: EntityType, key: Sequence[str]) -> Row | None:
    """Insert the row of a value that was never set; return None if the entity or the configuration does not exist."""
    if len(key) != 2:
        return None
    configuration = store.find(CUSTOM_ATTRIBUTE_CONFIGURATION, key[:1])
    view = store.tables.view(entity_type.name)
    owner = store.find(view.target, key[1:]) if view is not None and view.target is not None else None
    if configuration is None or owner is None:
        return None
    row: Row = {"configuration_id": key[0], "entity_id": key[1], "value": None}
    _check_applies(store, configuration, owner)
    return store.insert(CUSTOM_ATTRIBUTE_VALUE, row)


def _validated_value(store: Store, row: Row, value: Any) -> Any:
    configuration = store.find(CUSTOM_ATTRIBUTE_CONFIGURATION, (row.get("configuration_id"),))
    if configuration is None:
        raise server_errors.integrity_error(
            "CustomAttributeValue.configuration: there is no CustomAttributeConfiguration with id "
            f"{row.get('configuration_id')!r}."
        )
    owner = _owner(store, row.get("entity_id"))
    if owner is None:
        raise server_errors.integrity_error(
            f"CustomAttributeValue.entity_id: there is no entity with id {row.get('entity_id')!r}."
        )
    _check_applies(store, configuration, owner)
    return validate_value(configuration, _type_name(store, configuration), value)


def owner_tables(store: Store) -> list[str]:
    """Return the tables of the entities that can have custom attributes."""
    return list(dict.fromkeys(store.tables.root(name) for name in CONDITIONS if name in store.schema.types))


def _owner(store: Store, id_: Any) -> Row | None:
    for table in owner_tables(store):
        row = store.find(table, (id_,))
        if row is not None:
            return row
    return None


def _type_name(store: Store, configuration: Row) -> str:
    attribute_type = store.find("CustomAttributeType", (configuration.get("type_id"),))
    return str(attribute_type["name"]) if attribute_type else "text"


# -- configurations that apply -----------------------------------------------------------------------------------


def _check_applies(store: Store, configuration: Row, owner: Row) -> None:
    if not _applies(store, configuration, owner):
        raise server_errors.validation_error(
            f'The custom attribute "{configuration["key"]}" ({configuration["entity_type"]}) does not apply to the '
            f"{owner[ENTITY_TYPE]} {owner['id']}."
        )


def _applies(store: Store, row: Row, owner: Row) -> bool:
    """Return whether a configuration applies to its owner. A shadowed one does: its value may have been set before."""
    configuration = _Configuration(
        key=row["key"],
        entity_type=row.get("entity_type"),
        object_type_id=row.get("object_type_id"),
        project_id=row.get("project_id"),
        is_hierarchical=bool(row.get("is_hierarchical")),
    )
    scope = ConfigurationScope(
        family=store.schema.type(owner[ENTITY_TYPE]).family,
        is_project=owner[ENTITY_TYPE] == PROJECT,
        object_type_id=owner.get("object_type_id"),
        project_id=_project_id(store, owner),
    )
    return applies(configuration, scope)


@attrs.frozen
class _Configuration:
    key: str
    entity_type: str | None
    object_type_id: str | None
    project_id: str | None
    is_hierarchical: bool


def _project_id(store: Store, owner: Row) -> str | None:
    described = store.schema.type(owner[ENTITY_TYPE])
    if described.family == CONTEXT:
        return project_id_of(owner)
    relation = PARENT_RELATIONS.get(described.family)
    if relation is None:
        return owner.get("project_id")
    target = described.attribute(relation).target
    return _project_id(store, store.get(str(target), (owner[described.reference_keys[relation]],)))
