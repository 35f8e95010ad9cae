"""Publishing a version with ftrack-python-api, as in its documentation."""

import pathlib


def publish(session, task_id, asset_name, files, comment):
    """Publish *files*, paths by component name, as the next version of an asset of the task's shot."""
    task = session.get("Task", task_id)
    asset_type = session.query('AssetType where name is "Render"').one()
    asset = session.ensure(
        "Asset",
        {"name": asset_name, "context_id": task["parent_id"], "type_id": asset_type["id"]},
        identifying_keys=["name", "context_id"],
    )
    version = session.create("AssetVersion", {"asset": asset, "task": task, "comment": comment})
    session.commit()
    unmanaged = session.query('Location where name is "ftrack.unmanaged"').one()
    for name, path in files.items():
        component = version.create_component(str(path), data={"name": name}, location=unmanaged)
        component["metadata"]["source"] = pathlib.Path(path).name
    me = session.query(f'User where username is "{session.api_user}"').one()
    task.create_note(comment, author=me)
    task["status"] = session.query('Status where name is "Pending Review"').one()
    session.commit()
    return version
