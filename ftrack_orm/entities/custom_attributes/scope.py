"""State: the scope of an entity, by which the configurations of custom attributes that apply to it are found."""

from __future__ import annotations

from typing import Any

from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.errors import NotFetched
from ftrack_orm.schema.custom_attributes import ConfigurationScope
from ftrack_orm.schema.facts import PARENT_RELATIONS, PROJECT


def scope_of(entity: Entity) -> ConfigurationScope:
    """Return the scope of *entity*. Attributes that are needed for it and not loaded are loaded.

    Raises `NotFetched` when they must not be.
    """
    schema = entity.__schema__
    object_type_id = entity.__dict__.get("object_type_id") or schema.classifiers.get("object_type_id")
    if object_type_id is None and "object_type_id" in schema.attributes:
        object_type_id = entity["object_type_id"]
    return ConfigurationScope(schema.family, _is_project(entity), object_type_id, _project_id(entity))


def _is_project(entity: Entity) -> bool:
    return entity.__entity_type__ == PROJECT


def _project_id(entity: Entity) -> str | None:
    """Return the id of the project that *entity* belongs to, going up its parents if necessary; None without one."""
    current: Any = entity
    while current is not None:
        if _is_project(current):
            return str(current._ftrack_state.key[0])
        schema = current.__schema__
        # The server derives the project of a new entity from its parent, so that it has one only if the user set it.
        is_new = current._ftrack_state.lifecycle in (Lifecycle.PENDING, Lifecycle.TRANSIENT)
        if "project_id" in schema.attributes and (not is_new or current.__dict__.get("project_id")):
            return current["project_id"]  # type: ignore[no-any-return]  # the schema says text
        relation = PARENT_RELATIONS.get(schema.family)
        parent = current[relation] if relation in schema.attributes else None
        has_parent = current.__dict__.get(schema.reference_keys.get(relation)) is not None
        if parent is None and has_parent and not current._ftrack_state.workspace.may_fetch(current):
            raise NotFetched(
                f"The project of {current!r} is not known: {relation} is not loaded, and the fetch mode is 'never'.",
                attribute=relation,
            )
        current = parent
    return None
