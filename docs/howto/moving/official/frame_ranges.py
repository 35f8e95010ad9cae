"""Set the frame ranges of shots from a cut list, and show what would change."""

import ftrack_api


def set_frames(session, project_name, cut, dry_run=False):
    """Set first and last frames and the handles of shots by *cut*, a dictionary by name. Return the changes."""
    changes, unknown = [], []
    with session.auto_populating(True):
        shots = dict(
            (shot["name"], shot)
            for shot in session.query(
                'select name, custom_attributes, metadata from Shot where project.name is "{0}"'.format(project_name)
            )
        )
    for name, values in sorted(cut.items()):
        shot = shots.get(name)
        if shot is None:
            unknown.append(name)
            continue
        for key, value in sorted(values.items()):
            try:
                before = shot["custom_attributes"][key]
            except KeyError:
                unknown.append("{0}.{1}".format(name, key))
                continue
            if before != value:
                shot["custom_attributes"][key] = value
                changes.append((name, key, before, value))
        shot["metadata"].update({"cut": "v002"})
    if dry_run:
        session.recorded_operations.clear()
        session.rollback()
    else:
        session.commit()
    return changes, unknown


if __name__ == "__main__":
    print(set_frames(ftrack_api.Session(), "demo", {"sh0110": {"fstart": 1001, "fend": 1050}}, dry_run=True))
