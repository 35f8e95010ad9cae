"""A listener: a shot goes to review when the last of its tasks does."""


def listen(session):
    """Keep the shots right while tasks change, until `cancel()` of what is returned or the session's end."""
    Task = session.types.Task

    def task_changed(task, names):
        shot = task.parent
        # What others changed since has been marked by its own event: these reads fetch what is stale, and only that.
        if all(child.status.name == "Pending Review" for child in shot.children):
            shot.status = task.status
            session.commit()

    session.event_hub.connect()
    return session.on_change(Task, task_changed, attributes=["status"])
