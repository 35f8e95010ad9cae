"""State: removing components from a location: their registrations in one commit, then their files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ftrack_orm.behaviours.identity import id_of
from ftrack_orm.behaviours.locations.registrations import (
    checked_components,
    is_container,
    read_registrations,
    with_members,
)
from ftrack_orm.behaviours.locations.topics import COMPONENT_REMOVED_TOPIC
from ftrack_orm.errors import FtrackError, StorageError
from ftrack_orm.events.event import Event
from ftrack_orm.storage.locations import LocationConfiguration, Management
from ftrack_orm.storage.parallel_copies import remove_all

from .adding import not_in_location

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.entities.entity import Entity


def remove_components(services: Services, location: Entity, components: Iterable[Entity], *, recursive: bool) -> None:
    """Remove *components* from *location*; see `FileLocation.remove_components`."""
    given = checked_components(components)
    configuration = services.locations.usable_configuration(location)
    every = with_members(given) if recursive else given
    if configuration.management is Management.ORIGIN:
        for component in every:
            services.locations.registry.forget_origin(id_of(component))
        return
    registrations = read_registrations(services, every, [id_of(location)])
    registered = {
        component: registrations[key]
        for component in every
        if (key := (id_of(component), id_of(location))) in registrations
    }
    # A container that was added without its members, or the members without it, is removed as far as it is there.
    missing = [each for each in given if each not in registered and not is_container(each)]
    if missing or (given and not registered):
        raise not_in_location(missing or given, location)
    identifiers = {
        component: configuration.decode(each["resource_identifier"] or "", component)
        for component, each in registered.items()
    }
    # The registrations first: a registered component always has its file.
    with services.apart():
        for registration in registered.values():
            services.delete(registration)
    failures = _remove_files(configuration, identifiers)
    for component in registered:
        data = {"component_id": id_of(component), "location_id": id_of(location)}
        services.publish(Event(COMPONENT_REMOVED_TOPIC, data))
    if failures:
        names = "; ".join(f"{component!r}: {error}" for component, error in list(failures.items())[:5])
        more = f"; and {len(failures) - 5} more" if len(failures) > 5 else ""
        raise StorageError(
            f"The components were removed from {location!r}, but not these files: {names}{more}",
            component_ids=[id_of(component) for component in failures],
        )


def _remove_files(configuration: LocationConfiguration, identifiers: dict[Entity, str]) -> dict[Entity, FtrackError]:
    """Remove the files of components, and return the errors of those that remain."""
    accessor = configuration.accessor
    if configuration.management is Management.UNMANAGED or accessor is None:
        return {}
    files = {component: identifier for component, identifier in identifiers.items() if not is_container(component)}
    errors = remove_all(accessor, list(files.values()))
    return {component: errors[identifier] for component, identifier in files.items() if identifier in errors}
