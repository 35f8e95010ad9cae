"""Habits with locations that scripts set up with the classes of the official client."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from tests.interop.habits.files import ORIGIN, file_of, version_of
from tests.interop.habits.habit import compat_habit


@compat_habit("location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=...)")
def disk_with_the_standard_structure(ftrack_api: Any, session: Any, shot: Any, task: Any, folder: Path) -> Any:
    """Publish into a location on a disk with the standard structure."""
    location = session.ensure("Location", {"name": "storing.standard"})
    location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(folder / "disk"))
    location.structure = ftrack_api.structure.standard.StandardStructure()
    location.priority = 20
    (folder / "disk").mkdir()
    version = version_of(session, shot, task)
    component = version.create_component(str(file_of(folder)), {"name": "main"}, location=location)
    session.commit()
    path = location.get_filesystem_path(component)
    return path.replace(str(folder), ""), Path(path).read_bytes(), location.get_resource_identifier(component)


@compat_habit("class StudioStructure(ftrack_api.structure.base.Structure):")
def structure_of_the_studio(ftrack_api: Any, session: Any, shot: Any, task: Any, folder: Path) -> Any:
    """Form paths with a structure of the studio."""

    class StudioStructure(ftrack_api.structure.base.Structure):  # type: ignore[misc]
        def get_resource_identifier(self, entity: Any, context: Any = None) -> Any:
            parent = entity["version"]["asset"]["parent"]
            return self.path_separator.join([self.prefix, parent["name"], entity["name"] + entity["file_type"]])

    location = session.ensure("Location", {"name": "storing.studio"})
    location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(folder / "disk"))
    location.structure = StudioStructure(prefix="plates")
    (folder / "disk").mkdir()
    version = version_of(session, shot, task)
    component = version.create_component(str(file_of(folder)), {"name": "main"}, location=location)
    session.commit()
    return location.get_resource_identifier(component), Path(location.get_filesystem_path(component)).is_file()


@compat_habit("class StudioStructure(ftrack_api.structure.standard.StandardStructure): def _get_parts(...)")
def standard_structure_of_the_studio(ftrack_api: Any, session: Any, shot: Any, task: Any, folder: Path) -> Any:
    """Change the names of files of the standard structure."""

    class StudioStructure(ftrack_api.structure.standard.StandardStructure):  # type: ignore[misc]
        def get_resource_identifier(self, entity: Any, context: Any = None) -> Any:
            return "studio/" + super().get_resource_identifier(entity, context)

    component = version_of(session, shot, task).create_component(str(file_of(folder)), {"name": "main"}, location=None)
    session.commit()
    structure = StudioStructure(project_versions_prefix="versions")
    return structure.get_resource_identifier(component), structure.sanitise_for_filesystem("a b/c:é")


@compat_habit("class StudioStructure(StandardStructure): def sanitise_for_filesystem(self, value):")
def names_of_the_studio(ftrack_api: Any, session: Any, shot: Any, task: Any, folder: Path) -> Any:
    """Change the names in the paths of the standard structure."""

    class StudioStructure(ftrack_api.structure.standard.StandardStructure):  # type: ignore[misc]
        def sanitise_for_filesystem(self, value: str) -> Any:
            return value.upper()

    location = session.ensure("Location", {"name": "storing.names"})
    location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(folder / "disk"))
    location.structure = StudioStructure()
    (folder / "disk").mkdir()
    component = version_of(session, shot, task).create_component(str(file_of(folder)), {"name": "a"}, location=location)
    session.commit()
    return location.get_resource_identifier(component), Path(location.get_filesystem_path(component)).is_file()


@compat_habit("StandardStructure().get_resource_identifier(component) with names of other languages")
def names_of_other_languages(ftrack_api: Any, session: Any, shot: Any, task: Any, folder: Path) -> Any:
    """Form the paths that files were published under before."""
    version = version_of(session, shot, task)
    component = version.create_component(str(file_of(folder)), {"name": "Größe 1: é"}, location=None)
    session.commit()
    return ftrack_api.structure.standard.StandardStructure().get_resource_identifier(component)


@compat_habit("class StudioAccessor(ftrack_api.accessor.base.Accessor):")
def accessor_of_the_studio(ftrack_api: Any, session: Any, folder: Path) -> Any:
    """Keep files with an accessor of the studio."""
    stored: dict[str, bytes] = {}

    class Stored(io.BytesIO):
        def __init__(self, identifier: str, mode: str) -> None:
            super().__init__(stored.get(identifier, b"") if "r" in mode else b"")
            self.identifier = identifier

        def close(self) -> None:
            if not self.closed:
                stored.setdefault(self.identifier, self.getvalue())
            super().close()

    class StudioAccessor(ftrack_api.accessor.base.Accessor):  # type: ignore[misc]
        def list(self, resource_identifier: Any) -> Any:
            return sorted(stored)

        def exists(self, resource_identifier: Any) -> Any:
            return resource_identifier in stored

        def is_file(self, resource_identifier: Any) -> Any:
            return resource_identifier in stored

        def is_container(self, resource_identifier: Any) -> Any:
            return False

        def is_sequence(self, resource_identifier: Any) -> Any:
            return False

        def open(self, resource_identifier: Any, mode: str = "rb") -> Any:
            return Stored(resource_identifier, mode)

        def remove(self, resource_identifier: Any) -> Any:
            stored.pop(resource_identifier, None)

        def make_container(self, resource_identifier: Any, recursive: bool = True) -> Any:
            return None

        def get_container(self, resource_identifier: Any) -> Any:
            return ""

    location = session.ensure("Location", {"name": "storing.accessor"})
    location.accessor = StudioAccessor()
    location.structure = ftrack_api.structure.id.IdStructure(prefix="ids")
    component = session.create_component(str(file_of(folder)), {"name": "main"}, location=location)
    session.commit()
    identifier = location.get_resource_identifier(component)
    return identifier.startswith("ids/"), stored[identifier], location.accessor.exists(identifier)


@compat_habit("location.accessor.open(location.get_resource_identifier(component), 'rb').read()")
def read_through_an_accessor(ftrack_api: Any, session: Any, folder: Path) -> Any:
    """Read and list files with the accessor of a location."""
    (folder / "disk").mkdir()
    location = session.ensure("Location", {"name": "storing.reading"})
    location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(folder / "disk"))
    location.structure = ftrack_api.structure.id.IdStructure()
    component = session.create_component(str(file_of(folder)), {"name": "main"}, location=location)
    session.commit()
    identifier, accessor = location.get_resource_identifier(component), location.accessor
    data = accessor.open(identifier, "rb")
    content = data.read()
    data.close()
    return content, accessor.exists(identifier), accessor.is_file(identifier), accessor.is_container(identifier)


@compat_habit("ftrack_api.accessor.disk.DiskAccessor(prefix=...).open(path, 'wb').write(...)")
def accessor_without_a_location(ftrack_api: Any, folder: Path) -> Any:
    """Write, list and remove files with an accessor."""
    accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(folder))
    accessor.make_container("plates/new")
    data = accessor.open("plates/new/a.txt", "wb")
    data.write(b"text")
    data.close()
    listed = accessor.list("plates/new")
    accessor.remove("plates/new/a.txt")
    path = accessor.get_filesystem_path("plates/new").replace(str(folder), "")
    return listed, accessor.exists("plates/new/a.txt"), accessor.get_container("plates/new"), path


@compat_habit("accessor.open('missing', 'rb') with except ftrack_api.exception.AccessorResourceNotFoundError:")
def error_of_an_accessor(ftrack_api: Any, folder: Path) -> Any:
    """Catch the errors of an accessor."""
    accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(folder))
    caught = []
    for function in (accessor.list, accessor.remove, lambda name: accessor.open(name, "rb")):
        try:
            function("missing")
        except ftrack_api.exception.AccessorError as error:
            caught.append(isinstance(error, ftrack_api.exception.Error))
    return caught


@compat_habit("location.get_filesystem_path(component) with except ftrack_api.exception.ComponentNotInLocationError:")
def error_of_a_location(ftrack_api: Any, session: Any, folder: Path) -> Any:
    """Catch the error about a component that a location does not have."""
    server = session.query('Location where name is "ftrack.server"').one()
    component = session.create_component(str(file_of(folder)), {"name": "main"}, location=None)
    session.commit()
    try:
        server.get_resource_identifier(component)
    except ftrack_api.exception.ComponentNotInLocationError as error:
        return "not there", isinstance(error, ftrack_api.exception.LocationError)


@compat_habit("location.add_component(...) with except ftrack_api.exception.ComponentInLocationError:")
def component_added_twice(ftrack_api: Any, session: Any, folder: Path) -> Any:
    """Catch the error about a component that a location has already."""
    location = session.query('Location where name is "ftrack.unmanaged"').one()
    component = session.create_component(str(file_of(folder)), {"name": "main"}, location=location)
    session.commit()
    try:
        location.add_component(component, session.get("Location", ORIGIN))
    except ftrack_api.exception.ComponentInLocationError:
        return "already there"


@compat_habit("class StudioTransformer(ResourceIdentifierTransformer):")
def transformer_of_the_studio(ftrack_api: Any, session: Any, folder: Path) -> Any:
    """Store other identifiers than those of the accessor."""
    module = ftrack_api.resource_identifier_transformer.base

    class StudioTransformer(module.ResourceIdentifierTransformer):  # type: ignore[misc, name-defined]
        def encode(self, resource_identifier: Any, context: Any = None) -> Any:
            return "encoded:" + resource_identifier

        def decode(self, resource_identifier: Any, context: Any = None) -> Any:
            return resource_identifier.partition(":")[2]

    (folder / "disk").mkdir()
    location = session.ensure("Location", {"name": "storing.transformer"})
    location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(folder / "disk"))
    location.structure = ftrack_api.structure.id.IdStructure()
    location.resource_identifier_transformer = StudioTransformer(session)
    component = session.create_component(str(file_of(folder)), {"name": "main"}, location=location)
    session.commit()
    row = session.query(f'ComponentLocation where component_id is "{component["id"]}"').one()
    return row["resource_identifier"][:8], Path(location.get_filesystem_path(component)).read_bytes()


@compat_habit("ftrack_api.mixin(location, ftrack_api.entity.location.UnmanagedLocationMixin, name=...)")
def unmanaged_location_of_the_studio(ftrack_api: Any, session: Any, folder: Path) -> Any:
    """Make a location that registers files where they are."""
    location = session.ensure("Location", {"name": "storing.unmanaged"})
    ftrack_api.mixin(location, ftrack_api.entity.location.UnmanagedLocationMixin, name="StudioUnmanagedLocation")
    location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix="")
    location.structure = ftrack_api.structure.origin.OriginStructure()
    path = file_of(folder)
    component = session.create_component(str(path), {"name": "main"}, location=location)
    session.commit()
    return location.get_filesystem_path(component) == str(path), type(location).__name__


@compat_habit("location.accessor is ftrack_api.symbol.NOT_SET, location.priority")
def location_that_is_not_set_up(ftrack_api: Any, session: Any) -> Any:
    """Recognize a location without an accessor."""
    location = session.create("Location", {"name": "storing.new"})
    found = not location.accessor, not location.structure, location.priority
    session.rollback()
    return found


@compat_habit("session.pick_locations([component, ...]), location.get_filesystem_paths([...])")
def several_components(session: Any, folder: Path) -> Any:
    """Ask for the locations and the paths of several components."""
    unmanaged = session.query('Location where name is "ftrack.unmanaged"').one()
    path = file_of(folder)
    components = [session.create_component(str(path), {"name": name}, location=unmanaged) for name in "ab"]
    session.commit()
    picked = [location["name"] for location in session.pick_locations(components)]
    return (
        picked,
        unmanaged.get_filesystem_paths(components) == [str(path)] * 2,
        unmanaged.get_component_availabilities(components),
    )


@compat_habit("server_location.get_url(component), component['component_locations'][0]['url']")
def address_of_a_component(session: Any, folder: Path) -> Any:
    """Get the address of a component on the server."""
    server = session.query('Location where name is "ftrack.server"').one()
    component = session.create_component(str(file_of(folder)), {"name": "main"}, location=server)
    session.commit()
    return server.get_url(component).startswith(session.server_url), component["id"] in server.get_url(component)


@compat_habit("target.add_component(component, source); shutil.copy(...)")
def copy_between_locations(ftrack_api: Any, session: Any, folder: Path) -> Any:
    """Copy a component from one location to another, as sync tools do."""
    server = session.query('Location where name is "ftrack.server"').one()
    (folder / "disk").mkdir()
    disk = session.ensure("Location", {"name": "storing.copies"})
    disk.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(folder / "disk"))
    disk.structure = ftrack_api.structure.id.IdStructure()
    component = session.create_component(str(file_of(folder)), {"name": "main"}, location=disk)
    session.commit()
    server.add_component(component, disk)
    available = session.get_component_availability(component)
    disk.remove_component(component)
    return available[server["id"]], available[disk["id"]], disk.get_component_availability(component)


@compat_habit("session.event_hub.subscribe('topic=' + ftrack_api.symbol.COMPONENT_ADDED_TO_LOCATION_TOPIC, ...)")
def follow_components(ftrack_api: Any, listening: Any, folder: Path) -> Any:
    """Follow the components that are added to locations."""
    added = []
    topic = ftrack_api.symbol.COMPONENT_ADDED_TO_LOCATION_TOPIC
    listening.event_hub.subscribe(f"topic={topic}", lambda event: added.append(sorted(event["data"])))
    unmanaged = listening.query('Location where name is "ftrack.unmanaged"').one()
    listening.create_component(str(file_of(folder)), {"name": "main"}, location=unmanaged)
    listening.commit()
    for _ in range(200):
        listening.event_hub.wait(duration=0.1)
        if added:
            break
    return added[0]


@compat_habit("isinstance(location.accessor, ftrack_api.accessor.disk.DiskAccessor)")
def accessors_of_locations(ftrack_api: Any, session: Any, folder: Path) -> Any:
    """Recognize accessors and structures of locations by their classes."""
    disk = ftrack_api.accessor.disk.DiskAccessor
    unmanaged = session.query('Location where name is "ftrack.unmanaged"').one()
    server = session.query('Location where name is "ftrack.server"').one()
    location = session.ensure("Location", {"name": "storing.recognized"})
    location.accessor = disk(prefix=str(folder))
    return (
        isinstance(unmanaged.accessor, disk),
        isinstance(unmanaged.structure, ftrack_api.structure.origin.OriginStructure),
        isinstance(server.accessor, disk),
        unmanaged.accessor.prefix,
        location.accessor.prefix == str(folder),
    )
