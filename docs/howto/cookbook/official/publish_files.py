"""Publishing a version with its files with ftrack-python-api, as in its documentation."""


def publish(session, task_id, asset_name, files, thumbnail, movie, comment):
    """Publish *files*, paths by component name, as the next version of an asset of the task's shot."""
    task = session.query(f'select parent, project.managers.user from Task where id is "{task_id}"').one()
    asset_type = session.query('AssetType where name is "Render"').one()
    asset = session.ensure(
        "Asset",
        {"name": asset_name, "context_id": task["parent_id"], "type_id": asset_type["id"]},
        identifying_keys=["name", "context_id"],
    )
    version = session.create("AssetVersion", {"asset": asset, "task": task, "comment": comment})
    session.commit()
    server = session.query('Location where name is "ftrack.server"').one()
    for name, path in files.items():
        version.create_component(str(path), data={"name": name}, location=server)
    version.create_thumbnail(str(thumbnail))
    version.encode_media(str(movie))
    artist = session.query(f'User where username is "{session.api_user}"').one()
    task.create_note(comment, author=artist, recipients=[manager["user"] for manager in task["project"]["managers"]])
    task["status"] = session.query('Status where name is "Pending Review"').one()
    session.commit()
    return version
