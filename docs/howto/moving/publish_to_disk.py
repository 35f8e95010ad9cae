"""Publish files into the studio's location: a disk with the standard structure."""

import os

import ftrack_orm
from ftrack_orm.storage import DiskAccessor, StandardStructure


def configure_location(session, root):
    """Return the studio's location, with its files below *root*."""
    location = session.ensure("Location", {"name": "studio.disk", "label": "Studio"}, identifying_keys=["name"])
    location.accessor = DiskAccessor(prefix=root)
    location.structure = StandardStructure()
    location.priority = 10
    return location


def publish(session, location, shot, path, comment):
    """Publish the file at *path* as the next version of a shot, and return where it is, relative to the root."""
    asset_type = session.query("AssetType").order_by("name").first()
    asset = session.ensure("Asset", {"name": "render", "parent": shot, "type": asset_type}, ["name", "parent"])
    version = session.create("AssetVersion", asset=asset, comment=comment, metadata={"host": "farm"})
    session.commit()
    component = version.create_component(path, {"name": "main"}, location=location)
    session.commit()
    published = location.get_filesystem_path(component)
    return (
        version.version,
        os.path.relpath(published, location.accessor.prefix).replace(os.sep, "/"),
        os.path.getsize(published),
        session.get_component_availability(component, [location])[location.id],
        location.get_resource_identifier(component),
    )


if __name__ == "__main__":
    session = ftrack_orm.Session()
    shot = session.query("Shot").where("project.name is demo").first()
    print(publish(session, configure_location(session, "/tmp"), shot, "render.exr", "from the farm"))
