"""State: how much of a component is available in each location."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.behaviours.identity import id_of

from .registrations import Registrations, checked_components, is_container, read_registrations, with_members

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.entities.entity import Entity

#: The availability of a component that is in a location with all of its data.
COMPLETE = 100.0


def component_availabilities(
    services: Services, components: Iterable[Entity], locations: Iterable[Any] | None = None
) -> list[dict[str, float]]:
    """Return the availability of each of *components*, by the id of the location, as a percentage from 0 to 100.

    *locations* are entities, names or ids; None stands for all locations of the server. That of a container is the mean
    of its members'. There is a request for the members of containers, one for the registrations, and one more for all
    locations.
    """
    checked = checked_components(components)
    if locations is None:
        location_ids = [id_of(location) for location in services.query("Location")]
    else:
        location_ids = services.locations.ids_of(locations)
    return availabilities_in(services, checked, location_ids)


def availabilities_in(
    services: Services, components: Sequence[Entity], location_ids: Sequence[str]
) -> list[dict[str, float]]:
    """Return the availability of each of *components* in these locations."""
    registrations = read_registrations(services, with_members(components), location_ids)
    return [
        {location_id: _availability(component, location_id, registrations) for location_id in location_ids}
        for component in components
    ]


def _availability(
    component: Entity, location_id: str, registrations: Registrations, outer: tuple[Entity, ...] = ()
) -> float:
    members = list(component["members"]) if is_container(component) and component not in outer else []
    if not members:
        return COMPLETE if (id_of(component), location_id) in registrations else 0.0
    total = sum(_availability(member, location_id, registrations, (*outer, component)) for member in members)
    # Rounded as in the official client: a third, three times, is the whole.
    return round(total / len(members), 9)
