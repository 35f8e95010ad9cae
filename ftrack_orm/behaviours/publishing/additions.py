"""State: components to add to locations: where their files are, and where they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Union, cast

import attrs

from ftrack_orm.behaviours.locations.built_in_locations import file_name_of
from ftrack_orm.behaviours.locations.registrations import is_container
from ftrack_orm.entities.entity import Entity
from ftrack_orm.storage.locations import LocationConfiguration, Management
from ftrack_orm.storage.parallel_copies import Copy, Stored

if TYPE_CHECKING:
    import os

    from ftrack_orm.storage.accessors.base import Accessor

#: Where the bytes of a component are: a path, bytes, a binary stream, or a file of another location.
FileSource = Union[str, "os.PathLike[str]", bytes, BinaryIO, Stored]


@attrs.define(eq=False)
class ComponentAddition:
    """One component to add to a location.

    *source* is None for a component without a file of its own: a container, or a file that stays where it is.
    *source_identifier* is the identifier that the file has where it comes from, and *identifier* the one it gets.
    """

    component: Entity
    location_id: str
    configuration: LocationConfiguration
    source: FileSource | None = attrs.field(default=None, repr=False)
    source_identifier: str | None = None
    identifier: str = ""

    @property
    def is_upload(self) -> bool:
        """Whether the file goes to the server's storage."""
        return self.source is not None and self.configuration.management is Management.SERVER

    @property
    def is_copy(self) -> bool:
        """Whether this machine writes the file."""
        return self.source is not None and self.configuration.management is Management.MANAGED

    @property
    def name(self) -> str:
        """The name of the file, for errors and progress."""
        return file_name_of(self.component["name"], self.component["file_type"])

    def as_copy(self) -> Copy:
        """Return the copy that this machine makes."""
        accessor = cast("Accessor", self.configuration.accessor)
        return Copy(cast("Any", self.source), accessor, self.identifier, self.name)

    def make_container(self) -> None:
        """Make the folder of a container that is no sequence, in a location that this machine writes to."""
        is_folder = is_container(self.component) and "padding" not in self.component.__attributes__
        accessor = self.configuration.accessor
        if is_folder and accessor is not None and self.configuration.management is Management.MANAGED:
            accessor.make_container(self.identifier)

    def registration(self) -> dict[str, Any]:
        """Return the attributes of the `ComponentLocation`."""
        return {
            "component": self.component,
            "location_id": self.location_id,
            "resource_identifier": self.configuration.encode(self.identifier, self.component),
        }
