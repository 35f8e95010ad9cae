"""State: the path from an entity up to its project, along which custom attributes are inherited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ftrack_orm.schema.facts import CONTEXT, LINK, PARENT_RELATIONS

from .lifecycle import Lifecycle

if TYPE_CHECKING:
    from .entity import Entity

#: An entity on a path: its id and entity type, as in the attribute `link` of contexts.
Step = Mapping[str, str]


def parent_relation(entity: Entity) -> str | None:
    """Return the name of the relation that leads from *entity* to its parent, None if it has no such relation."""
    name = PARENT_RELATIONS.get(entity.__schema__.family)
    return name if name in entity.__schema__.attributes else None


def path_upwards(entity: Entity, *, only_loaded: bool = False) -> list[Step]:
    """Return the steps from *entity* up to its project, nearest first.

    With *only_loaded* the path ends where the next parent is not loaded; else that is loaded as far as the fetch mode
    allows.
    """
    # A context has its whole path in one attribute, from the project down to itself (PROTOCOL 5.1). The path of a
    # version, on servers that have it, may leave out the asset.
    if entity.__schema__.family == CONTEXT and LINK in entity.__schema__.attributes:
        link = entity.__dict__.get(LINK) if only_loaded else entity[LINK]
        if link:
            return list(reversed(link))
    own_step = {"id": entity._ftrack_state.key[0], "type": entity.__entity_type__}
    name = parent_relation(entity)
    parent = None if name is None else entity.__dict__.get(name) if only_loaded else entity[name]
    return [own_step] if parent is None else [own_step, *path_upwards(parent, only_loaded=only_loaded)]


def entity_at(entity: Entity, step: Step) -> Entity | None:
    """Return the object of a step on the path of *entity* if the session has it. Makes no request."""
    if step["id"] == entity._ftrack_state.key[0]:
        return entity
    workspace = entity._ftrack_state.workspace
    return workspace.lookup(step_type(entity, step), (step["id"],))


def step_type(entity: Entity, step: Step) -> str:
    """Return the entity type of a step on the path of *entity*, `Context` where the schema lacks the type."""
    return step["type"] if step["type"] in entity._ftrack_state.workspace.schema.types else CONTEXT


def is_new(entity: Entity) -> bool:
    """Whether the server does not have *entity* yet."""
    return entity._ftrack_state.lifecycle in (Lifecycle.PENDING, Lifecycle.TRANSIENT)


def was_moved(entity: Entity) -> bool:
    """Whether *entity* has another parent than its path has, by an unsaved edit or since the path was loaded."""
    if is_new(entity):
        return True
    name = parent_relation(entity)
    names = {name, entity.__schema__.reference_keys.get(str(name))}
    if not names.isdisjoint(entity._ftrack_state.originals or ()):
        return True
    link: Sequence[Step] = entity.__dict__.get(LINK) or ()
    if entity.__schema__.family != CONTEXT:
        return False
    return len(link) > 1 and has_other_parent(entity, link[-2]["id"])


def has_other_parent(entity: Entity, parent_id: str | None) -> bool:
    """Whether the loaded parent of *entity* is not the one with the id *parent_id*; False if no parent is loaded."""
    key_name = entity.__schema__.reference_keys.get(str(parent_relation(entity)), "")
    return bool(entity.__dict__.get(key_name, parent_id) != parent_id)
