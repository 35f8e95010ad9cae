"""Make a review session of the latest versions of a sequence."""

import ftrack_api


def make_playlist(session, project_name, name):
    """Create a review session with the newest version of each asset, and invite the leads. Return what is in it."""
    project = session.query('Project where name is "{0}"'.format(project_name)).one()
    versions = session.query(
        "select version, asset.name, asset.parent.name, task.name from AssetVersion "
        'where asset.parent.project_id is "{0}" and is_latest_version is true'.format(project["id"])
    ).all()
    if len(versions) == 0:
        return None

    review = session.create("ReviewSession", {"name": name, "description": "made by a script", "project": project})
    versions.sort(key=lambda version: (version["asset"]["parent"]["name"], version["asset"]["name"], version["id"]))
    for index, version in enumerate(versions):
        session.create(
            "ReviewSessionObject",
            {
                "name": "{0}_{1}".format(version["asset"]["parent"]["name"], version["asset"]["name"]),
                "description": version["task"]["name"] if version["task"] else "",
                "version": "Version {0}".format(version["version"]),
                "review_session": review,
                "asset_version": version,
                "sort_order": index,
            },
        )
    for email in ("client@example.com", "lead@example.com"):
        session.create("ReviewSessionInvitee", {"name": email.split("@")[0], "email": email, "review_session": review})
    try:
        session.commit()
    except ftrack_api.exception.ServerError:
        session.rollback()
        raise
    objects = sorted(review["review_session_objects"], key=lambda item: item["sort_order"])
    return [(item["name"], item["version"]) for item in objects], len(review["review_session_invitees"])


if __name__ == "__main__":
    print(make_playlist(ftrack_api.Session(), "demo", "Dailies"))
