"""State: the steps from a project down to an entity, by which people find it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from ftrack_orm.errors import ProtocolError, UsageError, quoted
from ftrack_orm.schema.facts import ASSET_VERSION, COMPONENT, CONTEXT, LINK, LIST, PARENT_ID, PARENT_RELATIONS, PROJECT

from .hierarchy import entity_at, has_other_parent, is_new, step_type, was_moved

if TYPE_CHECKING:
    from .entity import Entity

#: Family -> the relations that may lead to the entity that contains an entity, in the order in which they are tried.
_CONTAINERS: Final[Mapping[str, tuple[str, ...]]] = {
    **{family: (relation,) for family, relation in PARENT_RELATIONS.items()},
    # A file of a sequence or a container belongs to that; the others belong to a version.
    COMPONENT: ("container", "version"),
    LIST: ("project",),
    "ReviewSession": ("project",),
    "ReviewSessionObject": ("review_session",),
}
#: Family -> the attributes whose value may be the name of an entity. Other families have a `name`, or their type's.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "Resource": ("username", "name"),
    "User": ("username",),
}


@attrs.frozen
class PathStep:
    """One step of the path to an entity: the name of an entity, its type and its id, as `session.get` takes them."""

    entity_type: str
    id: str
    name: str

    def __str__(self) -> str:
        return self.name


def breadcrumb_of(entity: Entity) -> tuple[PathStep, ...]:
    """Return the steps from the project of *entity* down to it; unsaved edits of names and parents count.

    The path of a context is one attribute. Where it is not loaded, it is loaded for the peers of *entity* too; for
    other types the entities that contain it are. An entity that belongs to nothing, such as a user, is the only step.
    """
    upwards: list[PathStep] = []
    current: Entity | None = entity
    while current is not None:
        steps, following = _steps_upwards(current)
        upwards += steps
        if following is not None and any(step.id == following._ftrack_state.key[0] for step in upwards):
            raise UsageError(
                f"{entity!r} has no path: unsaved edits make {following!r} a parent of itself.",
                entity_type=entity.__entity_type__,
            )
        current = following
    return tuple(reversed(upwards))


def _steps_upwards(entity: Entity) -> tuple[list[PathStep], Entity | None]:
    """Return steps from *entity* upwards, and the entity at which they have to be continued, None at the top."""
    if entity.__schema__.family == CONTEXT and LINK in entity.__schema__.attributes and not was_moved(entity):
        link = _link_of(entity)
        if link:
            return _along(entity, link)
    own = PathStep(entity.__entity_type__, "/".join(entity._ftrack_state.key), _name_of(entity))
    return [own], _container_of(entity)


def _along(entity: Entity, link: Sequence[Mapping[str, str]]) -> tuple[list[PathStep], Entity | None]:
    """Return the steps of a path as long as no context on it was moved, and the first that was."""
    upwards: list[PathStep] = []
    for position in reversed(range(len(link))):
        step = link[position]
        known = entity_at(entity, step)
        parent_id = link[position - 1]["id"] if position else None
        if known is not None and known is not entity and (was_moved(known) or has_other_parent(known, parent_id)):
            return upwards, known
        kind = step_type(entity, step) if known is None else known.__entity_type__
        upwards.append(PathStep(kind, step["id"], _edited_name(known) or step["name"]))
    return upwards, None


def _link_of(entity: Entity) -> Sequence[Mapping[str, str]]:
    link: Any = entity[LINK]
    is_path = isinstance(link, (list, tuple)) and all(
        isinstance(step, Mapping) and all(isinstance(step.get(name), str) for name in ("id", "name", "type"))
        for step in link
    )
    if link is not None and not is_path:
        raise ProtocolError(
            f"The server sent {quoted(link)} as {entity.__entity_type__}.{LINK}, where a list of id, name and type was "
            "expected.",
            entity_type=entity.__entity_type__,
            attribute=LINK,
        )
    return link or ()


def _container_of(entity: Entity) -> Entity | None:
    """Return the entity that contains *entity*, loading it if necessary; None if it belongs to nothing."""
    attributes = entity.__schema__.attributes
    if entity.__entity_type__ == PROJECT:
        return None
    for relation in _CONTAINERS.get(entity.__schema__.family, ()):
        container: Entity | None = entity[relation] if relation in attributes else None
        if container is not None:
            return container
    # Entities that may belong to several types, such as notes, have the id and the type of their parent.
    if "parent_type" in attributes and PARENT_ID in attributes:
        parent_type, parent_id = entity["parent_type"], entity[PARENT_ID]
        workspace = entity._ftrack_state.workspace
        if parent_id is not None and parent_type in workspace.schema.types:
            return workspace.loader.get(parent_type, (parent_id,))
    return None


def _name_of(entity: Entity) -> str:
    """Return the name of an entity as people know it, which is that of its type for types without names."""
    kind, attributes = entity.__entity_type__, entity.__schema__.attributes
    if kind == ASSET_VERSION:
        number = entity["version"] if not is_new(entity) else entity.__dict__.get("version")
        return "new version" if number is None else f"v{number:03}"
    for name in _NAMES.get(entity.__schema__.family, ("name",)):
        value = entity[name] if name in attributes else None
        if value:
            file_type = entity["file_type"] if "file_type" in attributes else None
            return f"{value}{file_type or ''}"
    return kind


def _edited_name(entity: Entity | None) -> str | None:
    """Return the name that an unsaved edit gives to a context."""
    if entity is None:
        return None
    value = entity._ftrack_state.workspace.pending_value(entity, "name")
    return value if isinstance(value, str) else None
