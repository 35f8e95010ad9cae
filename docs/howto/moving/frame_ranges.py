"""Set the frame ranges of shots from a cut list, and show what would change."""

import ftrack_orm


def set_frames(session, project_name, cut, dry_run=False):
    """Set first and last frames and the handles of shots by *cut*, a dictionary by name. Return the changes."""
    Shot = session.types.Shot
    changes, unknown = [], []
    query = session.query(Shot).where(Shot.project.name == project_name)
    shots = {shot.name: shot for shot in query.select(Shot.name, Shot.custom_attributes, Shot.metadata)}
    for name, values in sorted(cut.items()):
        shot = shots.get(name)
        if shot is None:
            unknown.append(name)
            continue
        for key, value in sorted(values.items()):
            if key not in shot.custom_attributes:
                unknown.append(f"{name}.{key}")
                continue
            before = shot.custom_attributes[key]
            if before != value:
                shot.custom_attributes[key] = value
                changes.append((name, key, before, value))
        shot.metadata["cut"] = "v002"
    if dry_run:
        session.rollback()
    else:
        session.commit()
    return changes, unknown


if __name__ == "__main__":
    print(set_frames(ftrack_orm.Session(), "demo", {"sh0110": {"fstart": 1001, "fend": 1050}}, dry_run=True))
