"""State: what a `Location` can do: its configuration on this machine, and the files of components in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from ftrack_orm.errors import StorageUnsupported
from ftrack_orm.storage.locations import Management, check_accessor

from .identity import id_of
from .locations.registrations import checked_components, read_registrations
from .mixin import Mixin
from .services import services_of

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.storage.accessors.base import Accessor
    from ftrack_orm.storage.locations import LocationConfiguration
    from ftrack_orm.storage.progress import ProgressOption
    from ftrack_orm.storage.structures.base import Structure
    from ftrack_orm.storage.transformers import ResourceIdentifierTransformer
    from ftrack_orm.transport.cancellation import Cancellation

    from .publishing.adding import AddSource


class FileLocation(Mixin):
    """Methods of locations.

    What a location does on this machine belongs to the session: setting `accessor`, `structure`,
    `resource_identifier_transformer` or `priority` is not an edit, and no rollback takes it back.
    """

    __slots__ = ()

    # -- configuration -------------------------------------------------------------------------------------------------

    @property
    def accessor(self) -> Accessor | None:
        """The accessor that reads and writes the files, or None: then the location cannot be used on this machine."""
        configuration = _configuration(self)
        return None if configuration is None else configuration.accessor

    @accessor.setter
    def accessor(self, accessor: Accessor | None) -> None:
        check_accessor(accessor)
        _configured(self).accessor = accessor

    @property
    def structure(self) -> Structure | None:
        """The structure that forms the resource identifiers of components."""
        configuration = _configuration(self)
        return None if configuration is None else configuration.structure

    @structure.setter
    def structure(self, structure: Structure | None) -> None:
        _configured(self).structure = structure

    @property
    def resource_identifier_transformer(self) -> ResourceIdentifierTransformer | None:
        """Turns resource identifiers into the form that is stored on the server, and back; None leaves them alone."""
        configuration = _configuration(self)
        return None if configuration is None else configuration.resource_identifier_transformer

    @resource_identifier_transformer.setter
    def resource_identifier_transformer(self, transformer: ResourceIdentifierTransformer | None) -> None:
        _configured(self).resource_identifier_transformer = transformer

    @property
    def priority(self) -> float:
        """The order among locations: the lowest number is preferred."""
        return _configured(self).priority

    @priority.setter
    def priority(self, priority: float) -> None:
        _configured(self).priority = priority

    # -- components ----------------------------------------------------------------------------------------------------

    def add_component(self, component: Entity, source: AddSource, recursive: bool = True, **options: Any) -> None:
        """Add one component to this location, see `add_components`."""
        self.add_components([component], source, recursive, **options)

    def add_components(
        self,
        components: Iterable[Entity],
        sources: AddSource | Sequence[AddSource],
        recursive: bool = True,
        *,
        keep_finished: bool = False,
        checksum: bool = False,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
    ) -> None:
        """Add components to this location: copy their files, then register all of them in one commit.

        *sources* are where the files are: a location that has the components, or the path of the file; one for all, or
        one for each. With *recursive*, the members of containers are added too. New components are committed along, and
        no other pending edits are.

        Files are copied several at a time. The sizes of the copies are compared, and their MD5 sums with *checksum*.
        Nothing is overwritten. When a copy fails, all of them are removed again, no component is added, and the error
        is raised. With *keep_finished* the components whose files were copied are added first. *progress* is a function
        that is called with a `Progress`, or True for a bar in the terminal.

        Raises `ComponentInLocation` and `ComponentNotInLocation` before anything is copied, `StorageError`, and the
        errors of a commit.
        """
        from .publishing.adding import add_components

        add_components(
            services_of(self),
            self,
            components,
            sources,
            recursive=recursive,
            keep_finished=keep_finished,
            checksum=checksum,
            progress=progress,
            cancellation=cancellation,
        )

    def remove_component(self, component: Entity, recursive: bool = True) -> None:
        """Remove one component from this location, see `remove_components`."""
        self.remove_components([component], recursive)

    def remove_components(self, components: Iterable[Entity], recursive: bool = True) -> None:
        """Remove components from this location in one commit, and then their files, if the location manages them.

        Raises `ComponentNotInLocation` before anything is removed, and `StorageError` for files that could not be
        removed; their components are not in the location any more.
        """
        from .publishing.removing import remove_components

        remove_components(services_of(self), self, components, recursive=recursive)

    def get_component_availability(self, component: Entity) -> float:
        """Return how much of a component is in this location, as a percentage."""
        return self.get_component_availabilities([component])[0]

    def get_component_availabilities(self, components: Iterable[Entity]) -> list[float]:
        """Return how much of each of *components* is in this location, as percentages."""
        from .locations.availability import component_availabilities

        return [
            availability[id_of(self)]
            for availability in component_availabilities(services_of(self), components, [self])
        ]

    # -- where files are -----------------------------------------------------------------------------------------------

    def get_resource_identifier(self, component: Entity) -> str:
        """Return the resource identifier of a component in this location. Raises `ComponentNotInLocation`."""
        return self.get_resource_identifiers([component])[0]

    def get_resource_identifiers(self, components: Iterable[Entity]) -> list[str]:
        """Return the resource identifiers of *components*, with one request for up to 10,000 of them.

        Raises `ComponentNotInLocation` if one is not in this location.
        """
        checked = checked_components(components)
        services, configuration = services_of(self), _configuration(self)
        if configuration is not None and configuration.management is Management.ORIGIN:
            stored = [services.locations.registry.origin_of(id_of(component)) for component in checked]
        else:
            registrations = read_registrations(services, checked, [id_of(self)])
            rows = [registrations.get((id_of(component), id_of(self))) for component in checked]
            stored = [None if row is None else row["resource_identifier"] or "" for row in rows]
        missing = [component for component, each in zip(checked, stored, strict=True) if each is None]
        if missing:
            from .publishing.adding import not_in_location

            raise not_in_location(missing, self)
        identifiers = cast("list[str]", stored)
        if configuration is None:
            return identifiers
        return [configuration.decode(each, component) for each, component in zip(identifiers, checked, strict=True)]

    def get_filesystem_path(self, component: Entity) -> str:
        """Return the path of a component's file on this machine, see `get_filesystem_paths`."""
        return self.get_filesystem_paths([component])[0]

    def get_filesystem_paths(self, components: Iterable[Entity]) -> list[str]:
        """Return the paths of the files of *components* on this machine.

        That of a sequence has an expression instead of the number, as `plate.%04d.exr`. Raises
        `ComponentNotInLocation`, and `StorageUnsupported` where the accessor has no paths.
        """
        accessor = _accessor(self)
        return [accessor.get_filesystem_path(each) for each in self.get_resource_identifiers(components)]

    def get_url(self, component: Entity) -> str:
        """Return a URL of a component's file. That of the server contains the API key: do not pass it on.

        Raises `ComponentNotInLocation`, and `StorageUnsupported` where the accessor has no URLs.
        """
        return _accessor(self).get_url(self.get_resource_identifier(component))

    def get_thumbnail_url(self, component: Entity, size: int | None = None) -> str:
        """Return the URL of the picture of a component on the server, at most *size* pixels wide and high.

        It contains the API key: do not pass it on. Raises `StorageUnsupported` for other locations than the server's.
        """
        accessor = _accessor(self)
        get_url = getattr(accessor, "get_thumbnail_url", None)
        if get_url is None:
            raise StorageUnsupported(f"{self!r} has no thumbnails: {type(accessor).__name__} cannot make them.")
        return cast("str", get_url(self.get_resource_identifier(component), size))


def _configuration(location: FileLocation) -> LocationConfiguration | None:
    return services_of(location).locations.configuration_of(location)


def _configured(location: FileLocation) -> LocationConfiguration:
    """Return the configuration of a location, which is added if it is missing."""
    return services_of(location).locations.editable_configuration(location)


def _accessor(location: FileLocation) -> Accessor:
    return cast("Accessor", services_of(location).locations.usable_configuration(location).accessor)
