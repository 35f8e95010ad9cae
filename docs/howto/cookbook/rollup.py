"""The nightly roll-up: stores the progress of each shot, and approves shots whose tasks are all done."""

from collections import Counter


def roll_up(session, project):
    """Update the shots of the project named *project* from their tasks; return the number of approved shots."""
    Task, Shot = session.types.Task, session.types.Shot
    tasks = session.query(Task).where(Task.project.name == project).select(Task.parent_id, Task.status.state.short)
    done, total = Counter(), Counter()
    for task in tasks:
        total[task.parent_id] += 1
        done[task.parent_id] += task.status.state.short == "DONE"

    approved = session.query("Status").where(name="Approved").one()
    newly_approved = 0
    for shot in session.query(Shot).where(Shot.project.name == project).select(Shot.status, Shot.metadata):
        if not total[shot.id]:
            continue
        shot.metadata["progress"] = f"{done[shot.id]}/{total[shot.id]}"
        if done[shot.id] == total[shot.id] and shot.status is not approved:
            shot.status = approved
            newly_approved += 1
    session.commit()
    return newly_approved
