"""The nightly roll-up with ftrack-python-api."""

from collections import Counter


def roll_up(session, project):
    """Update the shots of the project named *project* from their tasks; return the number of approved shots."""
    tasks = session.query(f'select parent_id, status.state.short from Task where project.name is "{project}"')
    done, total = Counter(), Counter()
    for task in tasks:
        total[task["parent_id"]] += 1
        done[task["parent_id"]] += task["status"]["state"]["short"] == "DONE"

    approved = session.query('Status where name is "Approved"').one()
    newly_approved = 0
    for shot in session.query(f'select status, metadata from Shot where project.name is "{project}"'):
        if not total[shot["id"]]:
            continue
        shot["metadata"]["progress"] = f"{done[shot['id']]}/{total[shot['id']]}"
        if done[shot["id"]] == total[shot["id"]] and shot["status"] is not approved:
            shot["status"] = approved
            newly_approved += 1
    session.commit()
    return newly_approved
