"""State: the contexts that contain an entity, as far as loaded values show. Makes no request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ftrack_orm.schema.facts import CONTEXT, LINK, PARENT_ID, PROJECT
from ftrack_orm.values import NOT_LOADED

from .entity import server_value

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

    from .entity import Entity
    from .workspace import Workspace

#: A family, None where it is not known, and an id.
Container = tuple["str | None", str]


def above(
    workspace: Workspace, entity_type: EntityType, key: tuple[str, ...], ids: Mapping[str, Sequence[str]]
) -> tuple[tuple[Container, ...], bool]:
    """Return the contexts that contain an entity, and whether there are no others.

    *ids* holds the ids in its foreign keys, before and after a change. For a context these are the contexts from its
    parent upwards, for other entities those from their own context upwards.
    """
    if entity_type.family == CONTEXT:
        if entity_type.name == PROJECT:
            return (), True
        starts = ids.get(PARENT_ID)
    else:
        starts = ids.get("context_id", ()) if "context_id" in entity_type.attributes else ()
    if starts is None:
        link = _link_of(workspace, key[0])
        return ((), False) if link is None else (tuple((CONTEXT, id_) for id_ in link if id_ != key[0]), True)
    return _chains(workspace, starts)


def _chains(workspace: Workspace, starts: Iterable[str]) -> tuple[tuple[Container, ...], bool]:
    found: dict[Container, None] = {}
    is_complete = True
    for start in starts:
        current: str | None = start
        while current is not None and (CONTEXT, current) not in found:
            found[CONTEXT, current] = None
            entity = workspace.identities.family(CONTEXT).get(current)
            parent_id = NOT_LOADED if entity is None else server_value(entity, PARENT_ID)
            if entity is not None and entity.__entity_type__ == PROJECT:
                parent_id = None
            if parent_id is NOT_LOADED:
                link = _link_of(workspace, current)
                found.update(((CONTEXT, id_), None) for id_ in link or ())
                is_complete = is_complete and link is not None
                parent_id = None
            current = parent_id  # type: ignore[assignment]  # text or None
    return tuple(found), is_complete


def _link_of(workspace: Workspace, id_: str) -> list[str] | None:
    entity: Entity | None = workspace.identities.family(CONTEXT).get(id_)
    link = None if entity is None else entity.__dict__.get(LINK)
    return [step["id"] for step in link] if link else None
