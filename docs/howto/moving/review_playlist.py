"""Make a review session of the latest versions of a sequence."""

import ftrack_orm


def make_playlist(session, project_name, name):
    """Create a review session with the newest version of each asset, and invite the leads. Return what is in it."""
    Version = session.types.AssetVersion
    project = session.query("Project").where(name=project_name).one()
    versions = (
        session.query(Version)
        .where(Version.asset.parent.project_id == project.id, Version.is_latest_version == True)  # noqa: E712
        .select(Version.version, Version.asset.name, Version.asset.parent.name, Version.task.name)
        .order_by(Version.asset.parent.name, Version.asset.name, Version.id)
        .all()
    )
    if not versions:
        return None

    with session.begin():
        review = session.create("ReviewSession", name=name, description="made by a script", project=project)
        for index, version in enumerate(versions):
            session.create(
                "ReviewSessionObject",
                name=f"{version.asset.parent.name}_{version.asset.name}",
                description=version.task.name if version.task else "",
                version=f"Version {version.version}",
                review_session=review,
                asset_version=version,
                sort_order=index,
            )
        for email in ("client@example.com", "lead@example.com"):
            session.create("ReviewSessionInvitee", name=email.split("@")[0], email=email, review_session=review)
    objects = sorted(review.review_session_objects, key=lambda item: item.sort_order)
    return [(item.name, item.version) for item in objects], len(review.review_session_invitees)


if __name__ == "__main__":
    print(make_playlist(ftrack_orm.Session(), "demo", "Dailies"))
