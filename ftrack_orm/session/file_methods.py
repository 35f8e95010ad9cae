"""Edge: the methods of a session about files: transfers, components and locations. Each delegates to one part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity

from .session_methods import SessionMethods

if TYPE_CHECKING:
    import os
    from contextlib import AbstractContextManager

    from ftrack_orm.behaviours.locations.locations import Locations
    from ftrack_orm.behaviours.publishing.component_creation import LocationChoice
    from ftrack_orm.behaviours.publishing.new_components import ComponentFiles
    from ftrack_orm.behaviours.publishing.transfer_block import TransferBlock
    from ftrack_orm.storage.progress import ProgressOption
    from ftrack_orm.storage.targets import TargetLike
    from ftrack_orm.transport.cancellation import Cancellation


class FileMethods(SessionMethods):
    """The methods of `Session` about files."""

    def get_component_url(self, component: Entity | str) -> str:
        """Return the URL of the file of a component (or its id) in the server's storage. Makes no request.

        The URL contains the API key: do not pass it on, and do not log it. `generate_signed_url` returns one that can
        be passed on.
        """
        from ftrack_orm.storage.urls import component_url

        return component_url(self.settings, id_of(component), with_key=True)

    def thumbnail_url(self, component: Entity | str | None, size: int = 300) -> str:
        """Return the URL of the picture of a component (or its id), at most *size* pixels wide and high.

        Without a component, as for an entity without a thumbnail, it is ftrack's default picture. The URL of any other
        contains the API key: do not pass it on, and do not log it. Makes no request.
        """
        from ftrack_orm.storage.urls import thumbnail_url

        return thumbnail_url(self.settings, None if component is None else id_of(component), size)

    def generate_signed_url(self, component: Entity | str, operation: str = "get") -> str:
        """Return a URL of the file of a component (or its id) that needs no credentials and expires. Makes a request.

        *operation* is the use of the URL, as the server names it.
        """
        return self._parts.transfers().signed_urls([id_of(component)], operation)[0]

    def download(
        self,
        component: Entity | str,
        target: TargetLike,
        *,
        overwrite: bool = False,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
    ) -> int:
        """Download the file of a component (or its id) from the server's storage, and return its number of bytes.

        *target* is a path, or a binary stream that stays open. A file appears at the path when it is complete, and
        replaces another one only with *overwrite*. *progress* is a function that is called with a `Progress`, or True
        for a bar in the terminal. Raises `StorageError`, `TransportError` or `RequestCancelled`.
        """
        return self._parts.transfers().download_components(
            {id_of(component): target}, overwrite=overwrite, progress=progress, cancellation=cancellation
        )[0]

    def download_many(
        self,
        targets: Mapping[Entity, TargetLike] | Mapping[str, TargetLike],
        *,
        overwrite: bool = False,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
    ) -> list[int]:
        """Download the files of several components (or of their ids) at the same time, each to its target.

        The arguments are those of `download`. When one fails, the others are stopped; files that are complete stay.
        """
        files = {id_of(component): target for component, target in targets.items()}
        transfers = self._parts.transfers()
        return transfers.download_components(files, overwrite=overwrite, progress=progress, cancellation=cancellation)

    @property
    def locations(self) -> Locations:
        """The locations and what they do on this machine: `session.locations.configure(...)`, `.server`, `["name"]`."""
        return self._services.locations

    def create_component(
        self,
        path: ComponentFiles,
        data: Mapping[str, Any] | None = None,
        location: LocationChoice = "auto",
        *,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
        state_file: str | os.PathLike[str] | None = None,
    ) -> Entity:
        """Create a component from a file, a file sequence or several files, and add it to a location.

        *path* is that of a file, or of a sequence as `/path/plate.%04d.exr [1-5, 8, 10-20]` (without ranges, the files
        that exist); or bytes, or a binary stream; or a list or mapping by name of these, which become the members of a
        `ContainerComponent`. *data* are the attributes. Size and file type are those of the file if left out.

        *location* is a location, its name or its id; `"auto"` is the preferred one of this machine. The files are
        copied or sent there, and registered when they are complete, with at most two requests besides the transfers,
        for sequences too. Nothing else is committed. With None, the component is recorded in the current unit of work,
        and only the origin location knows its path.

        *progress* is a function that is called with a `Progress`, or True for a bar in the terminal. With *state_file*,
        an upload of one file that fails can be continued by the same call, also in another process.

        Raises `UsageError` when *data* refers to an entity that is not committed, `StorageError`, and the errors of
        transfers and commits. What was stored and created is removed again then.
        """
        from ftrack_orm.behaviours.publishing.component_creation import create_components

        return create_components(
            self._services,
            [(path, data)],
            location,
            progress=progress,
            cancellation=cancellation,
            state_file=state_file,
        )[0]

    def create_components(
        self,
        items: Iterable[ComponentFiles | tuple[ComponentFiles, Mapping[str, Any] | None]],
        location: LocationChoice = "auto",
        *,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
    ) -> list[Entity]:
        """Create a component for each of *items*, files or pairs of files and attributes, as `create_component` does.

        Their files are transferred at the same time, and there are no more requests than for one. When one of them
        fails, none is created.
        """
        from ftrack_orm.behaviours.publishing.component_creation import create_components, pairs_of

        return create_components(
            self._services, pairs_of(items), location, progress=progress, cancellation=cancellation
        )

    def transfer(
        self,
        *,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
        checksum: bool = False,
    ) -> AbstractContextManager[TransferBlock]:
        """Publish several files, and all edits of a `with` block, with two requests besides the transfers.

        The block gets an object with the methods `component`, `thumbnail` and `review`. It is a unit of work of its
        own: versions, notes and other entities that are created in it are committed when the files are complete. When
        something fails, nothing of it remains, and other edits stay as they are. *checksum* compares the MD5 sums of
        copies besides their sizes.
        """
        from ftrack_orm.behaviours.publishing.transfer_block import transfer

        return transfer(self._services, progress=progress, cancellation=cancellation, checksum=checksum)

    def pick_location(self, component: Entity | None = None) -> Entity | None:
        """Return the location that is preferred on this machine, or of those that have *component*; None without one.

        Locations without an accessor cannot be used on this machine and are left out.
        """
        from ftrack_orm.behaviours.locations.picking import pick_location

        return pick_location(self._services, component)

    def pick_locations(self, components: Iterable[Entity]) -> list[Entity | None]:
        """Return the preferred location of each of *components*, or None, with at most three requests in all."""
        from ftrack_orm.behaviours.locations.picking import pick_locations

        return pick_locations(self._services, components)

    def get_component_availability(
        self, component: Entity, locations: Iterable[Entity | str] | None = None
    ) -> dict[str, float]:
        """Return how much of *component* is in each of *locations*, or in all, as percentages by the location's id."""
        return self.get_component_availabilities([component], locations)[0]

    def get_component_availabilities(
        self, components: Iterable[Entity], locations: Iterable[Entity | str] | None = None
    ) -> list[dict[str, float]]:
        """Return how much of each of *components* is in each location, with at most three requests in all."""
        from ftrack_orm.behaviours.locations.availability import component_availabilities

        return component_availabilities(self._services, components, locations)

    def encode_media(
        self,
        media: Entity | ComponentFiles,
        version_id: Entity | str | None = None,
        keep_original: bool | str = "auto",
        *,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
    ) -> Entity:
        """Have the server encode *media*, so that browsers can play it, and return the `Job`.

        *media* is a file, which is uploaded, or a `FileComponent` in the server's storage. The encoded components, and
        a thumbnail, become those of the version *version_id*. *keep_original* keeps the uploaded file; `"auto"` keeps a
        component that was given, and no file.
        """
        from ftrack_orm.behaviours.publishing.encoding import encode_media

        return encode_media(
            self._services, media, version_id, keep_original, progress=progress, cancellation=cancellation
        )


def id_of(component: Entity | str) -> str:
    """Return the id of a component, which may be given as its id."""
    return str(component["id"]) if isinstance(component, Entity) else component
