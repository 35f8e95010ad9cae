"""State: creating components from files, and adding them to a location, with two requests for any number of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Union

from ftrack_orm.behaviours.identity import id_of
from ftrack_orm.behaviours.locations.registrations import is_container
from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import InvalidValue, ResourceInvalid, StorageError, quoted
from ftrack_orm.schema.facts import ORIGIN_LOCATION_ID, REVIEW_LOCATION_ID
from ftrack_orm.storage.locations import LocationConfiguration, Management

from .additions import ComponentAddition
from .new_components import ComponentFiles, NewComponent, new_component
from .publication import Publication

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.storage.progress import ProgressOption
    from ftrack_orm.transport.cancellation import Cancellation

#: Components with these names belong to the review location, where older versions of ftrack look for them.
_REVIEW_NAMES: Final = frozenset({"ftrackreview-mp4", "ftrackreview-webm", "ftrackreview-image"})

#: A location, its name or its id; "auto" for the one to prefer, and None for none.
LocationChoice = Union[Entity, str, None]
#: A location to add components to: its id and what it does on this machine.
Target = tuple[str, LocationConfiguration]


def create_components(
    services: Services,
    items: Iterable[tuple[ComponentFiles, Mapping[str, Any] | None]],
    location: LocationChoice,
    *,
    progress: ProgressOption = None,
    cancellation: Cancellation | None = None,
    state_file: str | os.PathLike[str] | None = None,
) -> list[Entity]:
    """Create a component for each of *items* and add all of them to *location*; see `Session.create_component`."""
    given = [(files, _checked_data(data)) for files, data in items]
    targets = [target_for(services, location, data) for _, data in given]
    if all(target is None for target in targets):
        created = [new_component(services, files, data, requires_files=False) for files, data in given]
        remember_origins(services, created)
        return [each.entity for each in created]
    if state_file is not None:
        source = _resumable_source(given)
        continued = services.transfers.resumable(state_file, source)
        if continued is not None:
            return [_continue(services, continued, source, targets[0], progress, cancellation, state_file)]
    publication = Publication(services, progress, cancellation, state_file=state_file)
    created = []

    def build() -> None:
        for (files, data), target in zip(given, targets, strict=True):
            new = new_component(services, files, data, requires_files=target_copies(target))
            created.append(new)
            if target is not None:
                add_new(publication, new, target)

    run(publication, build)
    remember_origins(services, created)
    return [each.entity for each in created]


def pairs_of(items: Iterable[Any]) -> list[tuple[ComponentFiles, Mapping[str, Any] | None]]:
    """Return *items*, of which each is the files of a component or a pair of files and attributes, as pairs."""
    return [
        item
        if isinstance(item, tuple) and len(item) == 2 and (item[1] is None or isinstance(item[1], Mapping))
        else (item, None)
        for item in items
    ]


def _checked_data(data: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if data is not None and not isinstance(data, Mapping):
        raise InvalidValue(f"The attributes of a component are given as a mapping, not as {quoted(data)}.")
    return data or {}


def run(publication: Publication, build: Callable[[], object], give_back: Callable[[], object] | None = None) -> None:
    """Call *build*, which creates components, and publish them, all in a unit of work of its own.

    *give_back* is called before that unit is rolled back after a failure.
    """
    try:
        with publication.services.apart():
            try:
                build()
                publication.publish()
            except BaseException:
                if give_back is not None:
                    give_back()
                raise
    except BaseException as error:
        publication.undo(error)
        raise
    publication.announce()


def target_for(services: Services, location: LocationChoice, data: Mapping[str, Any]) -> Target | None:
    """Return the location that a new component with *data* is added to, or None.

    Raises `StorageError` for a location that cannot be used on this machine, and `NoResult` for an unknown one.
    """
    if location is None:
        return None
    if location == "auto":
        if data.get("name") in _REVIEW_NAMES:
            location = REVIEW_LOCATION_ID
        else:
            accessible = services.locations.accessible()
            if not accessible:
                return None
            return _unless_origin(accessible[0])
    if not isinstance(location, (Entity, str)):
        raise InvalidValue(
            f"A location is given by its entity, its name or its id, 'auto' or None, not {quoted(location)}."
        )
    location_id = services.locations.id_of(location)
    return _unless_origin((location_id, services.locations.usable_configuration(location)))


def _unless_origin(target: Target) -> Target | None:
    # Every new component is in the origin location.
    return None if target[0] == ORIGIN_LOCATION_ID else target


def target_copies(target: Target | None) -> bool:
    """Return whether the files are needed, because they are copied to the location."""
    return target is not None and target[1].management in (Management.MANAGED, Management.SERVER)


def add_new(publication: Publication, new: NewComponent, target: Target) -> None:
    """Add a new component and its members to a location."""
    location_id, configuration = target
    for component, source in new.sources.items():
        has_file = not is_container(component) and target_copies(target)
        identifier = source if isinstance(source, str) else None
        if identifier is None and configuration.management is Management.UNMANAGED:
            if is_container(component):
                # It has no path, only its members do.
                continue
            raise ResourceInvalid(
                f"{component!r} has bytes and no path, and its location keeps files where they are. Choose another one."
            )
        publication.additions.append(
            ComponentAddition(component, location_id, configuration, source if has_file else None, identifier)
        )


def remember_origins(services: Services, created: Iterable[NewComponent]) -> None:
    """Let the origin location know the paths of new components."""
    registry = services.locations.registry
    for each in created:
        for component, source in each.sources.items():
            if isinstance(source, str):
                registry.remember_origin(id_of(component), source)


# -- continued uploads -------------------------------------------------------------------------------------------------


def _resumable_source(given: list[Any]) -> str | os.PathLike[str]:
    source = given[0][0] if len(given) == 1 else None
    if not isinstance(source, (str, os.PathLike)):
        raise InvalidValue("A state file is for the upload of one file, which is given by its path.")
    return source


def _continue(
    services: Services,
    component_id: str,
    source: str | os.PathLike[str],
    target: Target | None,
    progress: ProgressOption,
    cancellation: Cancellation | None,
    state_file: str | os.PathLike[str],
) -> Entity:
    """Continue the upload of a component that an earlier call has created."""
    component = services.get("FileComponent", component_id)
    if component is None or target is None:
        raise StorageError(
            f"The upload of {quoted(os.fspath(source))} cannot be continued, because its component does not exist any "
            f"more. Delete the state file {quoted(os.fspath(state_file))}."
        )
    publication = Publication(services, progress, cancellation, state_file=state_file)
    run(publication, lambda: add_new(publication, NewComponent(component, {component: source}), target))
    return component
