"""Publishing a version with its files: components, a thumbnail, a movie for reviews, a note to the lead, the status."""


def publish(session, task_id, asset_name, files, thumbnail, movie, comment):
    """Publish *files*, paths by component name, as the next version of an asset of the task's shot; return the version.

    Three requests are made beside the transfers of the files, whatever their number.
    """
    (task,), (asset_type,), (pending_review,), (artist,) = session.all(
        session.query("Task").where(id=task_id).select("parent.assets.name", "project.managers.user.username"),
        session.query("AssetType").where(name="Render"),
        session.query("Status").where(name="Pending Review"),
        session.query("User").where(username=session.api_user),
    )
    with session.transfer() as block:
        asset = next((asset for asset in task.parent.assets if asset.name == asset_name), None)
        if asset is None:
            asset = session.create("Asset", name=asset_name, parent=task.parent, type=asset_type)
        version = session.create("AssetVersion", asset=asset, task=task, comment=comment)
        for name, path in files.items():
            block.component(version, path, name=name, location="ftrack.server")
        block.thumbnail(version, thumbnail)
        block.review(version, movie)
        leads = [manager.user for manager in task.project.managers]
        task.create_note(comment, author=artist, recipients=leads)
        task.status = pending_review
    return version
