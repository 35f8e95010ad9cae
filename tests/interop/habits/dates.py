"""Habits with dates, which the official client returns as objects of the library arrow."""

from __future__ import annotations

import datetime
from typing import Any

import arrow

from tests.interop.habits.habit import compat_habit

DAY = arrow.get(2024, 5, 6, 7, 8, 9)


def _dated(session: Any, task: Any) -> Any:
    task["start_date"], task["end_date"] = DAY, DAY.shift(days=3)
    session.commit()
    return session.query(f'select start_date, end_date from Task where id is "{task["id"]}"').one()


@compat_habit('task["end_date"].format("YYYY-MM-DD")')
def format_of_a_date(session: Any, task: Any) -> Any:
    """Format a date."""
    return _dated(session, task)["end_date"].format("YYYY-MM-DD"), str(task["start_date"]), f"{task['end_date']}"


@compat_habit('task["end_date"].humanize()')
def date_for_people(session: Any, task: Any) -> Any:
    """Show a date relative to another one."""
    return _dated(session, task)["end_date"].humanize(DAY), task["end_date"].humanize(task["start_date"])


@compat_habit('task["end_date"] = task["start_date"].shift(days=+3)')
def shifted_date(session: Any, task: Any) -> Any:
    """Move a date."""
    task = _dated(session, task)
    task["end_date"] = task["end_date"].shift(weeks=1).floor("day")
    session.commit()
    return task["end_date"].isoformat()


@compat_habit('(task["end_date"] - task["start_date"]).days')
def difference_of_dates(session: Any, task: Any) -> Any:
    """Subtract dates."""
    task = _dated(session, task)
    return (task["end_date"] - task["start_date"]).days, task["end_date"] + datetime.timedelta(days=1)


@compat_habit('task["end_date"].datetime, task["end_date"].date()')
def parts_of_a_date(session: Any, task: Any) -> Any:
    """Convert a date to those of Python."""
    date = _dated(session, task)["end_date"]
    return date.datetime, date.date(), date.naive, date.year, date.weekday(), date.utcoffset() == DAY.utcoffset()


@compat_habit('task["end_date"] < arrow.utcnow()')
def overdue_entities(session: Any, shot: Any, task: Any) -> Any:
    """Compare dates with those of arrow and of Python."""
    date = _dated(session, task)["end_date"]
    now = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    return date < arrow.utcnow(), date < now, date == date.datetime, min(date, DAY) == DAY


@compat_habit("isinstance(value, arrow.Arrow)")
def recognize_a_date(session: Any, task: Any) -> Any:
    """Recognize dates among the values of an entity."""
    task = _dated(session, task)
    return sorted(name for name, value in task.items() if isinstance(value, arrow.Arrow) and name.endswith("_date"))


@compat_habit('task["start_date"].to("Europe/Vienna").format(...)')
def local_date(session: Any, task: Any) -> Any:
    """Show a date in a timezone."""
    return _dated(session, task)["start_date"].to("Europe/Vienna").format("DD.MM.YYYY HH:mm ZZ")


@compat_habit('task["start_date"] = datetime.datetime.now()')
def set_a_naive_date(session: Any, task: Any) -> Any:
    """Set a date of Python without a timezone, and with one."""
    task["start_date"] = datetime.datetime(2024, 5, 6, 7, 8)
    task["end_date"] = datetime.datetime(2024, 5, 7, 7, 8, tzinfo=datetime.timezone.utc)
    session.commit()
    found = session.query(f'select start_date, end_date from Task where id is "{task["id"]}"').one()
    return found["start_date"].isoformat(), found["end_date"].isoformat()


@compat_habit('task["end_date"] = None')
def remove_a_date(session: Any, task: Any) -> Any:
    """Remove a date."""
    task = _dated(session, task)
    task["end_date"] = None
    session.commit()
    return task["end_date"], task["start_date"] == DAY


@compat_habit("sorted(tasks, key=lambda task: task['end_date'])")
def sort_by_date(session: Any, shot: Any) -> Any:
    """Sort entities by a date."""
    for number, child in enumerate(sorted(shot["children"], key=lambda child: child["name"])):
        child["end_date"] = DAY.shift(days=-number)
    session.commit()
    return [child["name"] for child in sorted(shot["children"], key=lambda child: child["end_date"])]


@compat_habit("session.create('Timelog', {'start': arrow.now(), ...})")
def create_with_a_date(session: Any, task: Any, user: Any) -> Any:
    """Create an entity with a date."""
    timelog = session.create("Timelog", {"user": user, "context": task, "duration": 60, "start": DAY})
    before = timelog["start"].isoformat()
    session.commit()
    found = session.query(f'select start from Timelog where id is "{timelog["id"]}"').one()
    return before, found["start"].isoformat()


@compat_habit("'Task where end_date >= \"{}\"'.format(task['start_date'])")
def date_of_an_entity_in_a_query(session: Any, shot: Any, task: Any) -> Any:
    """Use a date of an entity as criterion."""
    date = _dated(session, task)["end_date"]
    query = f'select name from Task where parent_id is "{shot["id"]}" and end_date >= "{date.format("YYYY-MM-DD")}"'
    return [each["name"] for each in session.query(query)]


@compat_habit("note['date'].format(...), version['date']")
def dates_of_other_types(session: Any, task: Any, user: Any) -> Any:
    """Read the dates that the server sets."""
    note = task.create_note("dated", author=user)
    session.commit()
    found = session.query(f'select date from Note where id is "{note["id"]}"').one()
    return isinstance(found["date"], arrow.Arrow), found["date"].date() == arrow.utcnow().date()


@compat_habit('session.call([...])[0]["data"][0]["start_date"]')
def dates_in_a_raw_reply(session: Any, task: Any) -> Any:
    """Read a date in the reply to an operation."""
    _dated(session, task)
    expression = f'select start_date from Task where id is "{task["id"]}"'
    date = session.call([{"action": "query", "expression": expression}])[0]["data"][0]["start_date"]
    return arrow.get(date).isoformat()


@compat_habit('task["end_date"] = "2024-05-06"')
def set_a_date_as_text(session: Any, task: Any, shot: Any) -> Any:
    """Set a date as text, which the server takes for a date."""
    task["end_date"] = "2024-05-06"
    made = session.create("Task", {"name": "text", "parent": shot, "end_date": "2024-05-06T10:00:00"})
    session.commit()
    return [
        session.query(f'select end_date from Task where id is "{each["id"]}"').one()["end_date"].isoformat()
        for each in (task, made)
    ]
