"""The dashboard of a project with ftrack-python-api, with the projections of an experienced user."""


def dashboard(session, project):
    """Return a row for each open task of the project named *project*, the most urgent first."""
    tasks = session.query(
        "select name, bid, time_logged, end_date, type.name, status.name, parent.name, parent.parent.name, "
        "assignments.resource.username from Task "
        f'where project.name is "{project}" and status.state.short is_not DONE order by end_date, name, id'
    )
    return [
        {
            "task": f"{task['parent']['parent']['name']} / {task['parent']['name']} / {task['name']}",
            "type": task["type"]["name"],
            "status": task["status"]["name"],
            "people": sorted(assignment["resource"]["username"] for assignment in task["assignments"]),
            "hours": [round(task["time_logged"] / 3600, 1), round(task["bid"] / 3600, 1)],
            "due": task["end_date"].date().isoformat() if task["end_date"] else None,
        }
        for task in tasks
    ]
