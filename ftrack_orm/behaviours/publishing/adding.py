"""State: adding components to a location: from other locations, where their files are copied from, or from paths."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union

from ftrack_orm.behaviours.identity import id_of, is_saved
from ftrack_orm.behaviours.locations.registrations import (
    Registrations,
    checked_components,
    is_container,
    read_registrations,
    with_members,
)
from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import ComponentInLocation, ComponentNotInLocation, InvalidValue, StorageError, quoted
from ftrack_orm.storage.locations import LocationConfiguration, Management
from ftrack_orm.storage.parallel_copies import Stored

from .additions import ComponentAddition, FileSource
from .component_creation import run
from .publication import Publication, failure_of

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.storage.progress import ProgressOption
    from ftrack_orm.transport.cancellation import Cancellation

#: Where the files of components come from: a location, or the path of the file or sequence.
AddSource = Union[Entity, str, "os.PathLike[str]"]
_FRAME = re.compile(r"%(?:0\d+)?d")


def add_components(
    services: Services,
    location: Entity,
    components: Iterable[Entity],
    sources: AddSource | Sequence[AddSource],
    *,
    recursive: bool = True,
    keep_finished: bool = False,
    checksum: bool = False,
    progress: ProgressOption = None,
    cancellation: Cancellation | None = None,
) -> None:
    """Add *components* to *location*; see `FileLocation.add_components`."""
    given = checked_components(components)
    by_component = _sources_of(given, sources)
    configuration = services.locations.usable_configuration(location)
    if configuration.management is Management.ORIGIN:
        _add_to_origin(services, by_component)
        return
    every = _expand(services, by_component) if recursive else by_component
    source_ids = services.locations.ids_of({each for each in every.values() if isinstance(each, Entity)})
    registrations = read_registrations(services, every, [id_of(location), *source_ids])
    _check_absent(every, location, registrations)
    publication = Publication(
        services,
        progress,
        cancellation,
        keep_finished=keep_finished,
        checksum=checksum,
        creates_first=False,
    )
    publication.additions = [
        _addition(services, component, location, configuration, source, registrations)
        for component, source in every.items()
    ]
    new = [component for component in every if not is_saved(component)]
    workspace = services.workspace
    outer = workspace.journal

    def take_new() -> None:
        # New components have to be committed with their registrations; what else is pending stays pending.
        workspace.hand_over(new, workspace.journal)

    try:
        run(publication, take_new, give_back=lambda: workspace.hand_over(new, outer))
    finally:
        _close(publication)
    if publication.failed:
        raise failure_of(publication.failed)


def _sources_of(components: Sequence[Entity], sources: Any) -> dict[Entity, AddSource]:
    several = list(sources) if isinstance(sources, (list, tuple)) else [sources]
    if len(several) not in (1, len(components)):
        raise InvalidValue(
            f"There are {len(several)} sources for {len(components)} components. Give one for all, or one for each."
        )
    if len(several) == 1:
        several *= len(components)
    for source in several:
        if not isinstance(source, (str, os.PathLike, Entity)):
            raise InvalidValue(f"The source of a component is a location or a path, not {quoted(source)}.")
    return dict(zip(components, several, strict=True))


def _expand(services: Services, by_component: Mapping[Entity, AddSource]) -> dict[Entity, AddSource]:
    """Return the sources of components and of their members."""
    with_members(by_component)  # loads them for all at once
    every: dict[Entity, AddSource] = {}

    def add(component: Entity, source: AddSource) -> None:
        if component in every:
            return
        every[component] = source
        for member in component["members"] if is_container(component) else ():
            add(member, source if isinstance(source, Entity) else _member_path(source, component, member))

    for component, source in by_component.items():
        add(component, source)
    return every


def _member_path(source: str | os.PathLike[str], container: Entity, member: Entity) -> str:
    """Return the path of a member: the number in the path of its sequence, or a file in the folder of its container."""
    path = os.fspath(source)
    expressions = list(_FRAME.finditer(path))
    if expressions and "padding" in container.__attributes__:
        last = expressions[-1]
        return f"{path[: last.start()]}{member['name']}{path[last.end() :]}"
    return os.path.join(path, f"{member['name']}{member['file_type'] or ''}")


def _add_to_origin(services: Services, by_component: Mapping[Entity, AddSource]) -> None:
    for component, source in by_component.items():
        if isinstance(source, Entity):
            raise InvalidValue("The origin location takes paths as sources: location.add_component(component, path).")
        services.locations.registry.remember_origin(id_of(component), os.path.abspath(source))


def _check_absent(components: Iterable[Entity], location: Entity, registrations: Registrations) -> None:
    present = [each for each in components if (id_of(each), id_of(location)) in registrations]
    if present:
        names = ", ".join(map(repr, present[:5])) + (f" and {len(present) - 5} more" if len(present) > 5 else "")
        raise ComponentInLocation(
            f"{location!r} has {names} already. Remove them from it first.",
            component_ids=[id_of(each) for each in present],
            location_id=id_of(location),
        )


def _addition(
    services: Services,
    component: Entity,
    location: Entity,
    configuration: LocationConfiguration,
    source: AddSource,
    registrations: Registrations,
) -> ComponentAddition:
    has_file = not is_container(component) and configuration.management is not Management.UNMANAGED
    file: FileSource | None
    if isinstance(source, Entity):
        identifier, file = _in_location(services, component, source, registrations, has_file=has_file)
    else:
        identifier, file = os.path.abspath(source), os.path.abspath(source)
    return ComponentAddition(component, id_of(location), configuration, file if has_file else None, identifier)


def _in_location(
    services: Services, component: Entity, source: Entity, registrations: Registrations, *, has_file: bool
) -> tuple[str | None, Stored | None]:
    """Return the identifier of a component in the location *source*, and its file there."""
    configuration = services.locations.usable_configuration(source)
    if configuration.management is Management.ORIGIN:
        identifier = services.locations.registry.origin_of(id_of(component))
    else:
        registration = registrations.get((id_of(component), id_of(source)))
        stored = None if registration is None else registration["resource_identifier"]
        identifier = None if stored is None else configuration.decode(stored, component)
    if identifier is None:
        if is_container(component):
            return None, None
        raise not_in_location([component], source)
    if configuration.accessor is None:
        raise StorageError(f"{source!r} has no accessor on this machine to read {component!r} with.")
    return identifier, Stored(configuration.accessor, identifier) if has_file else None


def not_in_location(components: Sequence[Entity], location: Entity) -> ComponentNotInLocation:
    """Return the error for components that a location does not have."""
    names = ", ".join(map(repr, components[:5])) + (f" and {len(components) - 5} more" if len(components) > 5 else "")
    return ComponentNotInLocation(
        f"{location!r} does not have {names}. component.get_availability() says where a component is.",
        component_ids=[id_of(component) for component in components],
        location_id=id_of(location),
    )


def _close(publication: Publication) -> None:
    """Close the streams that were opened to upload files of other locations."""
    for stream in publication.opened:
        stream.close()
