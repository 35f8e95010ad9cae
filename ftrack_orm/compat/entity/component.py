"""Edge: the methods of components, and of entities with thumbnails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ftrack_orm.compat.conversion import unwrap
from ftrack_orm.compat.error_translation import translated

from .base import Entity


class Component(Entity):
    """A component."""

    def get_availability(self, locations: Iterable[Any] | None = None) -> dict[str, float]:
        """Return how much of the component is in each location, as percentages by the ids of locations."""
        return self.session.get_component_availability(self, locations=locations)


class CreateThumbnailMixin:
    """The methods of entities with thumbnails."""

    @translated
    def create_thumbnail(self, path: str, data: Mapping[str, Any] | None = None) -> Any:
        """Upload a picture as the thumbnail of the entity, and return its component."""
        entity: Any = self
        given = unwrap(dict(data or {}))
        entity.session.commit()
        return entity.session.shown(unwrap(entity).create_thumbnail(path, given))
