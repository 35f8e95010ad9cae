"""Report the hours that people have logged, by user and day."""

import datetime
from collections import defaultdict

import ftrack_orm


def report(session, project_name, since):
    """Return the hours by username and day, of timelogs that started after *since*, an ISO date."""
    Timelog = session.types.Timelog
    start = datetime.datetime.fromisoformat(since).replace(tzinfo=datetime.timezone.utc)
    hours = defaultdict(float)
    timelogs = (
        session.query(Timelog)
        .where(Timelog.start >= start, Timelog.context["Context"].project.name == project_name)
        .select(Timelog.user.username, Timelog.start, Timelog.duration)
    )
    for timelog in timelogs:
        hours[timelog.user.username, timelog.start.date().isoformat()] += timelog.duration / 3600
    return sorted((user, day, round(value, 2)) for (user, day), value in hours.items())


if __name__ == "__main__":
    session = ftrack_orm.Session()
    for user, day, value in report(session, "demo", "2024-01-01"):
        print(f"{user:20} {day} {value:6.2f}")
