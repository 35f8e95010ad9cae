"""State: picking the location to read components from, or to add new ones to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .availability import availabilities_in
from .registrations import checked_components

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.entities.entity import Entity


def pick_location(services: Services, component: Entity | None = None) -> Entity | None:
    """Return the location to prefer, or the one to prefer of those that have *component*; or else None."""
    if component is not None:
        return pick_locations(services, [component])[0]
    accessible = services.locations.accessible()
    entities = services.locations.entities([location_id for location_id, _ in accessible[:1]])
    return entities[0] if entities else None


def pick_locations(services: Services, components: Iterable[Entity]) -> list[Entity | None]:
    """Return the location to prefer for each of *components*, or None, with at most three requests.

    One request reads the locations that the session does not know, one the members of containers, and one the
    registrations. A part of a container that is in a location makes it available there, as in the official client.
    """
    checked = checked_components(components)
    if not checked:
        return []
    ordered = [location_id for location_id, _ in services.locations.accessible()]
    availabilities = availabilities_in(services, checked, ordered)
    picked = [next((each for each in ordered if availability[each] > 0), None) for availability in availabilities]
    chosen = [each for each in dict.fromkeys(picked) if each is not None]
    entities = {entity["id"]: entity for entity in services.locations.entities(chosen)}
    return [entities.get(each) if each is not None else None for each in picked]
