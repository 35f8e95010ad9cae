"""A listener: a shot goes to review when the last of its tasks does."""


def listen(session):
    """Update shots when their tasks change, until `cancel()` of the returned subscription or the end of the session."""
    Task = session.types.Task

    def task_changed(task, names):
        shot = task.parent
        # Events have expired the attributes that others changed since: these reads fetch them, and nothing else.
        if all(child.status.name == "Pending Review" for child in shot.children):
            shot.status = task.status
            session.commit()

    session.event_hub.connect()
    return session.on_change(Task, task_changed, attributes=["status"])
