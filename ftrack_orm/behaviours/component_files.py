"""State: what components, versions and entities with a thumbnail can do with files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .mixin import Mixin
from .services import services_of

if TYPE_CHECKING:
    import os

    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.storage.progress import ProgressOption
    from ftrack_orm.transport.cancellation import Cancellation

    from .publishing.component_creation import LocationChoice
    from .publishing.new_components import ComponentFiles


class StoredComponent(Mixin):
    """Methods of components."""

    __slots__ = ()

    def get_availability(self, locations: Iterable[Any] | None = None) -> dict[str, float]:
        """Return how much of the component is in each location, by its id, as a percentage.

        *locations* are entities, names or ids; None stands for all locations.
        """
        from .locations.availability import component_availabilities

        return component_availabilities(services_of(self), [self], locations)[0]


class PublishedVersion(Mixin):
    """Methods of versions."""

    __slots__ = ()

    def create_component(
        self,
        path: ComponentFiles,
        data: Mapping[str, Any] | None = None,
        location: LocationChoice = None,
        *,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
        state_file: str | os.PathLike[str] | None = None,
    ) -> Entity:
        """Return a new component of this version, see `Session.create_component`.

        Without a location it is recorded in the current unit of work, as in the official client. `"auto"` adds it to
        the location that is preferred.
        """
        from .publishing.component_creation import create_components

        values = {name: value for name, value in (data or {}).items() if name not in ("version", "version_id")}
        return create_components(
            services_of(self),
            [(path, {**values, "version": self})],
            location,
            progress=progress,
            cancellation=cancellation,
            state_file=state_file,
        )[0]

    def encode_media(self, media: Any, keep_original: bool | str = "auto", **options: Any) -> Entity:
        """Return the job that encodes *media* for this version, see `Session.encode_media`."""
        from .publishing.encoding import encode_media

        return encode_media(services_of(self), media, self, keep_original, **options)


class Pictured(Mixin):
    """Methods of entities with a thumbnail."""

    __slots__ = ()

    def create_thumbnail(self, path: ComponentFiles, data: Mapping[str, Any] | None = None, **options: Any) -> Entity:
        """Upload a picture to the server and make it the thumbnail of this entity, with two requests.

        *data* are attributes of the component, whose name is `thumbnail` by default; *options* are those of
        `Session.transfer`. Returns the component. Nothing else of the session is committed.
        """
        from .publishing.transfer_block import transfer

        with transfer(services_of(self), **options) as block:
            return block.thumbnail(self, path, data)
