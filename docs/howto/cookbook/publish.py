"""Publishing a version: the asset if it is new, the version with its files, a note, and the task's new status."""

import pathlib


def publish(session, task_id, asset_name, files, comment):
    """Publish *files*, paths by component name, as the next version of an asset of the task's shot.

    Returns the new version. Everything is one commit, so no other session sees an incomplete version.
    """
    task = session.get("Task", task_id)
    asset_type = session.query("AssetType").where(name="Render").one()
    asset = session.ensure(
        "Asset", {"name": asset_name, "parent": task.parent, "type": asset_type}, identifying_keys=["name", "parent"]
    )
    version = session.create("AssetVersion", asset=asset, task=task, comment=comment)
    unmanaged = session.query("Location").where(name="ftrack.unmanaged").one()
    for name, path in files.items():
        path = pathlib.Path(path)
        component = session.create(
            "FileComponent", name=name, version=version, file_type=path.suffix, size=path.stat().st_size
        )
        component.metadata["source"] = path.name
        session.create("ComponentLocation", component=component, location=unmanaged, resource_identifier=str(path))
    me = session.query("User").where(username=session.api_user).one()
    session.create("Note", content=comment, author=me, parent_id=task.id, parent_type=type(task).__name__)
    task.status = session.query("Status").where(name="Pending Review").one()
    session.commit()
    return version
