"""Edge: locations: their set-up on this machine, and the components in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.compat.conversion import unwrap
from ftrack_orm.compat.error_translation import translated
from ftrack_orm.compat.storage import native_accessor, native_structure, native_transformer, official_form
from ftrack_orm.storage.locations import Management

from .base import Entity, _EntityBase

if TYPE_CHECKING:
    from ftrack_orm.storage.locations import LocationConfiguration


class Location(Entity):
    """A location.

    Accessor, structure, transformer and priority are those of the session below: a rollback or a reset leaves them as
    they are. Accessors, structures and transformers may be objects of either library.
    """

    def _configuration(self) -> LocationConfiguration:
        return self.session.__unwrap__().locations.editable_configuration(unwrap(self))

    @property
    @translated
    def accessor(self) -> Any:
        """The accessor that reads and writes the files, `NOT_SET` for a location that cannot be used here."""
        return official_form(self.session, unwrap(self).accessor)

    @accessor.setter
    @translated
    def accessor(self, accessor: Any) -> None:
        unwrap(self).accessor = native_accessor(self.session, accessor)

    @property
    @translated
    def structure(self) -> Any:
        """The structure that forms the resource identifiers of components."""
        return official_form(self.session, unwrap(self).structure)

    @structure.setter
    @translated
    def structure(self, structure: Any) -> None:
        unwrap(self).structure = native_structure(self.session, structure)

    @property
    @translated
    def resource_identifier_transformer(self) -> Any:
        """Turns resource identifiers into the form that is stored on the server, and back."""
        return official_form(self.session, unwrap(self).resource_identifier_transformer)

    @resource_identifier_transformer.setter
    @translated
    def resource_identifier_transformer(self, transformer: Any) -> None:
        unwrap(self).resource_identifier_transformer = native_transformer(self.session, transformer)

    @property
    @translated
    def priority(self) -> float:
        """The order among locations: the lowest number is preferred."""
        return float(unwrap(self).priority)

    @priority.setter
    @translated
    def priority(self, priority: float) -> None:
        unwrap(self).priority = priority

    def __str__(self) -> str:
        name = unwrap(self).__dict__.get("name")
        text = super().__str__()
        return text if name is None else text.replace("(", f'("{name}", ', 1)

    # -- components ----------------------------------------------------------------------------------------------------

    def add_component(self, component: Any, source: Any, recursive: bool = True) -> None:
        """Add one component to this location, see `add_components`."""
        self.add_components([component], source, recursive=recursive)

    @translated
    def add_components(self, components: Sequence[Any], sources: Any, recursive: bool = True, _depth: int = 0) -> None:
        """Copy the files of components from the locations *sources*, one for all or one for each, and register them.

        Raises `ComponentInLocationError`, and `LocationError` when a file cannot be copied.
        """
        given = [sources] if isinstance(sources, str) or not isinstance(sources, Sequence) else list(sources)
        if len(given) not in (1, len(components)):
            raise ValueError("There is one source for all components, or one for each.")
        taken = unwrap(given[0] if len(given) == 1 else given)
        # The official client commits all recorded changes with the registrations.
        self.session.commit()
        unwrap(self).add_components(unwrap(list(components)), taken, recursive)

    def remove_component(self, component: Any, recursive: bool = True) -> None:
        """Remove one component from this location, see `remove_components`."""
        self.remove_components([component], recursive=recursive)

    @translated
    def remove_components(self, components: Sequence[Any], recursive: bool = True) -> None:
        """Remove components from this location, and their files where it manages them."""
        self.session.commit()
        unwrap(self).remove_components(unwrap(list(components)), recursive)

    @translated
    def get_component_availability(self, component: Any) -> float:
        """Return how much of a component is in this location, as a percentage."""
        return float(unwrap(self).get_component_availability(unwrap(component)))

    @translated
    def get_component_availabilities(self, components: Sequence[Any]) -> list[float]:
        """Return how much of each component is in this location, as percentages."""
        return list(unwrap(self).get_component_availabilities(unwrap(list(components))))

    @translated
    def get_resource_identifier(self, component: Any) -> str:
        """Return the resource identifier of a component. Raises `ComponentNotInLocationError`."""
        return str(unwrap(self).get_resource_identifier(unwrap(component)))

    @translated
    def get_resource_identifiers(self, components: Sequence[Any]) -> list[str]:
        """Return the resource identifiers of components. Raises `ComponentNotInLocationError`."""
        return list(unwrap(self).get_resource_identifiers(unwrap(list(components))))

    @translated
    def get_filesystem_path(self, component: Any) -> str:
        """Return the path of the file of a component."""
        return str(unwrap(self).get_filesystem_path(unwrap(component)))

    @translated
    def get_filesystem_paths(self, components: Sequence[Any]) -> list[str]:
        """Return the paths of the files of components."""
        return list(unwrap(self).get_filesystem_paths(unwrap(list(components))))

    @translated
    def get_url(self, component: Any) -> str:
        """Return a URL of the file of a component."""
        return str(unwrap(self).get_url(unwrap(component)))

    @translated
    def get_thumbnail_url(self, component: Any, size: int | None = None) -> str:
        """Return the URL of the picture of a component, at most *size* pixels wide and high."""
        return str(unwrap(self).get_thumbnail_url(unwrap(component), size))


class MemoryLocationMixin(_EntityBase):
    """The base of `OriginLocationMixin`: only this session knows the components. By itself it has no counterpart."""

    management: Management | None = None


class UnmanagedLocationMixin(_EntityBase):
    """Marks a location whose files other programs keep: they are neither copied nor removed."""

    management: Management | None = Management.UNMANAGED


class OriginLocationMixin(MemoryLocationMixin, UnmanagedLocationMixin):
    """Marks the location that new components come from."""

    management: Management | None = Management.ORIGIN


class ServerLocationMixin(_EntityBase):
    """Marks the storage of the server."""

    management = Management.SERVER
    get_thumbnail_url = Location.get_thumbnail_url
