"""Publish files into the studio's location: a disk with the standard structure."""

import os

import ftrack_api
import ftrack_api.accessor.disk
import ftrack_api.structure.standard


def configure_location(session, root):
    """Return the studio's location, with its files below *root*."""
    location = session.ensure("Location", {"name": "studio.disk", "label": "Studio"}, identifying_keys=["name"])
    location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=root)
    location.structure = ftrack_api.structure.standard.StandardStructure()
    location.priority = 10
    return location


def publish(session, location, shot, path, comment):
    """Publish the file at *path* as the next version of a shot, and return where it is, relative to the root."""
    asset_type = session.query("AssetType order by name").first()
    asset = session.query('Asset where name is "render" and parent.id is "{0}"'.format(shot["id"])).first()
    if not asset:
        asset = session.create("Asset", {"name": "render", "parent": shot, "type": asset_type})
    version = session.create("AssetVersion", {"asset": asset, "comment": comment})
    version["metadata"]["host"] = "farm"
    session.commit()
    component = version.create_component(path, data={"name": "main"}, location=location)
    session.commit()
    availability = session.get_component_availability(component, locations=[location])
    published = location.get_filesystem_path(component)
    return (
        version["version"],
        os.path.relpath(published, location.accessor.prefix).replace(os.sep, "/"),
        os.path.getsize(published),
        availability[location["id"]],
        location.get_resource_identifier(component),
    )


if __name__ == "__main__":
    session = ftrack_api.Session()
    shot = session.query('Shot where project.name is "demo"').first()
    print(publish(session, configure_location(session, "/tmp"), shot, "render.exr", "from the farm"))
