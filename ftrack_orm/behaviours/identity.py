"""Pure: the id of an entity, and whether the server has it. Neither makes a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_orm.entities.lifecycle import Lifecycle

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity


def id_of(entity: Entity) -> str:
    """Return the id of an entity."""
    return entity._ftrack_state.key[0]


def is_saved(entity: Entity) -> bool:
    """Return whether the server has an entity, as far as the session knows."""
    return entity._ftrack_state.lifecycle is Lifecycle.PERSISTENT
