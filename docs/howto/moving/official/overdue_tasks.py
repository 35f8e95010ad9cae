"""List the open tasks that are late, for the message of the morning."""

import arrow
import ftrack_api
import ftrack_api.symbol


def overdue(session, project_name, today):
    """Return a line for each open task whose end is before *today*, an arrow date."""
    lines = []
    tasks = session.query(
        "select name, link, end_date, status.state.short, priority.name, assignments.resource from Task "
        'where project.name is "{0}" and end_date < "{1}"'.format(project_name, today.isoformat())
    )
    if not tasks:
        return []
    for task in sorted(tasks, key=lambda task: (task["end_date"], task["name"], task["id"])):
        if task["status"]["state"]["short"] in ("DONE", "BLOCKED"):
            continue
        people = []
        for assignment in task["assignments"]:
            resource = assignment["resource"]
            if isinstance(resource, session.types["User"]):
                people.append(resource["username"])
        lines.append(
            "{0}: due {1} ({2}), {3}, {4}".format(
                " / ".join(item["name"] for item in task["link"]),
                task["end_date"].format("YYYY-MM-DD"),
                task["end_date"].humanize(today),
                task.get("priority", {"name": "no priority"})["name"],
                ", ".join(sorted(people)) or "not assigned",
            )
        )
    return ["{0} tasks, {1} late".format(len(tasks), len(lines))] + lines


if __name__ == "__main__":
    print("\n".join(overdue(ftrack_api.Session(), "demo", arrow.utcnow())))
