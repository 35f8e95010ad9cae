"""List the open tasks that are late, for the message of the morning."""

import arrow

import ftrack_orm


def overdue(session, project_name, today):
    """Return a line for each open task whose end is before *today*, an arrow date."""
    Task = session.types.Task
    late = session.query(Task).where(Task.project.name == project_name, Task.end_date < today)
    number = late.count()
    if not number:
        return []
    lines = []
    tasks = (
        late.where(Task.status.state.short.not_in(["DONE", "BLOCKED"]))
        .select(Task.name, Task.link, Task.end_date, Task.priority.name, Task.assignments.resource)
        .order_by(Task.end_date, Task.name, Task.id)
    )
    for task in tasks:
        resources = [assignment.resource for assignment in task.assignments]
        people = sorted(each.username for each in resources if isinstance(each, session.types.User))
        path = " / ".join(item["name"] for item in task.link)
        end = arrow.get(task.end_date)
        lines.append(
            f"{path}: due {end.format('YYYY-MM-DD')} ({end.humanize(today)}), {task.priority.name}, "
            f"{', '.join(people) or 'not assigned'}"
        )
    return [f"{number} tasks, {len(lines)} late", *lines]


if __name__ == "__main__":
    print("\n".join(overdue(ftrack_orm.Session(), "demo", arrow.utcnow())))
