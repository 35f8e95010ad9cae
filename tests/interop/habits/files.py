"""Habits with files: components, locations, paths and thumbnails."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

from tests.interop.files import picture
from tests.interop.habits.habit import habit

ORIGIN = "ce9b348f-8809-11e3-821c-20c9d081909b"


@habit("session.create_component(path, data={'name': ...}, location=None)")
def component_of_a_file(session: Any, folder: Path) -> Any:
    """Create a component that stays where its file is."""
    path = file_of(folder)
    component = session.create_component(str(path), data={"name": "main"}, location=None)
    session.commit()
    return component["name"], component["file_type"], component["size"], type(component).__name__


@habit("session.create_component('/path/plate.%04d.exr [1-3]', location=None)")
def component_of_a_sequence(session: Any, folder: Path) -> Any:
    """Create a component of a file sequence."""
    for number in (1, 2, 3):
        (folder / f"plate.{number:04d}.exr").write_bytes(b"x" * number)
    component = session.create_component(f"{folder}/plate.%04d.exr [1-3]", {"name": "plate"}, location=None)
    session.commit()
    members = sorted(member["name"] for member in component["members"])
    return component["padding"], component["file_type"], members


@habit("version.create_component(path, {'name': ...}, location=server_location)")
def upload_a_component(session: Any, shot: Any, task: Any, folder: Path) -> Any:
    """Upload a file as a component of a version."""
    version = version_of(session, shot, task)
    server = session.query('Location where name is "ftrack.server"').one()
    component = version.create_component(str(file_of(folder)), data={"name": "upload"}, location=server)
    session.commit()
    with urllib.request.urlopen(server.get_url(component), timeout=30) as response:
        content = response.read()
    return content, [each["name"] for each in version["components"]], component["version"]["id"] == version["id"]


@habit("version.create_component(path, location='auto')")
def component_in_an_automatic_location(session: Any, shot: Any, task: Any, folder: Path) -> Any:
    """Let the client choose a location."""
    version = version_of(session, shot, task)
    component = version.create_component(str(file_of(folder)), {"name": "chosen"}, location="auto")
    session.commit()
    return [each["location"]["name"] for each in component["component_locations"]]


@habit("session.query('Location where name is \"ftrack.unmanaged\"').one()")
def unmanaged_component(session: Any, folder: Path) -> Any:
    """Register a file where it is, and ask for its path."""
    path = file_of(folder)
    location = session.query('Location where name is "ftrack.unmanaged"').one()
    component = session.create_component(str(path), {"name": "unmanaged"}, location=location)
    session.commit()
    identifier = location.get_resource_identifier(component)
    return location.get_filesystem_path(component) == str(path), identifier == str(path)


@habit("component['component_locations'][0]['location']['name']")
def locations_of_a_component(session: Any, folder: Path) -> Any:
    """List the locations of a component."""
    location = session.query('Location where name is "ftrack.unmanaged"').one()
    component = session.create_component(str(file_of(folder)), {"name": "where"}, location=location)
    session.commit()
    found = session.query(f'ComponentLocation where component_id is "{component["id"]}"')
    return [each["location"]["name"] for each in found], len(component["component_locations"])


@habit("session.get_component_availability(component)")
def availability_of_a_component(session: Any, folder: Path) -> Any:
    """Ask where a component is available."""
    location = session.query('Location where name is "ftrack.unmanaged"').one()
    component = session.create_component(str(file_of(folder)), {"name": "available"}, location=location)
    session.commit()
    availability = session.get_component_availability(component)
    return availability[location["id"]], component.get_availability([location]), len(availability)


@habit("session.pick_location(component)")
def pick_a_location(session: Any, folder: Path) -> Any:
    """Find the best location that has a component."""
    location = session.query('Location where name is "ftrack.unmanaged"').one()
    component = session.create_component(str(file_of(folder)), {"name": "picked"}, location=location)
    session.commit()
    return session.pick_location(component)["name"], session.pick_location()["name"]


@habit("location.add_component(component, source); location.remove_component(component)")
def move_a_component(session: Any, folder: Path) -> Any:
    """Add a component to a location, and remove it."""
    origin, server = session.get("Location", ORIGIN), session.query('Location where name is "ftrack.server"').one()
    component = session.create_component(str(file_of(folder)), {"name": "moved"}, location=None)
    session.commit()
    server.add_component(component, origin)
    before = server.get_component_availability(component)
    server.remove_component(component)
    return before, server.get_component_availability(component)


@habit("location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=...)", "ftrack_orm.storage.DiskAccessor")
def location_on_a_disk(ftrack_api: Any, session: Any, folder: Path) -> Any:
    """Configure a location on a disk."""
    location = session.ensure("Location", {"name": "habits.disk"})
    location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(folder / "disk"))
    location.structure = ftrack_api.structure.id.IdStructure()
    location.priority = 30
    (folder / "disk").mkdir()
    component = session.create_component(str(file_of(folder)), {"name": "disk"}, location=location)
    session.commit()
    return Path(location.get_filesystem_path(component)).read_bytes()


@location_on_a_disk.here
def _(session: Any, folder: Path) -> Any:
    from ftrack_orm.storage import DiskAccessor, IdStructure

    location = session.ensure("Location", {"name": "habits.disk"})
    location.accessor = DiskAccessor(prefix=str(folder / "disk"))
    location.structure = IdStructure()
    location.priority = 30
    (folder / "disk").mkdir()
    component = session.create_component(str(file_of(folder)), {"name": "disk"}, location=location)
    return Path(location.get_filesystem_path(component)).read_bytes()


@habit("import ftrack_api.accessor.disk, and then DiskAccessor(prefix=...)", "ftrack_orm.storage.Accessor")
def official_accessor(official: Any, session: Any, folder: Path) -> Any:
    """Give a location an accessor of the official client that is still imported."""
    location = session.ensure("Location", {"name": "habits.official"})
    location.accessor = official.accessor.disk.DiskAccessor(prefix=str(folder))
    return location.accessor.prefix == str(folder)


@official_accessor.here
def _(session: Any, folder: Path) -> Any:
    from ftrack_orm.storage import DiskAccessor

    location = session.ensure("Location", {"name": "habits.official"})
    location.accessor = DiskAccessor(prefix=str(folder))
    return str(location.accessor.prefix) == str(folder)


@habit("ftrack_api.structure.standard.StandardStructure()", "ftrack_orm.storage.StandardStructure")
def standard_structure(ftrack_api: Any, session: Any, shot: Any, task: Any, folder: Path) -> Any:
    """Form a path by the standard structure."""
    structure = ftrack_api.structure.standard.StandardStructure()
    component = version_of(session, shot, task).create_component(str(file_of(folder)), {"name": "main"}, location=None)
    session.commit()
    return structure.get_resource_identifier(component)


@standard_structure.here
def _(session: Any, shot: Any, task: Any, folder: Path) -> Any:
    from ftrack_orm.storage import StandardStructure

    component = version_of(session, shot, task).create_component(str(file_of(folder)), {"name": "main"}, location=None)
    session.commit()
    return StandardStructure().get_resource_identifier(component)


@habit("ftrack_api.mixin(location, ftrack_api.entity.location.UnmanagedLocationMixin)", "ftrack.unmanaged")
def location_without_management(ftrack_api: Any, session: Any, folder: Path) -> Any:
    """Make a location that copies nothing."""
    location = session.ensure("Location", {"name": "habits.unmanaged"})
    ftrack_api.mixin(location, ftrack_api.entity.location.UnmanagedLocationMixin, name="HabitsLocation")
    location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix="")
    location.structure = ftrack_api.structure.origin.OriginStructure()
    path = file_of(folder)
    component = session.create_component(str(path), {"name": "unmanaged"}, location=location)
    session.commit()
    return location.get_filesystem_path(component) == str(path)


@location_without_management.here
def _(session: Any, folder: Path) -> Any:
    path = file_of(folder)
    location = session.query('Location where name is "ftrack.unmanaged"').one()
    component = session.create_component(str(path), {"name": "unmanaged"}, location=location)
    return location.get_filesystem_path(component) == str(path)


@habit("ftrack_api.symbol.SERVER_LOCATION_ID", "ftrack_orm.storage")
def id_of_a_location(ftrack_api: Any, session: Any) -> Any:
    """Get a location by its constant id."""
    return session.get("Location", ftrack_api.symbol.SERVER_LOCATION_ID)["name"]


@id_of_a_location.here
def _(session: Any) -> Any:
    from ftrack_orm.storage import SERVER_LOCATION_ID

    return session.get("Location", SERVER_LOCATION_ID)["name"]


@habit("shot.create_thumbnail(path); server_location.get_thumbnail_url(thumbnail)")
def set_a_thumbnail(session: Any, shot: Any, folder: Path) -> Any:
    """Set a thumbnail, and get its address."""
    path = folder / "thumbnail.png"
    path.write_bytes(picture())
    thumbnail = shot.create_thumbnail(str(path))
    session.commit()
    server = session.query('Location where name is "ftrack.server"').one()
    address = server.get_thumbnail_url(thumbnail, size=64)
    return shot["thumbnail"]["id"] == thumbnail["id"], address.startswith(session.server_url)


@habit("task['thumbnail'] = version['thumbnail']")
def share_a_thumbnail(session: Any, shot: Any, task: Any, folder: Path) -> Any:
    """Use the thumbnail of one entity for another."""
    path = folder / "shared.png"
    path.write_bytes(picture())
    shot.create_thumbnail(str(path))
    session.commit()
    task["thumbnail"] = shot["thumbnail"]
    session.commit()
    return task["thumbnail_id"] == shot["thumbnail_id"], bool(task["thumbnail"])


@habit("component['metadata']['ftr_meta'] = json.dumps({...})")
def metadata_of_a_component(session: Any, folder: Path) -> Any:
    """Attach metadata for the web player to a component."""
    component = session.create_component(str(file_of(folder)), {"name": "movie"}, location=None)
    component["metadata"]["ftr_meta"] = '{"frameIn": 1}'
    session.commit()
    found = session.query(f'select metadata from Component where id is "{component["id"]}"').one()
    return dict(found["metadata"])


@habit("session.create('NoteComponent', {'component_id': ..., 'note_id': ...})")
def attach_a_file_to_a_note(session: Any, task: Any, user: Any, folder: Path) -> Any:
    """Attach a file to a note, and list the attachments."""
    note = task.create_note("see the file", author=user)
    server = session.query('Location where name is "ftrack.server"').one()
    component = session.create_component(str(file_of(folder)), data={"name": "My file"}, location=server)
    session.commit()
    session.create("NoteComponent", {"component_id": component["id"], "note_id": note["id"]})
    session.commit()
    return [each["component"]["name"] for each in note["note_components"]]


def file_of(folder: Path) -> Path:
    path = folder / "plate.exr"
    path.write_bytes(b"some pixels")
    return path


def version_of(session: Any, shot: Any, task: Any) -> Any:
    kind = session.query("AssetType order by name").first()
    asset = session.create("Asset", {"name": "plate", "type": kind, "parent": shot})
    version = session.create("AssetVersion", {"asset": asset, "task": task})
    session.commit()
    return version
