"""Report the hours that people have logged, by user and day."""

from collections import defaultdict

import arrow
import ftrack_api


def report(session, project_name, since):
    """Return the hours by username and day, of timelogs that started after *since*, an ISO date."""
    start = arrow.get(since)
    hours = defaultdict(float)
    timelogs = session.query(
        "select user.username, start, duration, context.name, context.project.name from Timelog "
        'where start >= "{0}"'.format(start.format("YYYY-MM-DD"))
    )
    for timelog in timelogs:
        context = timelog["context"]
        if context is None or context["project"]["name"] != project_name:
            continue
        day = timelog["start"].floor("day")
        hours[timelog["user"]["username"], day.format("YYYY-MM-DD")] += timelog["duration"] / 3600.0
    return sorted((user, day, round(value, 2)) for (user, day), value in hours.items())


if __name__ == "__main__":
    session = ftrack_api.Session()
    for user, day, value in report(session, "demo", "2024-01-01"):
        print("{0:20} {1} {2:6.2f}".format(user, day, value))
