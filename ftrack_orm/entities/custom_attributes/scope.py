"""State: the scope of an entity, by which the configurations of custom attributes that apply to it are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.hierarchy import is_new, parent_relation
from ftrack_orm.errors import NotFetched
from ftrack_orm.schema.custom_attributes import ConfigurationScope
from ftrack_orm.schema.facts import PROJECT

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity


def scope_of(entity: Entity) -> ConfigurationScope:
    """Return the scope of *entity*. Attributes that are needed for it and not loaded are loaded.

    Raises `NotFetched` when the fetch mode forbids that.
    """
    schema = entity.__schema__
    object_type_id = entity.__dict__.get("object_type_id") or schema.classifiers.get("object_type_id")
    if object_type_id is None and "object_type_id" in schema.attributes:
        object_type_id = entity["object_type_id"]
    return ConfigurationScope(schema.family, is_project(entity), object_type_id, _project_id(entity))


def is_project(entity: Entity) -> bool:
    """Return whether *entity* is a project, which has custom attributes of its own."""
    return entity.__entity_type__ == PROJECT


def _project_id(entity: Entity) -> str | None:
    """Return the id of the project that *entity* belongs to, going up its parents if necessary; None without one."""
    current: Any = entity
    while current is not None:
        if is_project(current):
            return str(current._ftrack_state.key[0])
        schema = current.__schema__
        # The server derives the project of a new entity from its parent, so that it has one only if the user set it.
        if "project_id" in schema.attributes and (not is_new(current) or current.__dict__.get("project_id")):
            return current["project_id"]  # type: ignore[no-any-return]  # the schema says text
        relation = parent_relation(current)
        if relation is None:
            return None
        parent = current[relation]
        has_parent = current.__dict__.get(schema.reference_keys.get(relation)) is not None
        if parent is None and has_parent and not current._ftrack_state.workspace.may_fetch(current):
            raise NotFetched(
                f"The project of {current!r} is not known: {relation} is not loaded, and the fetch mode is 'never'.",
                attribute=relation,
            )
        current = parent
    return None
