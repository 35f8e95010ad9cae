"""The dashboard of a project: its open tasks with their parents, assignees and progress."""


def dashboard(session, project):
    """Return a row for each open task of the project named *project*, the most urgent first."""
    Task = session.types.Task
    query = (
        session.query(Task)
        .where(Task.project.name == project, Task.status.state.short != "DONE")
        # Optional: without it, each relation is fetched in another request; with it, everything comes with the tasks.
        .select(Task.name, Task.bid, Task.time_logged, Task.end_date, Task.type.name, Task.status.name)
        .select(Task.parent.name, Task.parent.parent.name, Task.assignments.resource["User"].username)
        .order_by(Task.end_date, Task.name, Task.id)
    )
    return [
        {
            "task": f"{task.parent.parent.name} / {task.parent.name} / {task.name}",
            "type": task.type.name,
            "status": task.status.name,
            "people": sorted(assignment.resource.username for assignment in task.assignments),
            "hours": [round(task.time_logged / 3600, 1), round(task.bid / 3600, 1)],
            "due": task.end_date.date().isoformat() if task.end_date else None,
        }
        for task in query
    ]
